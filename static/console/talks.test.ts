import { beforeEach, expect, test } from "vitest";
import type { Entry } from "../../widget/client/generated.ts";
import { settle } from "../../widget/client/testing/clock.ts";
import { Talks, type Range } from "./talks.ts";
import { ada, at, conversation, entry, identified, visitor } from "./testing/frames.ts";

const MOST = Number.MAX_SAFE_INTEGER;
/** What the server has, and how much of it it gives at once. */
let stored: { entries: Entry[]; notes: Entry[] };
let pageSize: number;
let asked: Range[];
let talks: Talks;

beforeEach(() => {
  stored = { entries: [], notes: [] };
  pageSize = 10;
  asked = [];
  talks = new Talks(async (_conversation, range) => {
    asked.push(range);
    return { entries: page(stored.entries, range.after, range.before), notes: page(stored.notes, range.notes_after, range.notes_before) };
  });
});

function page(all: readonly Entry[], after: number | undefined, before = MOST): Entry[] {
  if (after !== undefined) return all.filter((one) => one.seq > after).slice(0, pageSize);
  return all.filter((one) => one.seq < before).slice(-pageSize);
}

/** Numbered from 1, each so many seconds after the one before. */
function said(n: number, apart: number): Entry[] {
  return Array.from({ length: n }, (_, i) => entry(i + 1, i % 2 === 0 ? visitor("jo") : ada, `${i + 1}`, { at: at((i + 1) * apart) }));
}

function sitDown(entries: number, notes: number): void {
  const top = { entries: stored.entries.length, notes: stored.notes.length };
  const missed = { missed: stored.entries.slice(-entries), missed_notes: notes === 0 ? [] : stored.notes.slice(-notes) };
  talks.identified(identified(1, { conversations: [conversation("c_1", { top })] }, missed));
}

const first = () => [talks.of("c_1").entries.first, talks.of("c_1").notes.first];

test("notes have their own numbers, and neither log asks for the other", async () => {
  stored = { entries: said(40, 1), notes: said(25, 1) };
  sitDown(10, 5);
  await talks.of("c_1").notes.older();
  await talks.of("c_1").entries.older();
  expect(asked).toEqual([{ notes_before: 21, after: MOST }, { before: 31, notes_after: MOST }]);
  expect(first()).toEqual([21, 11]);
});

test("going back brings the notes of that time, however many", async () => {
  stored = { entries: said(30, 100), notes: said(60, 50) };
  sitDown(10, 5);
  await talks.older("c_1");
  const { entries, notes } = talks.of("c_1");
  expect(entries.first).toBe(11);
  expect((notes.entries.value[0] as Entry).at <= (entries.entries.value[0] as Entry).at).toBe(true);
  await talks.older("c_1");
  expect(first()).toEqual([1, 1]);
});

test("short pages are asked for until nothing is missing", async () => {
  stored = { entries: said(12, 1), notes: said(7, 1) };
  sitDown(4, 2);
  stored = { entries: said(23, 1), notes: said(16, 1) };
  pageSize = 3;
  talks.tops({ c_1: { entries: 23, notes: 16 } });
  for (let i = 0; i < 20; i++) await settle();
  expect([talks.of("c_1").entries.last, talks.of("c_1").notes.last]).toEqual([23, 16]);
  expect(first()).toEqual([9, 6]);
});

test("what did not fit into the answer to identify begins with its last page", async () => {
  stored = { entries: said(200, 1), notes: [] };
  talks.identified(identified(1, { conversations: [conversation("c_1", { top: { entries: 200, notes: 0 } })] }, { more: ["c_1"] }));
  await settle();
  expect(asked).toEqual([{ before: 201, notes_after: MOST }]);
  expect([talks.of("c_1").entries.first, talks.of("c_1").entries.last]).toEqual([191, 200]);
});
