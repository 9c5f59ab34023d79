import { expect, test } from "vitest";
import { ManualClock } from "./testing/clock.ts";
import { EXPIRE_MS, TypingIn, TypingOut } from "./typing.ts";

const ada = { role: "agent", id: "a_1", name: "Ada" } as const;

test("typing is told at most every 1.5 s and its end once", async () => {
  const clock = new ManualClock();
  const told: Array<[number, boolean]> = [];
  const begin = clock.now();
  const out = new TypingOut(clock, (active) => told.push([clock.now() - begin, active]));
  for (let i = 0; i < 20; i++) {
    out.key();
    await clock.advance(100);
  }
  await clock.advance(10_000);
  expect(told).toEqual([[0, true], [1_500, true], [4_900, false]]);
});

test("a sent message ends typing without a word", async () => {
  const clock = new ManualClock();
  const told: boolean[] = [];
  const out = new TypingOut(clock, (active) => told.push(active));
  out.key();
  out.sent();
  await clock.advance(10_000);
  expect(told).toEqual([true]);
  out.key();
  expect(told).toEqual([true, true]);
});

test("a sign that is not renewed expires, a renewed one stays", async () => {
  const clock = new ManualClock();
  const typing = new TypingIn(clock);
  typing.apply({ from: ada, active: true });
  await clock.advance(EXPIRE_MS - 1);
  typing.apply({ from: ada, active: true, text: "Hel" });
  await clock.advance(EXPIRE_MS - 1);
  expect(typing.people.value).toEqual([{ person: ada, text: "Hel" }]);
  await clock.advance(1);
  expect(typing.people.value).toEqual([]);
  typing.apply({ from: ada, active: true });
  typing.apply({ from: ada, active: false });
  expect(typing.people.value).toEqual([]);
});
