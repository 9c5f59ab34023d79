import { describe, expect, test } from "vitest";
import type { ServerEvent } from "../client/frames.ts";
import type { Conversation, Queue, Site, VisitorIdentified } from "../client/generated.ts";
import { adopt, apply, identified, isOpen, nothing, type State } from "./state.ts";

const ada = { id: "a_1", key: "ada", name: "Ada" };
const queue: Queue = { place: 3, ahead: 2, wait: null, serving: true };
const site: Site = { key: "demo", name: "Demo", look: {}, departments: [] };

function conversation(more: Partial<Conversation> = {}): Conversation {
  return {
    id: "c_1", state: "waiting", department: { id: "d_1", key: "support", name: "Support" },
    visitor: { id: "v_1", name: "" }, agent: null, bot: null, top: { entries: 1 }, queue, started_at: "", ...more,
  };
}

function reply(more: { v?: number; conversation?: Conversation | null; site?: Site; reset?: boolean; dropped?: string[] } = {}): VisitorIdentified {
  return {
    re: "1", session: "s_1", epoch: "e", v: more.v ?? 10, now: "", missed: [], missed_notes: [], more: [],
    dropped: more.dropped ?? [], reset: more.reset ?? false, me: { id: "v_1", name: "", token: "t" },
    snapshot: { site: more.site ?? site, conversation: more.conversation === undefined ? conversation() : more.conversation },
  };
}

const snapshot = (more?: Parameters<typeof reply>[0], state: State = nothing) => identified(state, reply(more));
const say = (conversation: Conversation, v: number): ServerEvent => ({ on: "conversation", v, conversation });

describe("snapshot and later events are a fresh snapshot", () => {
  const active = conversation({ state: "active", agent: ada, queue: null, top: { entries: 2 } });
  const closed = conversation({ state: "closed", queue: null, top: { entries: 4 } });
  const renamed: Site = { ...site, name: "Shop", departments: [{ id: "d_1", key: "support", name: "Support", open: false, in_hours: true, opens_at: null }] };

  test.each<[string, ServerEvent, Parameters<typeof reply>[0]]>([
    ["conversation joined", say(active, 11), { v: 11, conversation: active }],
    ["conversation closed", say(closed, 11), { v: 11, conversation: closed }],
    ["site", { on: "site", v: 11, site: renamed }, { v: 11, site: renamed }],
  ])("%s", (_, event, later) => {
    expect({ ...apply(snapshot(), event), v: 11 }).toEqual(snapshot(later));
  });

  test("events that are in the snapshot change nothing", () => {
    expect(apply(snapshot({ v: 10, conversation: active }), say(conversation(), 10))).toEqual(snapshot({ v: 10, conversation: active }));
  });

  test("several events of one commit all count", () => {
    const state = [say(conversation({ state: "offered" }), 11), say(active, 11), { on: "site", v: 11, site: renamed } as const].reduce(apply, snapshot());
    expect([state.conversation?.state, state.site?.name]).toEqual(["active", "Shop"]);
  });
});

describe("outside that law", () => {
  test("the place changes without a version, only in its conversation", () => {
    const ahead = { ...queue, place: 2, ahead: 1 };
    expect(apply(snapshot(), { on: "queue", conversation: "c_1", queue: ahead }).conversation?.queue).toEqual(ahead);
    expect(apply(snapshot(), { on: "queue", conversation: "c_9", queue: ahead }).conversation?.queue).toEqual(queue);
  });

  test("read marks only rise, and are others'", () => {
    const read = (seq: number, role: "agent" | "visitor") => ({ on: "read" as const, conversation: "c_1", seq, from: { role, id: "x", name: "" } });
    const state = [read(4, "agent"), read(2, "agent"), read(9, "visitor")].reduce<State>(apply, snapshot());
    expect(state.readTo).toBe(4);
  });

  test("who answers is here when they write or type, gone when it is said, unknown after a reconnect", () => {
    const from = { role: "agent" as const, id: "a_1", name: "Ada" };
    const active = snapshot({ conversation: conversation({ state: "active", agent: ada }) });
    expect(active.here).toBeNull();
    const here = apply(active, { on: "typing", conversation: "c_1", from, active: true });
    expect(here.here).toBe(true);
    expect(apply(here, { on: "presence", conversation: "c_1", from, here: false }).here).toBe(false);
    expect(apply(here, { on: "presence", conversation: "c_1", from: { ...from, id: "a_2" }, here: false }).here).toBe(true);
    expect(identified(here, reply({ conversation: here.conversation })).here).toBeNull();
  });
});

describe("one open conversation at a time", () => {
  test("another one counts only when ours is over", () => {
    const other = conversation({ id: "c_2" });
    expect(apply(snapshot(), say(other, 11)).conversation?.id).toBe("c_1");
    const over = snapshot({ conversation: conversation({ state: "closed" }) });
    expect(apply(over, say(other, 11)).conversation?.id).toBe("c_2");
    expect(apply(snapshot({ conversation: null }), say(other, 11)).conversation?.id).toBe("c_2");
    expect(apply(snapshot({ conversation: null }), say(conversation({ state: "closed" }), 11)).conversation).toBeNull();
  });

  test("one that is in no snapshot any more has ended; a dropped or foreign one is forgotten", () => {
    expect(snapshot({ conversation: null }, snapshot()).conversation?.state).toBe("closed");
    expect(snapshot({ conversation: null, reset: true }, snapshot()).conversation).toBeNull();
    expect(snapshot({ conversation: null, dropped: ["c_1"] }, snapshot()).conversation).toBeNull();
  });

  test("a new one begins unread", () => {
    const read = { ...snapshot(), readTo: 7, here: true };
    expect(adopt(read, conversation({ id: "c_2" }))).toMatchObject({ readTo: 0, here: null });
    expect(isOpen(conversation({ state: "closed" }))).toBe(false);
  });
});
