import { expect, test } from "vitest";
import { TEXTS } from "./languages.ts";
import { chooseLanguage, duration, textsFor, waitText } from "./texts.ts";

const en = textsFor("en");

test.each(Object.keys(TEXTS))("%s says everything, calmly", (language) => {
  const texts = TEXTS[language] as unknown as { [key: string]: unknown };
  expect(Object.keys(texts).sort()).toEqual(Object.keys(en).sort());
  for (const [key, value] of Object.entries(texts)) {
    const said = typeof value === "function" ? String((value as (...given: unknown[]) => unknown)(2, 3)) : String(value);
    if (key !== "why") expect(said, key).not.toBe("");
    expect(said, key).not.toMatch(/!|undefined/);
  }
});

test("the strongest wish that we can speak", () => {
  expect(chooseLanguage([null, "fr", "da-DK", "de"])).toBe("da");
  expect(chooseLanguage(["", undefined, "constructor"])).toBe("en");
});

test("places in line", () => {
  expect([1, 2, 3, 4, 11, 21, 112].map(en.place)).toEqual(["You are next", "2nd in line", "3rd in line", "4th in line", "11th in line", "21st in line", "112th in line"]);
});

test("a wait is a range in minutes, rounded outwards", () => {
  expect(waitText(en, { low_s: 120, high_s: 240 })).toBe("usually 2–4 min");
  expect(waitText(en, { low_s: 100, high_s: 190 })).toBe("usually 1–4 min");
  expect(waitText(en, { low_s: 60, high_s: 61 })).toBe("usually 1–2 min");
  expect(waitText(en, { low_s: 5, high_s: 50 })).toBe("usually under a minute");
  expect(waitText(en, { low_s: 180, high_s: 180 })).toBe("usually about 3 min");
  expect(waitText(en, { low_s: 3_000, high_s: 3_600 })).toBe("usually 50–60 min");
  expect(waitText(en, { low_s: 3_600, high_s: 4_500 })).toBe("usually over an hour");
});

test("how long it took", () => {
  expect([0, 9_400, 110_000, 3_723_000].map(duration)).toEqual(["0:00", "0:09", "1:50", "1:02:03"]);
});
