import { describe, expect, test } from "vitest";
import type { AgentSnapshot } from "../../widget/client/generated.ts";
import { apply, held, opened, snapshot, type State, type StateEvent } from "./state.ts";
import { ADA, agent, at, BEN, colleague, conversation, department, entry, hold, identified, offer, visitor } from "./testing/frames.ts";

function from(v: number, parts: Partial<AgentSnapshot> = {}): State {
  return opened(identified(v, parts));
}

function after(state: State, ...events: StateEvent[]): AgentSnapshot {
  return snapshot(events.reduce(apply, state));
}

/** The law: the old snapshot and what came after it make the new one. */
const LAW: [string, Partial<AgentSnapshot>, StateEvent[], Partial<AgentSnapshot>][] = [
  [
    "it rings",
    {},
    [{ on: "offer", v: 11, ...offer("o_1") }, { on: "agent", v: 11, agent: agent([hold("c_o_1", "offer", at(30))]) }],
    { offers: [offer("o_1")], agent: agent([hold("c_o_1", "offer", at(30))]) },
  ],
  [
    "the ring is accepted: the hold before the conversation",
    { offers: [offer("o_1")], agent: agent([hold("c_o_1", "offer")]) },
    [
      { on: "offer.ended", v: 11, offer: "o_1", why: "accepted" },
      { on: "agent", v: 11, agent: agent([hold("c_o_1")]) },
      { on: "conversation", v: 11, conversation: conversation("c_o_1") },
    ],
    { agent: agent([hold("c_o_1")]), conversations: [conversation("c_o_1")] },
  ],
  [
    "the ring is accepted: the conversation before the hold",
    { offers: [offer("o_1")], agent: agent([hold("c_o_1", "offer")]) },
    [
      { on: "conversation", v: 11, conversation: conversation("c_o_1") },
      { on: "agent", v: 11, agent: agent([hold("c_o_1")]) },
      { on: "offer.ended", v: 11, offer: "o_1", why: "accepted" },
    ],
    { agent: agent([hold("c_o_1")]), conversations: [conversation("c_o_1")] },
  ],
  ["a ring ends", { offers: [offer("o_1"), offer("o_2")] }, [{ on: "offer.ended", v: 11, offer: "o_1", why: "missed" }], { offers: [offer("o_2")] }],
  [
    "a ring is told again, with later words",
    { offers: [offer("o_1"), offer("o_2")] },
    [{ on: "offer", v: 11, ...offer("o_1", { text: "Hello?" }) }],
    { offers: [offer("o_1", { text: "Hello?" }), offer("o_2")] },
  ],
  [
    "a message and a note",
    { agent: agent([hold("c_1")]), conversations: [conversation("c_1", { top: { entries: 3, notes: 0 } })] },
    [{ on: "entry", ...entry(4, visitor("jo"), "Hi") }, { on: "note", ...entry(1, visitor("jo"), "x") }],
    { agent: agent([hold("c_1")]), conversations: [conversation("c_1", { top: { entries: 4, notes: 1 } })] },
  ],
  [
    "a message in what rings",
    { offers: [offer("o_1")] },
    [{ on: "entry", ...entry(1, visitor("jo"), "Hi"), conversation: "c_o_1" }],
    { offers: [offer("o_1", { conversation: conversation("c_o_1", { state: "offered", agent: null, top: { entries: 1, notes: 0 } }) })] },
  ],
  [
    "what a bot says late of what rings, and of what was transferred",
    { offers: [offer("o_1"), offer("o_2", { transfer_from: BEN })] },
    [
      { on: "note", ...entry(1, visitor("jo"), "About ink", { kind: "handoff" }), conversation: "c_o_1" },
      { on: "note", ...entry(1, visitor("jo"), "About pens", { kind: "handoff" }), conversation: "c_o_2" },
      { on: "note", ...entry(2, visitor("jo"), "Careful"), conversation: "c_o_1" },
    ],
    {
      offers: [
        offer("o_1", { note: "About ink", conversation: conversation("c_o_1", { state: "offered", agent: null, top: { entries: 0, notes: 2 } }) }),
        offer("o_2", { transfer_from: BEN, conversation: conversation("c_o_2", { state: "offered", agent: null, top: { entries: 0, notes: 1 } }) }),
      ],
    },
  ],
  [
    "closed into wrap-up, and out of it",
    { agent: agent([hold("c_1"), hold("c_2")]), conversations: [conversation("c_1"), conversation("c_2")] },
    [
      { on: "agent", v: 11, agent: agent([hold("c_2"), hold("c_1", "wrap_up", at(60))]) },
      { on: "conversation", v: 11, conversation: conversation("c_1", { state: "closed" }) },
      { on: "agent", v: 12, agent: agent([hold("c_2")]) },
    ],
    { agent: agent([hold("c_2")]), conversations: [conversation("c_2")] },
  ],
  [
    "handed to a colleague",
    { agent: agent([hold("c_1")]), conversations: [conversation("c_1")] },
    [{ on: "agent", v: 11, agent: agent() }, { on: "conversation", v: 11, conversation: conversation("c_1", { agent: BEN }) }],
    { agent: agent(), conversations: [] },
  ],
  ["the line moves", {}, [{ on: "department", v: 11, department: department(["c_7", "c_8"]) }], { departments: [department(["c_7", "c_8"])] }],
  [
    "a colleague goes away, another is new",
    { agents: [colleague(ADA), colleague(BEN)] },
    [{ on: "agents", v: 11, agents: [colleague(BEN, { status: "away" }), colleague({ id: "a_c", key: "cleo", name: "Cleo" })] }],
    { agents: [colleague(ADA), colleague(BEN, { status: "away" }), colleague({ id: "a_c", key: "cleo", name: "Cleo" })] },
  ],
  [
    "a colleague and a department are removed",
    { agents: [colleague(ADA), colleague(BEN)], departments: [department([])] },
    [{ on: "removed", v: 11, agents: [BEN.id], departments: [department([]).id] }],
    { agents: [colleague(ADA)], departments: [] },
  ],
  [
    "place and wait",
    { agent: agent([hold("c_1")]), conversations: [conversation("c_1")] },
    [{ on: "queue", conversation: "c_1", queue: { place: 2, ahead: 1, wait: null, serving: true } }],
    { agent: agent([hold("c_1")]), conversations: [conversation("c_1", { queue: { place: 2, ahead: 1, wait: null, serving: true } })] },
  ],
];

describe("snapshot and later events are a fresh snapshot", () => {
  test.each(LAW)("%s", (_name, before, events, fresh) => {
    expect(after(from(10, before), ...events)).toEqual(snapshot(from(12, fresh)));
  });

  test.each(LAW)("%s, heard twice because the snapshot has it already", (_name, _before, events, fresh) => {
    expect(after(from(12, fresh), ...events)).toEqual(snapshot(from(12, fresh)));
  });
});

test("an event as old as the snapshot is dropped, one of the next commit is not", () => {
  const state = from(10);
  expect(apply(state, { on: "agent", v: 10, agent: agent([], { status: "away" }) })).toBe(state);
  expect(apply(state, { on: "agent", v: 11, agent: agent([], { status: "away" }) }).agent.status).toBe("away");
});

test("several events of one commit are all applied", () => {
  const once = apply(from(10), { on: "agent", v: 11, agent: agent([], { status: "busy" }) });
  expect(apply(once, { on: "department", v: 11, department: department(["c_7"]) }).departments[0]?.waiting).toBe(1);
});

test("what it does not know leaves it as it is", () => {
  const state = from(10);
  expect(apply(state, { on: "supper" } as never)).toBe(state);
  expect(apply(state, { on: "entry", ...entry(1, visitor("jo"), "elsewhere") })).toBe(state);
});

test("held keeps the order of the holds and leaves out what only rings", () => {
  const state = from(10, { agent: agent([hold("c_2"), hold("c_9", "offer"), hold("c_1")]), conversations: [conversation("c_1"), conversation("c_2")] });
  expect(held(state).map((one) => one.id)).toEqual(["c_2", "c_1"]);
});
