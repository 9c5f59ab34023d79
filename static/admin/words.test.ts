import { expect, test } from "vitest";
import { counted, inWords, preview, seconds } from "./words.ts";
import { pointed } from "./views/pointed.ts";
import { biasInWords } from "./views/promises.tsx";

test("a preview reads as a visitor third in line would read it", () => {
  expect(preview("You are number {place} in line. {wait}", "en", "Support")).toBe("You are number 3 in line. About 2–4 minutes.");
  expect(preview("{wait}", "da-DK", "Support")).toBe("Cirka 2–4 minutter.");
  expect(preview("It takes {wait}, says {department}.", "en", "Sales")).toBe("It takes about 2–4 minutes, says Sales.");
  expect(preview("{wait}", "xx", "")).toBe("About 2–4 minutes.");
  expect(preview("{nonsense} {}", "en", "")).toBe("{nonsense} {}");
  expect(preview("<b>{place}</b>", "en", "")).toBe("<b>3</b>");
});

test("where a condition is wrong is found in what is said about it", () => {
  expect(pointed('unknown function "startsWit" at column 11', 'page.path.startsWit("/a")')).toEqual({ line: 'page.path.startsWit("/a")', column: 11 });
  expect(pointed("expected a value, not the end at line 2, column 5", "page.path ==\n 3 +")).toEqual({ line: " 3 +", column: 5 });
  expect(pointed("at line 9, column 1", "one line")).toBeNull();
  expect(pointed("at column 99", "short")).toBeNull();
  expect(pointed("it is not right", "text")).toBeNull();
});

test("problems and numbers are said as people say them", () => {
  expect(inWords({ at: "rule.0.when", message: 'when: unknown function "startsWit"', hint: 'did you mean "startsWith"?' })).toBe('Unknown function "startsWit". Did you mean "startsWith"?');
  expect(inWords({ at: "ring_seconds", message: "ring_seconds must be a whole number from 1 to 9, not 0", hint: "" })).toBe("Must be a whole number from 1 to 9, not 0.");
  expect(inWords({ message: "the step opens nothing", hint: "" })).toBe("The step opens nothing.");
  expect([0, 45, 119, 120, 5400, 7200, 9000].map(seconds)).toEqual(["0 s", "45 s", "119 s", "2 min", "90 min", "2 h", "2 h 30 min"]);
  expect([counted(1, "agent"), counted(0, "agent"), counted(2, "person", "people")]).toEqual(["1 agent", "0 agents", "2 people"]);
  expect([0, 2.4, -2.4, 40, -200].map(biasInWords)).toEqual([
    "as long as announced", "as long as announced", "as long as announced", "40 s sooner than announced", "3 min later than announced",
  ]);
});
