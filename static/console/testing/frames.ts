// Frames as the server sends them, whole: what the tests of the console are driven by.
import type {
  Agent, AgentIdentified, Colleague, Conversation, Department, Entry, Hold, Named, Offer, Person,
} from "../../../widget/client/generated.ts";

export const SUPPORT: Named = { id: "d_support", key: "support", name: "Support" };
export const ADA: Named = { id: "a_ada", key: "ada", name: "Ada" };
export const BEN: Named = { id: "a_ben", key: "ben", name: "Ben" };

/** A time, so many seconds into a quiet morning. */
export function at(seconds: number): string {
  return new Date(Date.UTC(2020, 10, 3, 9, 0, seconds)).toISOString();
}

export function visitor(name: string): Person {
  return { role: "visitor", id: `v_${name}`, name };
}

export const ada: Person = { role: "agent", id: ADA.id, name: ADA.name };
export const ben: Person = { role: "agent", id: BEN.id, name: BEN.name };
export const system: Person = { role: "system", id: "", name: "" };

export function conversation(id: string, more: Partial<Conversation> = {}): Conversation {
  return {
    id, state: "active", department: SUPPORT, visitor: { id: `v_${id}`, name: id, visits: 1, verified: false }, agent: ADA, bot: null,
    top: { entries: 0, notes: 0 }, queue: null, started_at: at(0), tags: [], outcome: null, waited_ms: 0, ...more,
  };
}

export function hold(id: string, kind: Hold["kind"] = "active", until: string | null = null): Hold {
  return { conversation: id, kind, cost: 1, until };
}

export function agent(holds: Hold[] = [], more: Partial<Agent> = {}): Agent {
  return { ...ADA, status: "available", reason: "", slots: { used: holds.length, max: 3 }, holds, skills: {}, role: "agent", ...more };
}

export function colleague(named: Named, more: Partial<Colleague> = {}): Colleague {
  return { ...named, status: "available", reachable: true, free: 3, ...more };
}

export function department(waiting: string[] = []): Department {
  const line = waiting.map((id, i) => ({ conversation: id, visitor: { id: `v_${id}`, name: id }, entered_at: at(i) }));
  return { ...SUPPORT, waiting: line.length, oldest_at: line[0]?.entered_at ?? null, line };
}

export function offer(id: string, more: Partial<Offer> = {}): Offer {
  return {
    offer: id, conversation: conversation(`c_${id}`, { state: "offered", agent: null }), method: "average_utilization", soft: false,
    auto: false, expires_at: at(30), text: "Hello", transfer_from: null, note: "",
    why: {
      method: "average_utilization", reason: "method", takeable: 1, chosen: null, runner_up: null, excluded: {}, candidates: [],
      widening_step: 0, rules: [],
    },
    ...more,
  };
}

export function entry(seq: number, from: Person, text: string, more: Partial<Entry> = {}): Entry {
  return { conversation: "c_1", seq, kind: "message", from, text, at: at(seq), ...more };
}

export function identified(v: number, snapshot: Partial<AgentIdentified["snapshot"]> = {}, more: Partial<AgentIdentified> = {}): AgentIdentified {
  return {
    re: "1", ok: true, session: "s_1", epoch: "e1", v, now: at(100), me: { ...ADA, role: "agent" }, missed: [], missed_notes: [],
    more: [], dropped: [], reset: false,
    snapshot: { agent: agent(), offers: [], conversations: [], departments: [department()], agents: [colleague(ADA)], ...snapshot },
    ...more,
  };
}
