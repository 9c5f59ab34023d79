import { inSnapshot, type VisitorEvent } from "../client/frames.ts";
import type { Conversation, Site, VisitorIdentified, VisitorMe } from "../client/generated.ts";

/**
 * What a visitor's page knows, but for entries. Pure: a snapshot with the later events applied equals a later snapshot.
 * Outside that law, as they may get lost: read marks, presence, and the place in line.
 */
export interface State {
  /** Of the snapshot: events up to it are in it. */
  v: number;
  me: VisitorMe | null;
  site: Site | null;
  conversation: Conversation | null;
  /** The highest number that somebody else has read. */
  readTo: number;
  /** Whether whoever answers is known to be here (or gone); null when nothing tells. */
  here: boolean | null;
}

export const nothing: State = { v: 0, me: null, site: null, conversation: null, readTo: 0, here: null };

/** Takes a snapshot. A conversation that is no longer in it has ended, unless it was never ours to keep. */
export function identified(state: State, reply: VisitorIdentified): State {
  const { site, conversation } = reply.snapshot;
  const base = { ...state, v: reply.v, me: reply.me, site, here: null };
  if (conversation !== null) return adopt(base, conversation);
  const kept = state.conversation;
  if (kept === null || reply.reset || reply.dropped.includes(kept.id)) return { ...base, conversation: null, readTo: 0 };
  return { ...base, conversation: { ...kept, state: "closed", queue: null } };
}

/** The conversation as a reply or an event gives it. */
export function adopt(state: State, conversation: Conversation): State {
  const same = state.conversation?.id === conversation.id;
  const sameAgent = same && state.conversation?.agent?.id === conversation.agent?.id;
  return { ...state, conversation, readTo: same ? state.readTo : 0, here: sameAgent ? state.here : null };
}

export function apply(state: State, event: VisitorEvent): State {
  if (inSnapshot(event, state.v)) return state;
  switch (event.on) {
    case "site":
      return { ...state, site: event.site };
    case "conversation":
      return ours(state, event.conversation) ? adopt(state, event.conversation) : state;
    case "queue":
      return state.conversation?.id === event.conversation
        ? { ...state, conversation: { ...state.conversation, queue: event.queue } }
        : state;
    case "read":
      return state.conversation?.id === event.conversation && event.from.role !== "visitor"
        ? { ...state, readTo: Math.max(state.readTo, event.seq) }
        : state;
    case "presence":
      return answers(state, event.conversation, event.from.id) ? { ...state, here: event.here } : state;
    case "typing":
    case "entry":
      // Who writes is here.
      return answers(state, event.conversation, event.from.id) ? { ...state, here: true } : state;
    default:
      return state;
  }
}

/** One open conversation at a time: another one matters only when ours is over. */
function ours(state: State, conversation: Conversation): boolean {
  const current = state.conversation;
  if (current === null) return conversation.state !== "closed";
  return current.id === conversation.id || (current.state === "closed" && conversation.state !== "closed");
}

function answers(state: State, conversation: string, id: string): boolean {
  const current = state.conversation;
  return current?.id === conversation && (current.agent?.id === id || current.bot?.id === id);
}

export function isOpen(conversation: Conversation | null): conversation is Conversation {
  return conversation !== null && conversation.state !== "closed";
}
