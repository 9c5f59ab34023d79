import { expect, test } from "vitest";
import { afterLoss, applyLossy, NOTHING, readUpTo, stoppedTyping, typist, TYPING_LASTS_MS } from "./lossy.ts";
import { ADA, ada, visitor } from "./testing/frames.ts";

const jo = visitor("jo");
const typing = (active: boolean) => ({ on: "typing", conversation: "c_1", from: jo, active }) as const;

test("typing begins, ends, expires, and ends with the message", () => {
  const begun = applyLossy(NOTHING, typing(true), ADA.id, 1000);
  expect(typist(begun, "c_1", 1500)?.name).toBe("jo");
  expect(typist(begun, "c_1", 1000 + TYPING_LASTS_MS)).toBeNull();
  expect(typist(applyLossy(begun, typing(false), ADA.id, 2000), "c_1", 2000)).toBeNull();
  expect(typist(stoppedTyping(begun, "c_1"), "c_1", 1500)).toBeNull();
});

test("my own typing in another tab is not shown to me", () => {
  expect(applyLossy(NOTHING, { ...typing(true), from: ada }, ADA.id, 0)).toBe(NOTHING);
});

test("read marks only grow; the visitor's and mine are two things", () => {
  let lossy = applyLossy(NOTHING, { on: "read", conversation: "c_1", from: jo, seq: 5 }, ADA.id, 0);
  lossy = applyLossy(lossy, { on: "read", conversation: "c_1", from: jo, seq: 3 }, ADA.id, 0);
  lossy = applyLossy(lossy, { on: "read", conversation: "c_1", from: ada, seq: 4 }, ADA.id, 0);
  expect([lossy.read["c_1"], lossy.mine["c_1"]]).toEqual([5, 4]);
  expect(readUpTo(lossy, "c_1", 2)).toBe(lossy);
  expect(afterLoss(lossy)).toEqual({ ...NOTHING, read: { c_1: 5 }, mine: { c_1: 4 } });
});

test("presence of the visitor", () => {
  const gone = applyLossy(NOTHING, { on: "presence", conversation: "c_1", from: jo, here: false }, ADA.id, 0);
  expect(gone.here["c_1"]).toBe(false);
  expect(applyLossy(NOTHING, { on: "presence", conversation: "c_1", from: ada, here: false }, ADA.id, 0)).toBe(NOTHING);
});
