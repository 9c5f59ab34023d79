import { expect, test } from "vitest";
import { backoff, LAST_MS, notBefore } from "./backoff.ts";

test("the ceiling doubles from half a second to thirty and stays there", () => {
  const ceilings = Array.from({ length: 9 }, (_, attempt) => backoff(attempt, () => 0.999999));
  expect(ceilings.map((ms) => Math.round(ms / 100) / 10)).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30, 30]);
  expect(backoff(10_000, () => 0.999999)).toBeLessThanOrEqual(LAST_MS);
});

test("the jitter is full: anything from nothing to the ceiling", () => {
  expect(backoff(4, () => 0)).toBe(0);
  expect(backoff(4, () => 0.5)).toBe(4_000);
});

test("a time that the server named is never cut short, and is spread", () => {
  expect(notBefore(2_000, () => 0)).toBe(2_000);
  expect(notBefore(2_000, () => 0.999)).toBeGreaterThan(2_900);
  expect(notBefore(0, () => 0.999)).toBeGreaterThan(400);
});
