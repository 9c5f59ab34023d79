import { beforeEach, describe, expect, test } from "vitest";
import type { Card, Conversation, Entry } from "../client/generated.ts";
import type { Item } from "../client/outbox.ts";
import { OutboxStore } from "../client/outbox-store.ts";
import { ManualClock, settle } from "../client/testing/clock.ts";
import { ScriptedServer } from "../client/testing/server.ts";
import { MemoryLocks, MemoryStorage } from "../client/testing/storage.ts";
import { Record } from "./record.ts";
import { rowsOf, type Row } from "./rows.ts";
import { Visit, WORK_MS } from "./visit.ts";

// A bot answers: what it is in the middle of writing is drawn, and becomes the entry in its place.

const faq = { role: "bot", id: "b_1", name: "FAQ bot" } as const;
const named = { id: "b_1", key: "faq", name: "FAQ bot" };

let clock: ManualClock;
let server: ScriptedServer;
let news: string[];
let visit: Visit;

function conversation(more: Partial<Conversation> = {}): Conversation {
  return {
    id: "c_1", state: "bot", department: { id: "d_1", key: "support", name: "Support" }, visitor: { id: "v_1", name: "" },
    agent: null, bot: named, top: { entries: 1 }, queue: null, started_at: "", ...more,
  };
}

function entry(seq: number, text: string, more: Partial<Entry> = {}): Entry {
  return { conversation: "c_1", seq, kind: "message", from: faq, text, at: new Date(clock.now()).toISOString(), ...more };
}

const identified = (more: object = {}) =>
  server.last.answers("identify", {
    session: "s_1", epoch: "e1", v: 1, me: { id: "v_1", name: "", token: "tok" }, now: "", missed: [entry(1, "hi", { from: { role: "visitor", id: "v_1", name: "" } })],
    missed_notes: [], more: [], dropped: [], reset: false,
    snapshot: { site: { key: "demo", name: "Demo", look: {}, departments: [] }, conversation: conversation() }, ...more,
  });
const streams = (text: string, more: object = {}) =>
  server.last.says({ on: "stream", conversation: "c_1", from: faq, stream_id: "re-1-1", text, active: true, ...more });
const says = (one: Entry) => server.last.says({ on: "entry", ...one });
const rows = () => rowsOf(visit.entries.value, visit.outbox.items.value, visit.state.value.readTo, visit.growing.items.value);
const drawn = (row: Row) => (row.kind === "message" ? `${row.text}${row.growing ? " …" : ""}` : row.kind);
const shown = () => rows().map(drawn);

function page(more: { trial?: string; storage?: MemoryStorage | null } = {}): Visit {
  const storage = more.storage === undefined ? new MemoryStorage() : more.storage;
  return new Visit({
    site: "demo", url: "ws://host/ws/visitor", language: "en", timezone: "UTC", page: () => ({ url: "https://shop.example/" }),
    record: new Record("demo", storage),
    store: new OutboxStore<Item>({ storage, prefix: "frontdesk:demo:outbox:", tab: "t1", locks: new MemoryLocks() }),
    news: (entry) => news.push(entry.text || entry.kind),
    newId: () => "m1",
    clock, WebSocket: server.WebSocket, random: () => 0.5, wake: () => () => undefined,
    ...(more.trial === undefined ? {} : { trial: more.trial }),
  });
}

beforeEach(async () => {
  clock = new ManualClock();
  server = new ScriptedServer();
  news = [];
  visit = page();
  visit.start();
  await settle();
  await server.last.hello();
  await identified();
});

describe("a message that grows", () => {
  test("is one line that becomes the entry; only the entry is news", async () => {
    await streams("You can");
    await streams("You can return it");
    expect(shown()).toEqual(["hi", "You can return it …"]);
    const { key } = rows()[1] as Row;
    await says(entry(2, "You can return it.", { client_id: "re-1-1" }));
    expect(shown()).toEqual(["hi", "You can return it."]);
    expect(rows()[1]?.key).toBe(key);
    expect(visit.growing.items.value.size).toBe(0);
    expect(news).toEqual(["You can return it."]);
  });

  test("a piece that comes after the entry draws nothing again", async () => {
    await says(entry(2, "Whole.", { client_id: "re-1-1" }));
    await streams("Who");
    expect(shown()).toEqual(["hi", "Whole."]);
  });

  test("an entry behind a gap leaves it until the gap is filled", async () => {
    await streams("Wh");
    await says(entry(3, "Whole.", { client_id: "re-1-1" }));
    expect(shown()).toEqual(["hi", "Wh …"]);
    await server.last.answers("history", { entries: [entry(2, "first"), entry(3, "Whole.", { client_id: "re-1-1" })], notes: [] });
    expect(shown()).toEqual(["hi", "first", "Whole."]);
  });

  test("one that is cut goes; it may begin anew", async () => {
    await streams("Half a");
    await streams("Half a", { active: false });
    expect(shown()).toEqual(["hi"]);
    await streams("Half a sentence");
    expect(shown()).toEqual(["hi", "Half a sentence …"]);
  });

  test("two at once keep their order; what the visitor writes meanwhile stands before them", async () => {
    await streams("one");
    await streams("two", { stream_id: "re-1-2" });
    visit.say("and?");
    await streams("one and more");
    expect(shown()).toEqual(["hi", "and?", "one and more …", "two …"]);
    await says(entry(2, "two.", { client_id: "re-1-2" }));
    expect(shown()).toEqual(["hi", "two.", "and?", "one and more …"]);
  });

  test("of another conversation, or with another's name for it, it is another one", async () => {
    await streams("elsewhere", { conversation: "c_9" });
    await streams("mine");
    await says(entry(2, "theirs", { from: { role: "agent", id: "a_1", name: "Ada" }, client_id: "re-1-1" }));
    expect(shown()).toEqual(["hi", "theirs", "mine …"]);
  });

  test("a reconnect in the middle: what was finished meanwhile is there, what still grows comes with its next piece", async () => {
    await streams("One fin");
    await streams("Two grows", { stream_id: "re-1-2" });
    await server.last.drops();
    expect(shown()).toEqual(["hi", "One fin …", "Two grows …"]);
    await clock.advance(500);
    await server.last.hello();
    await identified({ v: 4, missed: [entry(2, "One finished.", { client_id: "re-1-1" })], snapshot: { site: { key: "demo", name: "Demo", look: {}, departments: [] }, conversation: conversation({ top: { entries: 2 } }) } });
    expect(shown()).toEqual(["hi", "One finished."]);
    await streams("Two grows on", { stream_id: "re-1-2" });
    expect(shown()).toEqual(["hi", "One finished.", "Two grows on …"]);
  });

  test("does not stay for ever, nor with whoever comes after the bot", async () => {
    await streams("Forgotten");
    await clock.advance(WORK_MS);
    expect(shown()).toEqual(["hi"]);
    await streams("Going");
    await server.last.says({ on: "thinking", conversation: "c_1", from: faq, active: true, title: "Looking" });
    await server.last.says({ on: "conversation", v: 3, conversation: conversation({ state: "waiting", bot: null, queue: { place: 1, ahead: 0, wait: null, serving: true } }) });
    expect(shown()).toEqual(["hi"]);
    expect(visit.typing.people.value).toEqual([]);
  });
});

test("being at work is shown with its title until a word comes", async () => {
  await server.last.says({ on: "thinking", conversation: "c_1", from: faq, active: true, title: "Looking up your order" });
  expect(visit.typing.people.value).toEqual([{ person: faq, text: "Looking up your order" }]);
  await clock.advance(30_000);
  expect(visit.typing.people.value).toHaveLength(1);
  await streams("It");
  expect(visit.typing.people.value).toEqual([]);
});

test("that a bot came is told, but nothing to be read", async () => {
  await says(entry(2, "", { kind: "joined" }));
  expect([news, visit.unread.value]).toEqual([["joined"], 0]);
});

test("what became of asking for a person is told, other notices are not", async () => {
  await says(entry(2, "You are in line.", { kind: "notice", notice: "queued", from: { role: "system", id: "", name: "" } }));
  await says(entry(3, "Nobody else is here.", { kind: "notice", notice: "handoff_nobody", from: { role: "system", id: "", name: "" } }));
  expect([news, visit.unread.value]).toEqual([["Nobody else is here."], 0]);
});

describe("asking for a person", () => {
  test("is asked of the bot's conversation only, and says what came of it", async () => {
    const asked = visit.human();
    await server.last.answers("conversation.human", { handoff: "failed", reason: "nobody", at: "" });
    expect(await asked).toMatchObject({ handoff: "failed", reason: "nobody" });
    expect(server.last.asked("conversation.human")[0]).toMatchObject({ conversation: "c_1" });
    await server.last.says({ on: "conversation", v: 3, conversation: conversation({ state: "waiting", bot: null }) });
    expect(await visit.human()).toBeNull();
    expect(server.last.asked("conversation.human")).toHaveLength(1);
  });

  test("without a connection it is refused at once", async () => {
    await server.last.drops();
    await expect(visit.human()).rejects.toMatchObject({ code: "unavailable" });
  });
});

test("what a bot offers and shows comes with its message", async () => {
  const card: Card = { title: "Returns", links: [{ text: "Read", url: "https://shop.example/returns" }] };
  await says(entry(2, "Which one?", { replies: ["Returns", "Sizes"], cards: [card] }));
  expect(rows()[1]).toMatchObject({ replies: ["Returns", "Sizes"], cards: [card], automatic: true });
});

describe("a conversation that is over", () => {
  test("can be rated, and rated anew; the last answer that was taken is known", async () => {
    const rated = visit.rate("c_1", 4, "");
    expect(visit.rating.value).toBeNull();
    await server.last.answers("conversation.rate", { at: "" });
    await rated;
    expect(server.last.asked("conversation.rate")[0]).not.toHaveProperty("comment");
    const again = visit.rate("c_1", 2, "Slow");
    await server.last.refuses("conversation.rate", "unavailable");
    await expect(again).rejects.toMatchObject({ code: "unavailable" });
    expect(visit.rating.value).toEqual({ conversation: "c_1", score: 4, comment: "" });
  });
});

test("a trial says so whenever it connects, and keeps nothing", async () => {
  const storage = new MemoryStorage();
  visit = page({ trial: "t-1", storage: null });
  visit.start();
  await settle();
  await server.last.hello();
  expect(server.last.asked("identify")[0]).toMatchObject({ trial: "t-1" });
  await identified();
  visit.say("hello");
  expect([storage.length, visit.trial]).toEqual([0, true]);
});
