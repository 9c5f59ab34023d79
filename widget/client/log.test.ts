import { beforeEach, expect, test } from "vitest";
import type { Entry } from "./generated.ts";
import { ConversationLog, MOST_HELD } from "./log.ts";
import { positionsOf, reachTops } from "./positions.ts";
import { settle } from "./testing/clock.ts";

let asked: Array<{ after?: number; before?: number }>;
let stored: number;
let down: boolean;
let log: ConversationLog;

beforeEach(() => {
  asked = [];
  stored = 0;
  down = false;
  log = new ConversationLog(async (range) => {
    asked.push(range);
    if (down) throw new Error("not connected");
    const [from, to] = "after" in range ? [range.after + 1, Math.min(stored, range.after + 100)] : [Math.max(1, range.before - 100), range.before - 1];
    return entries(from, to);
  });
});

function entry(seq: number): Entry {
  return { conversation: "c_1", seq, kind: "message", from: { role: "agent", id: "a_1", name: "Ada" }, text: `${seq}`, at: "" };
}

function entries(from: number, to: number): Entry[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => entry(from + index));
}

const numbers = () => log.entries.value.map((one) => one.seq);

test("in order, each once", () => {
  expect(log.apply(entry(1))).toBe("applied");
  expect(log.apply(entry(1))).toBe("known");
  expect(log.apply(entry(2))).toBe("applied");
  expect(numbers()).toEqual([1, 2]);
  expect(asked).toEqual([]);
});

test("a gap is fetched, what came after it waits", async () => {
  log.load(entries(1, 3));
  stored = 7;
  expect(log.apply(entry(6))).toBe("held");
  expect(log.apply(entry(7))).toBe("held");
  expect(numbers()).toEqual([1, 2, 3]);
  expect(log.behind.value).toBe(true);
  await settle();
  expect(numbers()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(asked).toEqual([{ after: 3 }]);
  expect(log.behind.value).toBe(false);
});

test("a gap closed by late events needs no answer", async () => {
  log.load(entries(1, 1));
  log.apply(entry(3));
  log.apply(entry(2));
  expect(numbers()).toEqual([1, 2, 3]);
});

test("a long gap takes several pages, and more than is held", async () => {
  log.load(entries(1, 1));
  stored = 1_500;
  for (let seq = 10; seq <= 1_500; seq++) log.apply(entry(seq));
  for (let i = 0; i < 60; i++) await settle();
  expect(log.last).toBe(1_500);
  expect(numbers()).toEqual(Array.from({ length: 1_500 }, (_, index) => index + 1));
  expect(MOST_HELD).toBeLessThan(1_500);
});

test("a failed fetch leaves it behind, said so, and is tried again when asked", async () => {
  log.load(entries(1, 2));
  stored = 5;
  down = true;
  log.reach(5);
  await settle();
  expect(log.behind.value).toBe(true);
  expect(asked).toHaveLength(1);
  down = false;
  log.retry();
  await settle();
  expect(numbers()).toEqual([1, 2, 3, 4, 5]);
});

test("a server that does not have what it promised is not asked for ever", async () => {
  log.load(entries(1, 2));
  stored = 2;
  log.reach(9);
  for (let i = 0; i < 10; i++) await settle();
  expect(asked).toHaveLength(1);
  expect(log.behind.value).toBe(true);
});

test("the first page says where we begin; older ones come before it", async () => {
  log.load(entries(151, 200));
  expect(log.complete).toBe(false);
  expect(await log.older()).toBe(true);
  expect(asked).toEqual([{ before: 151 }]);
  expect([log.first, log.last]).toEqual([51, 200]);
  await log.older();
  expect(log.complete).toBe(true);
  expect(await log.older()).toBe(false);
});

test("a log that knows nothing begins with the last page", async () => {
  stored = 5_000;
  log.reach(5_000);
  log.apply(entry(5_001));
  await settle();
  await settle();
  expect(asked).toEqual([{ before: 5_001 }]);
  expect([log.first, log.last]).toEqual([4_901, 5_001]);
});

test("after a reset an old answer changes nothing", async () => {
  log.load(entries(101, 110));
  const older = log.older();
  log.reset();
  log.load(entries(1, 2));
  expect(await older).toBe(false);
  expect(numbers()).toEqual([1, 2]);
});

test("positions name what we have; a top above ours fetches the lost last entry", async () => {
  const logs = new Map([["c_1", { entries: log }], ["c_2", { entries: new ConversationLog(async () => []) }]]);
  log.load(entries(1, 4));
  expect(positionsOf(logs)).toEqual({ c_1: { entries: 4 } });
  stored = 5;
  reachTops(logs, { c_1: { entries: 5 }, c_9: { entries: 1 } });
  await settle();
  expect(log.last).toBe(5);
  reachTops(logs, { c_1: { entries: 5 } });
  expect(asked).toHaveLength(1);
});

test("what is erased keeps its number and nothing else that was said, shown or named", () => {
  log.load([{ ...entry(1), from: { role: "visitor", id: "v_1", name: "Marta" }, client_id: "m1" }, { ...entry(2), replies: ["Yes"], cards: [{ title: "Card" }] }]);
  log.apply({ ...entry(4), replies: ["Later"] });
  log.erase();
  expect(numbers()).toEqual([1, 2]);
  for (const one of log.entries.value) {
    expect(one).toMatchObject({ text: "", erased: true });
    expect(one).not.toHaveProperty("client_id");
    expect(one).not.toHaveProperty("replies");
    expect(one).not.toHaveProperty("cards");
  }
  expect(log.entries.value[0]?.from.name).toBe("");
});
