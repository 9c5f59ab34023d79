import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ManualClock, settle } from "../../widget/client/testing/clock.ts";
import { ScriptedServer } from "../../widget/client/testing/server.ts";
import { OutboxStore } from "../../widget/client/outbox-store.ts";
import type { Item } from "../../widget/client/outbox.ts";
import { neverWake } from "../../widget/client/wake.ts";
import { Desk } from "./desk.ts";
import { ada, agent, at, conversation, entry, hold, identified, offer, system, visitor } from "./testing/frames.ts";

const jo = visitor("jo");
let server: ScriptedServer;
let clock: ManualClock;
let desk: Desk;

beforeEach(() => {
  server = new ScriptedServer();
  clock = new ManualClock();
  const store = new OutboxStore<Item>({ storage: null, prefix: "p.", tab: "t", locks: null });
  desk = new Desk(
    { url: "ws://x/ws/agent", identify: () => ({ token: "t" }), WebSocket: server.WebSocket, clock, random: () => 0, wake: neverWake },
    store,
  );
});

afterEach(() => desk.stop());

async function sitDown(...given: Parameters<typeof identified>): Promise<void> {
  desk.start();
  await arrive(...given);
}

async function arrive(...given: Parameters<typeof identified>): Promise<void> {
  await server.last.hello();
  const { re: _re, ok: _ok, ...reply } = identified(...given);
  await server.last.answers("identify", reply);
}

const talking = { agent: agent([hold("c_1")]), conversations: [conversation("c_1", { top: { entries: 2, notes: 0 } })] };
const said = { missed: [entry(1, jo, "Hello"), entry(2, ada, "", { kind: "joined" as const })] };

describe("rings", () => {
  test("are confirmed at once, whether they ring now or rang already", async () => {
    await sitDown(10, { offers: [offer("o_1")] });
    await server.last.says({ on: "offer", v: 11, ...offer("o_2") });
    expect(server.last.asked("offer.seen").map((frame) => frame["offer"])).toEqual(["o_1", "o_2"]);
    expect(desk.offers.value.map((one) => one.offer)).toEqual(["o_1", "o_2"]);
  });

  test("that the server accepted by itself are confirmed and not shown as ringing", async () => {
    await sitDown(10);
    await server.last.says({ on: "offer", v: 11, ...offer("o_1", { auto: true }) });
    expect(server.last.asked("offer.seen")).toHaveLength(1);
    expect(desk.offers.value).toEqual([]);
  });

  test("accepted: the conversation is in front with its first page", async () => {
    await sitDown(10, { offers: [offer("o_1")] });
    void desk.accept(offer("o_1"));
    await settle();
    const taken = conversation("c_o_1", { top: { entries: 1, notes: 0 } });
    await server.last.answers("offer.accept", { conversation: taken, entries: [entry(1, jo, "Hello", { conversation: "c_o_1" })], notes: [], at: at(1) });
    await server.last.says({ on: "agent", v: 11, agent: agent([hold("c_o_1")]) });
    await server.last.says({ on: "offer.ended", v: 11, offer: "o_1", why: "accepted" });
    expect(desk.selected.value).toBe("c_o_1");
    expect(desk.sections.value.me.map((item) => item.conversation.id)).toEqual(["c_o_1"]);
  });

  test("missed: it is said, with what becomes of the visitor", async () => {
    await sitDown(10, { offers: [offer("o_1"), offer("o_2", { transfer_from: { id: "a_ben", key: "ben", name: "Ben" } })] });
    await server.last.says({ on: "offer.ended", v: 11, offer: "o_1", why: "missed" });
    expect(desk.said.value?.text).toBe("You missed c_o_1. They keep their place in line.");
    await server.last.says({ on: "offer.ended", v: 12, offer: "o_2", why: "missed" });
    expect(desk.said.value?.text).toBe("You missed c_o_2. Ben keeps the conversation.");
  });

  test("that others took are just gone", async () => {
    await sitDown(10, { offers: [offer("o_1")] });
    await server.last.says({ on: "offer.ended", v: 11, offer: "o_1", why: "taken" });
    expect([desk.said.value, desk.offers.value.length]).toEqual([null, 0]);
  });

  test("too late: one line says so", async () => {
    await sitDown(10, { offers: [offer("o_1")] });
    void desk.accept(offer("o_1"));
    await settle();
    await server.last.refuses("offer.accept", "gone");
    expect(desk.said.value?.text).toMatch(/^Too late/);
    expect(desk.busy.value.size).toBe(0);
  });
});

describe("a lost connection", () => {
  test("keeps what was written and sends it once, in order", async () => {
    await sitDown(10, talking, said);
    desk.write("c_1", "one", false);
    await settle();
    await server.last.drops();
    desk.write("c_1", "two", false);
    expect(desk.outgoing("c_1").map((one) => one.text)).toEqual(["one", "two"]);
    await clock.advance(1000);
    await arrive(11, talking);
    expect(server.last.asked("identify")[0]?.["resume"]).toMatchObject({ epoch: "e1", positions: { c_1: { entries: 2 } } });
    const first = server.last.asked("message.send")[0];
    await server.last.answers("message.send", { seq: 3, at: at(3) });
    await server.last.says({ on: "entry", ...entry(3, ada, "one", { client_id: String(first?.["client_id"]) }) });
    expect(server.last.asked("message.send").map((frame) => frame["text"])).toEqual(["one", "two"]);
    expect(desk.outgoing("c_1").map((one) => one.text)).toEqual(["two"]);
  });

  test("what was missed arrives with the snapshot", async () => {
    await sitDown(10, talking, said);
    await server.last.drops();
    await clock.advance(1000);
    const later = { ...talking, conversations: [conversation("c_1", { top: { entries: 3, notes: 0 } })] };
    await arrive(11, later, { missed: [entry(3, jo, "Anyone?")] });
    expect(desk.talks.entries("c_1").map((one) => one.text)).toEqual(["Hello", "", "Anyone?"]);
  });

  test("a deed waits for the connection and keeps its name", async () => {
    vi.useFakeTimers();
    await sitDown(10, talking, said);
    void desk.close("c_1", "solved", ["billing"]);
    await settle();
    const first = server.last.asked("conversation.close")[0];
    await server.last.drops();
    await vi.advanceTimersByTimeAsync(1000);
    await clock.advance(1000);
    await arrive(11, talking);
    await settle();
    const again = server.last.asked("conversation.close")[0];
    expect(again?.["client_id"]).toBe(first?.["client_id"]);
    expect(again).toMatchObject({ outcome: "solved", tags: ["billing"] });
    vi.useRealTimers();
  });

  test("nobody types any more", async () => {
    await sitDown(10, talking, said);
    await server.last.says({ on: "typing", conversation: "c_1", from: jo, active: true });
    expect(Object.keys(desk.lossy.value.typing)).toEqual(["c_1"]);
    await server.last.drops();
    expect(desk.lossy.value.typing).toEqual({});
  });
});

describe("the conversation in front", () => {
  test("stays readable after it left our hands, until another is chosen", async () => {
    await sitDown(10, talking, said);
    desk.select("c_1");
    await server.last.says({ on: "conversation", v: 11, conversation: conversation("c_1", { state: "closed" }) });
    await server.last.says({ on: "agent", v: 11, agent: agent() });
    expect(desk.mine.value).toEqual([]);
    expect(desk.past.value).toMatchObject({ id: "c_1", state: "closed" });
    desk.select(null);
    expect(desk.past.value).toBeNull();
  });

  test("is told as read once", async () => {
    await sitDown(10, talking, said);
    desk.read("c_1", 2);
    desk.read("c_1", 2);
    expect(server.last.asked("read")).toEqual([{ do: "read", conversation: "c_1", seq: 2 }]);
    expect(desk.sections.value.me[0]?.unread).toBe(0);
  });

  test("is told as read again to whoever may not know it", async () => {
    await sitDown(10, talking, said);
    desk.read("c_1", 2);
    await server.last.says({ on: "presence", conversation: "c_1", from: jo, here: false });
    await server.last.says({ on: "presence", conversation: "c_1", from: jo, here: true });
    expect(server.last.asked("read")).toHaveLength(2);
    await server.last.drops();
    await clock.advance(1000);
    await arrive(11, talking);
    expect(server.last.asked("read")).toEqual([{ do: "read", conversation: "c_1", seq: 2 }]);
  });
});

describe("a transfer that came to nothing", () => {
  const note = entry(1, system, "Ben declined.", { kind: "notice", notice: "transfer_declined" });

  test("is said when one looks elsewhere", async () => {
    await sitDown(10, talking, said);
    await server.last.says({ on: "note", ...note });
    expect(desk.said.value?.text).toBe("c_1: Ben declined.");
  });

  test("stands in the log, and is read out, when one looks at it", async () => {
    const heard: string[] = [];
    desk.heard.notice = (one) => heard.push(one.text);
    await sitDown(10, talking, said);
    desk.select("c_1");
    await server.last.says({ on: "note", ...note });
    expect(desk.said.value).toBeNull();
    expect(heard).toEqual(["Ben declined."]);
    expect(desk.talks.of("c_1").notes.last).toBe(1);
  });
});

test("what a visitor said is gone from the screen once they are erased; the numbers stay", async () => {
  await sitDown(10, talking, said);
  await server.last.says({ on: "erased", v: 11, visitor: "v_jo", conversations: ["c_1", "c_elsewhere"] });
  const kept = desk.talks.entries("c_1");
  expect(kept.map((one) => [one.seq, one.kind, one.text, one.erased])).toEqual([[1, "message", "", true], [2, "joined", "", true]]);
  expect(kept.map((one) => one.from.name)).toEqual(["", ada.name]);
  await server.last.says({ on: "entry", ...entry(3, ada, "Who was that?") });
  expect(desk.talks.entries("c_1").map((one) => one.seq)).toEqual([1, 2, 3]);
});

test("a revoked login stops the session", async () => {
  await sitDown(10);
  await server.last.drops(4501, "logout");
  expect(desk.connection.value).toEqual({ name: "stopped", code: 4501, reason: "logout" });
});

describe("after a restore from a backup", () => {
  const own = { missed: [...said.missed, entry(3, ada, "Lost", { client_id: "m3" })] };
  const still = { ...talking, conversations: [conversation("c_1", { top: { entries: 2, notes: 0 } })] };

  test("what we wrote and the history has no more is shown as lost, and said", async () => {
    await sitDown(10, { ...talking, conversations: [conversation("c_1", { top: { entries: 3, notes: 0 } })] }, own);
    await server.last.drops();
    await clock.advance(500);
    await arrive(4, still, { ...said, epoch: "e2", reset: true });
    expect(desk.talks.entries("c_1").map((one) => one.seq)).toEqual([1, 2]);
    expect(desk.outgoing("c_1")).toMatchObject([{ text: "Lost", state: "failed", lost: true, note: false }]);
    expect(desk.said.value?.text).toMatch(/restored from a backup/);
    expect(server.last.asked("message.send")).toEqual([]);
  });

  test("an epoch that is the same has lost nothing", async () => {
    await sitDown(10, talking, said);
    await server.last.drops();
    await clock.advance(500);
    await arrive(11, talking, {});
    expect([desk.outgoing("c_1"), desk.said.value]).toEqual([[], null]);
  });
});

describe("looking on", () => {
  const sue = { agent: agent([], { id: "a_sue", key: "sue", name: "Sue", role: "supervisor" }) };
  const theirs = conversation("c_9", { top: { entries: 2, notes: 1 } });
  const page = {
    conversation: theirs, at: at(3), notes: [entry(1, ada, "Careful", { conversation: "c_9" })],
    entries: [entry(1, jo, "Hello", { conversation: "c_9" }), entry(2, ada, "", { conversation: "c_9", kind: "joined" as const })],
  };

  async function lookOn(): Promise<void> {
    void desk.watch("c_9");
    await settle();
    await server.last.answers("conversation.watch", page);
  }

  test("shows what was said and what comes, none of it as one's own, and marks nothing as read", async () => {
    await sitDown(10, sue);
    let heard = 0;
    desk.heard.message = () => { heard += 1; };
    await lookOn();
    await server.last.says({ on: "entry", ...entry(3, jo, "Anybody?", { conversation: "c_9" }) });
    await server.last.says({ on: "note", ...entry(2, ada, "Soon", { conversation: "c_9" }) });
    expect(desk.shown.value?.id).toBe("c_9");
    expect(desk.talks.entries("c_9").map((one) => one.text)).toEqual(["Hello", "", "Anybody?"]);
    expect(desk.talks.find("c_9")?.notes.entries.value.map((one) => one.text)).toEqual(["Careful", "Soon"]);
    desk.read("c_9", 3);
    expect([server.last.asked("read").length, heard, desk.mine.value.length]).toEqual([0, 0, 0]);
  });

  test("ends when one looks at something else, and then nothing of it is kept", async () => {
    await sitDown(10, sue);
    await lookOn();
    desk.select(null);
    await settle();
    expect(server.last.asked("conversation.watch").at(-1)).toMatchObject({ conversation: "c_9", active: false });
    expect([desk.shown.value, desk.talks.find("c_9")]).toEqual([null, undefined]);
  });

  test("is asked for anew after a lost connection; refused, it is no longer shown as live", async () => {
    await sitDown(10, sue);
    await lookOn();
    await server.last.drops();
    await clock.advance(1000);
    await arrive(11, sue);
    await settle();
    expect(server.last.asked("conversation.watch")[0]).toMatchObject({ conversation: "c_9" });
    await server.last.refuses("conversation.watch", "not_found");
    await settle();
    expect([desk.watching.seen.value, desk.past.value?.id]).toEqual([null, "c_9"]);
  });

  test("of one that was closed is over by itself, and readable until one leaves", async () => {
    await sitDown(10, sue);
    await lookOn();
    await server.last.says({ on: "conversation", v: 11, conversation: conversation("c_9", { state: "closed" }) });
    expect(desk.shown.value?.state).toBe("closed");
    desk.select(null);
    await settle();
    expect(server.last.asked("conversation.watch")).toHaveLength(1);
  });

  test("of one that was closed is asked for anew after a lost connection, too: nothing of it comes by itself", async () => {
    await sitDown(10, sue);
    await lookOn();
    await server.last.says({ on: "conversation", v: 11, conversation: conversation("c_9", { state: "closed" }) });
    await server.last.drops();
    await clock.advance(1000);
    await arrive(11, sue);
    await settle();
    expect(server.last.asked("conversation.watch")[0]).toMatchObject({ conversation: "c_9" });
  });

  test("becomes one's own by taking over", async () => {
    await sitDown(10, sue);
    await lookOn();
    void desk.takeOver("c_9");
    await settle();
    const mine = { ...theirs, agent: { id: "a_sue", key: "sue", name: "Sue" } };
    await server.last.answers("conversation.take_over", { ...page, conversation: mine });
    await server.last.says({ on: "agent", v: 11, agent: agent([hold("c_9")], { ...sue.agent, holds: [hold("c_9")] }) });
    expect([desk.watching.seen.value, desk.shown.value?.agent?.name, desk.mine.value.length]).toEqual([null, "Sue", 1]);
    expect(desk.talks.entries("c_9")).toHaveLength(2);
  });

  test("makes whoever was not at work busy first", async () => {
    await sitDown(10, { ...sue, agent: { ...sue.agent, status: "offline" } });
    await lookOn();
    void desk.takeOver("c_9");
    await settle();
    expect(server.last.asked("conversation.take_over")).toEqual([]);
    expect(server.last.asked("status.set")[0]).toMatchObject({ status: "busy" });
    await server.last.answers("status.set", { agent: { ...sue.agent, status: "busy" }, at: at(1) });
    await settle();
    expect(server.last.asked("conversation.take_over")).toHaveLength(1);
  });

  test("a whisper that nobody could hear keeps its words", async () => {
    await sitDown(10, sue);
    await lookOn();
    const told = desk.whisper("c_9", "Offer the refund");
    await settle();
    await server.last.refuses("whisper", "conflict");
    expect(await told).toBe(false);
    expect(desk.said.value?.text).toBe("Nobody has it just now who could hear you.");
  });
});

describe("what supervisors do to one", () => {
  const sue = { role: "agent" as const, id: "a_sue", name: "Sue" };

  test("a whisper is heard, wherever one looks", async () => {
    await sitDown(10, talking, said);
    await server.last.says({ on: "note", ...entry(1, sue, "Offer the refund", { kind: "whisper" }) });
    expect(desk.said.value?.text).toBe("Sue whispers about c_1: Offer the refund");
  });

  test("a conversation that was taken over is named", async () => {
    await sitDown(10, talking, said);
    await server.last.says({ on: "conversation", v: 11, conversation: conversation("c_1", { agent: { id: "a_sue", key: "sue", name: "Sue" } }) });
    expect(desk.said.value?.text).toBe("Sue took over the conversation with c_1.");
  });

  test("a status set by somebody else is said, one's own is not", async () => {
    await sitDown(10);
    void desk.setStatus("busy");
    await settle();
    await server.last.answers("status.set", { agent: agent([], { status: "busy" }), at: at(1) });
    await server.last.says({ on: "agent", v: 11, agent: agent([], { status: "busy" }) });
    expect(desk.said.value).toBeNull();
    await server.last.says({ on: "agent", v: 12, agent: agent([], { status: "away", reason: "training" }) });
    expect(desk.said.value?.text).toBe("Your status is away (training) now. It was not set here.");
  });
});

test("a rating that comes after the end is said, and shown with the conversation", async () => {
  await sitDown(10, talking, said);
  const over = conversation("c_1", { state: "closed" });
  await server.last.says({ on: "conversation", v: 11, conversation: over });
  await server.last.says({ on: "agent", v: 11, agent: agent([]) });
  await server.last.says({ on: "conversation", v: 12, conversation: { ...over, rating: { score: 4, comment: "Quick" } } });
  expect(desk.said.value?.text).toBe("c_1 rated the conversation 4 of 5.");
});
