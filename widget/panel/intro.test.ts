import { expect, test } from "vitest";
import { meets } from "./intro.tsx";
import { textsFor } from "./texts.ts";
import { momentOf, timeOf } from "./view.ts";

const texts = textsFor("en");
const NOON = new Date(2026, 10, 20, 12).getTime();
const HOUR_MS = 3_600_000;

test("a department says who is met there, and never that it is closed when only nobody is there", () => {
  const shut = { open: false, in_hours: true, opens_at: null };
  expect(meets(texts, { open: true, in_hours: true, opens_at: null })).toBe("");
  expect(meets(texts, shut)).toBe("no one here");
  expect(meets(texts, { ...shut, bot: true })).toBe("automated");
  expect(meets(texts, { ...shut, in_hours: false })).toBe("closed now");
});

test("outside its hours it says when it opens, as shortly as that can be said", () => {
  const opens = (ms: number) => meets(texts, { open: false, in_hours: false, opens_at: new Date(ms).toISOString() }, NOON);
  expect(opens(NOON + HOUR_MS)).toBe(`opens ${timeOf(NOON + HOUR_MS)}`);
  const tomorrow = opens(NOON + 24 * HOUR_MS);
  expect(tomorrow).toContain(timeOf(NOON + 24 * HOUR_MS));
  expect(tomorrow).not.toBe(`opens ${timeOf(NOON + 24 * HOUR_MS)}`);
  expect(momentOf(NOON + 30 * 24 * HOUR_MS, NOON)).not.toContain(timeOf(NOON));
});
