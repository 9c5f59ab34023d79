import { expect, test } from "vitest";
import type { Entry } from "./generated.ts";
import { lostOf } from "./lost.ts";

function entry(seq: number, text: string, id = `m${seq}`, role: "visitor" | "agent" = "visitor"): Entry {
  return { conversation: "c_1", seq, kind: "message", from: { role, id: role, name: "" }, text, client_id: id, at: "" };
}

const mine = (one: Entry) => one.from.role === "visitor";

test("what the history has no more is lost, wherever it was; others' words are not ours to send again", () => {
  const before = [entry(1, "one"), entry(2, "their", "x", "agent"), entry(3, "three"), entry(4, "four")];
  const now = [entry(1, "one"), entry(2, "another now", "y", "agent"), entry(3, "four", "m4")];
  expect(lostOf(before, now, mine).map((one) => one.text)).toEqual(["three"]);
});

test("without the conversation everything is lost", () => {
  expect(lostOf([entry(1, "one"), entry(2, "two")], [], mine)).toHaveLength(2);
});

test("what lies before the page that came is not lost, and a number is only the same with the same text", () => {
  const before = [entry(1, "one"), entry(2, "two"), entry(3, "three")];
  const { client_id: _, ...bare } = entry(2, "two");
  expect(lostOf(before, [bare, { ...bare, seq: 3, text: "else" }], mine).map((one) => one.seq)).toEqual([3]);
});
