import { beforeEach, describe, expect, test } from "vitest";
import type { Conversation, Entry } from "../client/generated.ts";
import type { Item } from "../client/outbox.ts";
import { OutboxStore } from "../client/outbox-store.ts";
import { ManualClock, settle } from "../client/testing/clock.ts";
import { ScriptedServer } from "../client/testing/server.ts";
import { MemoryLocks, MemoryStorage } from "../client/testing/storage.ts";
import { mayLeave } from "./leaving.ts";
import { Record } from "./record.ts";
import { rowsOf } from "./rows.ts";
import { Visit } from "./visit.ts";

const KEY = "frontdesk:demo";
const ada = { id: "a_1", key: "ada", name: "Ada" };

let clock: ManualClock;
let server: ScriptedServer;
let storage: MemoryStorage;
let locks: MemoryLocks;
let news: string[];
let tabs: number;
let ids: number;
let visit: Visit;

beforeEach(async () => {
  clock = new ManualClock();
  server = new ScriptedServer();
  storage = new MemoryStorage();
  locks = new MemoryLocks();
  news = [];
  tabs = 0;
  ids = 0;
  visit = await page();
});

/** The panel in a page just loaded. */
async function page(identity?: () => Promise<string>): Promise<Visit> {
  const made = new Visit({
    site: "demo", url: "ws://host/ws/visitor", language: "en", timezone: "UTC", page: () => ({ url: "https://shop.example/" }),
    record: new Record("demo", storage),
    store: new OutboxStore<Item>({ storage, prefix: `${KEY}:outbox:`, tab: `t${++tabs}`, locks }),
    news: (entry) => news.push(entry.text || entry.kind),
    newId: () => `m${++ids}`,
    clock, WebSocket: server.WebSocket, random: () => 0.5, wake: () => () => undefined,
    ...(identity === undefined ? {} : { identity }),
  });
  made.start();
  await settle();
  return made;
}

function conversation(more: Partial<Conversation> = {}): Conversation {
  return {
    id: "c_1", state: "waiting", department: { id: "d_1", key: "support", name: "Support" }, visitor: { id: "v_1", name: "" },
    agent: null, bot: null, top: { entries: 0 }, queue: { place: 1, ahead: 0, wait: null, serving: true }, started_at: "", ...more,
  };
}

function entry(seq: number, role: "visitor" | "agent", text: string, more: Partial<Entry> = {}): Entry {
  return { conversation: "c_1", seq, kind: "message", from: { role, id: role === "agent" ? "a_1" : "v_1", name: "" }, text, at: new Date(clock.now()).toISOString(), ...more };
}

async function open(more: { conversation?: Conversation | null; missed?: Entry[]; token?: string; reset?: boolean; v?: number; epoch?: string; me?: string; greeted?: boolean } = {}): Promise<void> {
  if (!more.greeted) await server.last.hello();
  await server.last.answers("identify", {
    session: "s_1", epoch: more.epoch ?? "e1", v: more.v ?? 1, me: { id: more.me ?? "v_1", name: "", token: more.token ?? "tok" }, now: "", missed: more.missed ?? [],
    missed_notes: [], more: [], dropped: [], reset: more.reset ?? false,
    snapshot: { site: { key: "demo", name: "Demo", look: {}, departments: [] }, conversation: more.conversation ?? null },
  });
}

const says = (one: Entry) => server.last.says({ on: "entry", ...one });
const shown = (of = visit) =>
  rowsOf(of.entries.value, of.outbox.items.value, of.state.value.readTo).map((row) => (row.kind === "message" ? `${row.text} ${row.state}` : row.kind));
const stored = () => JSON.parse(storage.getItem(KEY) ?? "null") as { token: string; open: boolean; seen: object } | null;

/** A conversation begun with "hi", taken by Ada. */
async function begin(): Promise<void> {
  await open();
  visit.say("hi");
  await server.last.answers("conversation.start", { conversation: conversation(), at: "2026-01-01T14:02:00.000Z" });
  await says(entry(1, "visitor", "hi", { client_id: "m1" }));
  await server.last.says({ on: "conversation", v: 3, conversation: conversation({ state: "active", agent: ada, queue: null, top: { entries: 1 } }) });
}

describe("the first message", () => {
  test("until then nothing is stored", async () => {
    await open();
    expect(storage.length).toBe(0);
    visit.say("hi");
    expect(stored()).toMatchObject({ token: "tok", open: true });
  });

  test("starts the conversation with what was chosen, and shows no hole until its entry comes", async () => {
    await open();
    visit.choice.value = { department: "sales", form: { name: "Marta", email: " " } };
    visit.say("hi");
    visit.say("more");
    expect(shown()).toEqual(["hi sending", "more queued"]);
    expect(server.last.asked("conversation.start")[0]).toMatchObject({ department: "sales", form: { name: "Marta" }, text: "hi" });
    await server.last.answers("conversation.start", { conversation: conversation(), at: "2026-01-01T14:02:00.000Z" });
    expect(shown()).toEqual(["hi sent", "more sending"]);
    await says(entry(1, "visitor", "hi", { client_id: "m1" }));
    expect(server.last.asked("message.send")[0]).toMatchObject({ conversation: "c_1", text: "more" });
    await server.last.answers("message.send", { seq: 2, at: "2026-01-01T14:02:00.000Z" });
    await says(entry(2, "visitor", "more", { client_id: "m2" }));
    expect(shown()).toEqual(["hi sent", "more sent"]);
    expect(visit.outbox.items.value).toEqual([]);
  });

  test("can be written before there is any connection, and survives a reload without one", async () => {
    visit.say("hi");
    visit.stop();
    await settle();
    visit = await page();
    await open();
    expect(server.last.asked("conversation.start")[0]).toMatchObject({ client_id: "m1", text: "hi" });
  });
});

describe("coming back", () => {
  beforeEach(begin);

  test("a later page is the same visitor, and what it shows first is no news", async () => {
    visit.stop();
    await settle();
    visit = await page();
    await server.last.hello();
    expect(server.last.asked("identify")[0]).toMatchObject({ token: "tok" });
    expect(server.last.asked("identify")[0]).not.toHaveProperty("resume");
    await server.last.answers("identify", {
      session: "s_2", epoch: "e1", v: 9, me: { id: "v_1", name: "", token: "tok" }, missed: [entry(1, "visitor", "hi"), entry(2, "agent", "hello")], more: [], dropped: [], reset: false,
      snapshot: { site: { key: "demo", name: "Demo", look: {}, departments: [] }, conversation: conversation({ state: "active", agent: ada, top: { entries: 2 } }) },
    });
    expect(shown()).toEqual(["hi sent", "hello sent"]);
    expect(news).toEqual([]);
    expect(visit.unread.value).toBe(1);
  });

  test("after a reconnect the unsent goes out before anything new, what was missed is news", async () => {
    await server.last.drops();
    visit.say("one");
    visit.say("two");
    await clock.advance(500);
    await server.last.hello();
    expect(server.last.asked("identify")[0]).toMatchObject({ resume: { epoch: "e1", positions: { c_1: { entries: 1 } } } });
    await server.last.answers("identify", {
      session: "s_1", epoch: "e1", v: 9, me: { id: "v_1", name: "", token: "tok" }, missed: [entry(2, "agent", "hello")], more: [], dropped: [], reset: false,
      snapshot: { site: { key: "demo", name: "Demo", look: {}, departments: [] }, conversation: conversation({ state: "active", agent: ada, top: { entries: 2 } }) },
    });
    expect(news).toEqual(["hello"]);
    expect(server.last.sent.map((frame) => frame["text"] ?? frame["do"])).toEqual(["identify", "one"]);
  });

  test("an answer that was lost: the entry itself settles the message", async () => {
    visit.say("one");
    await server.last.drops();
    await clock.advance(500);
    await open({ conversation: conversation({ state: "active", agent: ada, top: { entries: 2 } }), missed: [entry(2, "visitor", "one", { client_id: "m2" })] });
    expect(shown()).toEqual(["hi sent", "one sent"]);
    expect(server.last.asked("message.send")).toEqual([]);
  });

  test("a foreign epoch: what was known is forgotten", async () => {
    await server.last.drops();
    await clock.advance(500);
    await open({ epoch: "e2", reset: true, conversation: conversation({ top: { entries: 1 } }), missed: [entry(1, "agent", "restored")] });
    expect(visit.entries.value.map((one) => one.text)).toEqual(["restored"]);
  });

  test("a backup without what was acknowledged: it is shown as lost, what waits is sent, nothing is sent twice", async () => {
    visit.say("lost");
    await server.last.answers("message.send", { seq: 2, at: "2026-01-01T14:02:00.000Z" });
    await says(entry(2, "visitor", "lost", { client_id: "m2" }));
    visit.say("acknowledged, never seen");
    await server.last.answers("message.send", { seq: 3, at: "2026-01-01T14:02:00.000Z" });
    await server.last.drops();
    visit.say("unsent");
    await clock.advance(500);
    await open({ epoch: "e2", reset: true, conversation: conversation({ state: "active", agent: ada, top: { entries: 1 } }), missed: [entry(1, "visitor", "hi", { client_id: "m1" })] });
    expect(shown()).toEqual(["hi sent", "lost failed", "acknowledged, never seen failed", "unsent sending"]);
    expect(visit.outbox.items.value.map((item) => item.error)).toEqual(["lost", "lost", null]);
    expect(visit.restored.value).toBe(true);
    expect(server.last.asked("message.send").map((frame) => frame["text"])).toEqual(["unsent"]);
    visit.again("m2");
    await server.last.answers("message.send", { seq: 2, at: "2026-01-01T14:02:00.000Z" });
    expect(server.last.asked("message.send").at(-1)).toMatchObject({ text: "lost", conversation: "c_1" });
  });

  test("a backup from before the conversation: all of it is lost, and sent again it begins another", async () => {
    await server.last.drops();
    await clock.advance(500);
    await open({ epoch: "e2", reset: true });
    expect(shown()).toEqual(["hi failed"]);
    visit.again("m1");
    expect(server.last.asked("conversation.start")[0]).toMatchObject({ text: "hi" });
    expect(server.last.asked("conversation.start")[0]!["client_id"]).not.toBe("m1");
  });

  test("somebody else by the site's word: the unsent of the one before is not theirs to send", async () => {
    visit.stop();
    await settle();
    visit = await page(() => Promise.resolve("jwt"));
    await open({ conversation: conversation() });
    expect(server.last.asked("identify")[0]).toMatchObject({ identity: "jwt" });
    await server.last.drops();
    visit.say("mine alone");
    await clock.advance(500);
    await open({ me: "v_2", token: "other", reset: true });
    expect(server.last.sent.map((frame) => frame["do"])).toEqual(["identify"]);
    expect(visit.outbox.items.value).toEqual([]);
  });
});

describe("listening", () => {
  beforeEach(begin);

  test("others' messages are unread until they are seen, and are then marked read once", async () => {
    await says(entry(2, "agent", "hello"));
    await says(entry(3, "agent", "there"));
    expect([visit.unread.value, news]).toEqual([2, ["hello", "there"]]);
    visit.seen();
    visit.seen();
    expect(visit.unread.value).toBe(0);
    expect(server.last.asked("read")).toEqual([{ do: "read", conversation: "c_1", seq: 3 }]);
    expect(stored()?.seen).toEqual({ conversation: "c_1", seq: 3 });
  });

  test("a read mark that the connection took with it is told again", async () => {
    await says(entry(2, "agent", "hello"));
    server.last.readyState = 3;
    visit.seen();
    expect(server.last.asked("read")).toEqual([]);
    await server.last.drops();
    await clock.advance(500);
    await open({ conversation: conversation({ state: "active", agent: ada, top: { entries: 2 } }) });
    expect(server.last.asked("read")).toEqual([{ do: "read", conversation: "c_1", seq: 2 }]);
  });

  test("what another tab has seen is no longer unread here", async () => {
    await says(entry(2, "agent", "hello"));
    storage.setItem(KEY, JSON.stringify({ ...stored(), seen: { conversation: "c_1", seq: 2 } }));
    visit.recordChanged();
    expect(visit.unread.value).toBe(0);
    expect(server.connections).toHaveLength(1);
  });

  test("a lost last entry is found by the next ping", async () => {
    await clock.advance(25_000);
    await server.last.answers("ping", { positions: { c_1: { entries: 2 } } });
    expect(visit.behind.value).toBe(true);
    await server.last.answers("history", { entries: [entry(2, "agent", "lost")], notes: [] });
    expect(visit.entries.value.at(-1)?.text).toBe("lost");
    expect(visit.behind.value).toBe(false);
  });

  test("a message ends the typing of its sender, as does losing the connection", async () => {
    const typing = { on: "typing", conversation: "c_1", from: { role: "agent", id: "a_1", name: "Ada" }, active: true };
    await server.last.says(typing);
    expect(visit.typing.people.value).toHaveLength(1);
    await says(entry(2, "agent", "hello"));
    expect(visit.typing.people.value).toHaveLength(0);
    await server.last.says(typing);
    await server.last.drops();
    expect(visit.typing.people.value).toHaveLength(0);
  });
});

describe("the end", () => {
  beforeEach(async () => {
    await begin();
    await server.last.says({ on: "conversation", v: 9, conversation: conversation({ state: "closed", queue: null }) });
  });

  test("a later page need not connect by itself", () => {
    expect(stored()?.open).toBe(false);
  });

  test("a new conversation begins with an empty page and its own start", async () => {
    visit.anew();
    expect([shown(), visit.state.value.conversation]).toEqual([[], null]);
    visit.say("again");
    expect(server.last.asked("conversation.start").at(-1)).toMatchObject({ text: "again", client_id: "m2" });
    await server.last.answers("conversation.start", { conversation: conversation({ id: "c_2" }), at: "2026-01-01T14:02:00.000Z" });
    await says(entry(1, "visitor", "again", { conversation: "c_2", client_id: "m2" }));
    expect(shown()).toEqual(["again sent"]);
    expect(stored()?.open).toBe(true);
  });

  test("what was put aside does not come back with the next snapshot", async () => {
    visit.anew();
    await server.last.drops();
    await clock.advance(500);
    await open({ conversation: conversation({ state: "closed" }), v: 12 });
    expect(visit.state.value.conversation).toBeNull();
  });

  test("what could not be written any more can begin the next one", async () => {
    visit.outbox.add({ do: "message.send", conversation: "c_1", text: "wait" });
    await server.last.refuses("message.send", "closed");
    expect(shown()).toEqual(["hi sent", "wait failed"]);
    visit.again("m2");
    expect(server.last.asked("conversation.start").at(-1)).toMatchObject({ text: "wait", client_id: "m3" });
    expect(shown()).toEqual(["wait sending"]);
  });
});

describe("two tabs are one visitor", () => {
  test("a conversation begun in the other is shown here", async () => {
    await open();
    await server.last.says({ on: "conversation", v: 4, conversation: conversation() });
    await says(entry(1, "visitor", "from there", { client_id: "x" }));
    expect(shown()).toEqual(["from there sent"]);
  });

  test("a tab that was still nobody becomes who the other is", async () => {
    await open({ token: "first" });
    storage.setItem(KEY, JSON.stringify({ token: "second", open: true, seen: null, mute: false }));
    visit.recordChanged();
    await server.last.hello();
    expect(server.connections).toHaveLength(2);
    expect(server.last.asked("identify")[0]).toMatchObject({ token: "second" });
  });
});

describe("tokens that take turns", () => {
  beforeEach(begin);

  const resumed = async (token: string, meanwhile?: () => void) => {
    await server.last.drops();
    await clock.advance(500);
    await server.last.hello();
    const asked = server.last.asked("identify")[0];
    meanwhile?.();
    await open({ token, conversation: conversation(), v: 9, greeted: true });
    return asked;
  };

  test("each answer's token is the one to come with next", async () => {
    expect(await resumed("tok2")).toMatchObject({ token: "tok" });
    expect(stored()).toMatchObject({ token: "tok2", visitor: "v_1" });
    expect(await resumed("tok3")).toMatchObject({ token: "tok2" });
  });

  test("what another tab has stored meanwhile is newer than what was asked for before", async () => {
    await resumed("tok2", () => storage.setItem(KEY, JSON.stringify({ ...stored(), token: "tok5" })));
    expect(stored()).toMatchObject({ token: "tok5" });
    expect(await resumed("tok6")).toMatchObject({ token: "tok5" });
  });

  test("another tab's newer token is no reason to come again", async () => {
    const before = server.connections.length;
    storage.setItem(KEY, JSON.stringify({ ...stored(), token: "tok2" }));
    visit.recordChanged();
    await settle();
    expect(server.connections).toHaveLength(before);
    expect(visit.session.state.value.name).toBe("open");
  });

  test("unsent words of somebody the site vouched for are not sent by whoever comes after a logout", async () => {
    await server.last.drops();
    storage.setItem(KEY, JSON.stringify({ ...stored(), signed: true }));
    visit.recordChanged();
    visit.say("mine alone");
    await clock.advance(500);
    await open({ me: "v_2", token: "other", reset: true });
    expect(visit.outbox.items.value).toEqual([]);
    expect(stored()).toMatchObject({ token: "other", visitor: "v_2", signed: false });
  });
});

test("the page may say anew who the visitor is, and that nobody vouches for them", async () => {
  visit.stop();
  let word: string | null = "jwt";
  visit = await page(() => Promise.resolve(word as string));
  await open();
  expect(server.last.asked("identify")[0]).toMatchObject({ identity: "jwt" });
  word = null;
  visit.identify();
  await server.last.hello();
  expect(server.last.asked("identify")[0]).not.toHaveProperty("identity");
});

test("a damaged record is as good as none", async () => {
  storage.setItem(KEY, "{");
  expect(new Record("demo", storage).kept).toBe(false);
  expect(new Record("demo", null).value.token).toBe("");
});

describe("a message for later", () => {
  const left = conversation({ id: "c_9", left: true, queue: null, top: { entries: 1 } });
  const form = { email: "marta@example.org" };

  test("takes the place of the line, with what was written there", async () => {
    await open({ conversation: conversation({ queue: { place: 1, ahead: 0, wait: null, serving: false } }) });
    expect(mayLeave(visit)).toBe(true);
    const leaving = visit.leave("Please write to me", form);
    expect(server.last.asked("message.leave")[0]).toMatchObject({ text: "Please write to me", form, client_id: "m1" });
    await server.last.answers("message.leave", { conversation: left, at: "2026-01-01T14:02:00.000Z" });
    await leaving;
    await says(entry(1, "visitor", "Please write to me", { conversation: "c_9", client_id: "m1" }));
    await server.last.says({ on: "conversation", v: 2, conversation: conversation({ state: "closed", queue: null }) });
    await server.last.says({ on: "conversation", v: 2, conversation: left });
    expect(visit.state.value.conversation?.id).toBe("c_9");
    expect(shown()).toEqual(["Please write to me sent"]);
    expect(mayLeave(visit)).toBe(false);
    expect(stored()).toMatchObject({ token: "tok" });
  });

  test("not taken, it is sent again under its name; another one has another name", async () => {
    await open();
    const first = visit.leave("Hello", form);
    await server.last.refuses("message.leave", "unavailable");
    await expect(first).rejects.toThrow();
    void visit.leave("Hello", form).catch(() => undefined);
    await server.last.refuses("message.leave", "unavailable");
    void visit.leave("Hello!", form).catch(() => undefined);
    await settle();
    const names = server.last.asked("message.leave").map((ask) => ask["client_id"]);
    expect(names).toEqual(["m1", "m1", "m2"]);
  });

  test("is offered for a first message that a full line refused, and takes it along", async () => {
    await open();
    expect(mayLeave(visit)).toBe(false);
    visit.say("hi");
    await server.last.refuses("conversation.start", "line_full");
    expect(mayLeave(visit)).toBe(true);
    expect(visit.refused().map((item) => item.draft.text)).toEqual(["hi"]);
    const leaving = visit.leave("hi", form);
    await server.last.answers("message.leave", { conversation: left, at: "2026-01-01T14:02:00.000Z" });
    await leaving;
    expect(visit.refused()).toEqual([]);
  });

  test("is offered before anything is written while no department is open", async () => {
    await open();
    const department = (open: boolean) => ({ id: "d_1", key: "support", name: "Support", open });
    const site = (...departments: ReturnType<typeof department>[]) => server.last.says({ on: "site", v: 2, site: { key: "demo", name: "Demo", look: {}, departments } });
    await site(department(false));
    expect(mayLeave(visit)).toBe(true);
    await site(department(false), department(true));
    expect(mayLeave(visit)).toBe(false);
  });

  test("is offered to whoever chooses a department where nobody is", async () => {
    await open();
    const departments = [["support", true], ["sales", false]].map(([key, open]) => ({ id: `d_${key}`, key, name: key, open, in_hours: true, opens_at: null }));
    await server.last.says({ on: "site", v: 2, site: { key: "demo", name: "Demo", look: {}, departments } });
    expect(mayLeave(visit)).toBe(false);
    visit.choice.value = { department: "sales", form: {} };
    expect(mayLeave(visit)).toBe(true);
  });

  test("is not offered to whoever talks, or is served", async () => {
    await begin();
    expect(mayLeave(visit)).toBe(false);
    await server.last.says({ on: "conversation", v: 4, conversation: conversation() });
    expect(mayLeave(visit)).toBe(false);
  });
});
