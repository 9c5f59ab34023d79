// Who needs me now: reads a conversation's entries and says who waits for whom, since when, and what is unread.
import type { Agent, Conversation, Entry, Hold } from "../../widget/client/generated.ts";

/** A visitor who waited longer than this for an answer is shown as late. */
export const LATE_AFTER_MS = 60_000;

export interface Item {
  conversation: Conversation;
  hold: Hold;
  side: "me" | "them" | "wrap_up";
  /** Since when somebody waits; the end of the wrap-up is in the hold. */
  since: string;
  unread: number;
  preview: string;
}

export interface Sections {
  me: Item[];
  them: Item[];
  wrapUp: Item[];
}

const SPOKEN = new Set<Entry["kind"]>(["message", "file"]);

/** The list, in its three parts, who waits longest first. */
export function sections(
  agent: Agent,
  conversations: readonly Conversation[],
  entriesOf: (conversation: string) => readonly Entry[],
  readOf: (conversation: string) => number,
): Sections {
  const items = conversations.flatMap((conversation) => {
    const hold = agent.holds.find((one) => one.conversation === conversation.id && one.kind !== "offer");
    return hold === undefined ? [] : [item(agent, conversation, hold, entriesOf(conversation.id), readOf(conversation.id))];
  });
  const oldest = (a: Item, b: Item): number => a.since.localeCompare(b.since) || a.conversation.id.localeCompare(b.conversation.id);
  return {
    me: items.filter((one) => one.side === "me").sort(oldest),
    them: items.filter((one) => one.side === "them").sort(oldest),
    wrapUp: items.filter((one) => one.side === "wrap_up").sort(oldest),
  };
}

/** All items in the order in which they stand on the screen. */
export function inOrder({ me, them, wrapUp }: Sections): Item[] {
  return [...me, ...them, ...wrapUp];
}

function item(agent: Agent, conversation: Conversation, hold: Hold, entries: readonly Entry[], read: number): Item {
  const base = { conversation, hold, unread: unread(agent, entries, read), preview: preview(agent, entries) };
  if (hold.kind === "wrap_up" || conversation.state === "closed") {
    return { ...base, side: "wrap_up", since: entries.findLast((one) => one.kind === "closed")?.at ?? conversation.started_at };
  }
  const waits = waitingForMe(agent, entries, conversation);
  if (waits !== null) return { ...base, side: "me", since: waits };
  const said = entries.findLast((one) => one.kind === "message" && one.from.role !== "visitor");
  return { ...base, side: "them", since: said?.at ?? conversation.started_at };
}

/**
 * Since when the visitor waits for an answer, or null. From their first unanswered message, but not from before the
 * agent joined: until then they waited for anyone. Somebody who joined and said nothing is waited for as well.
 */
function waitingForMe(agent: Agent, entries: readonly Entry[], conversation: Conversation): string | null {
  const last = entries.findLastIndex((one) => SPOKEN.has(one.kind) && one.from.role === "agent");
  const joined = entries.findLast((one) => one.kind === "joined" && one.from.id === agent.id);
  const joinedAt = joined?.at ?? conversation.started_at;
  const asked = entries.slice(last + 1).find((one) => SPOKEN.has(one.kind) && one.from.role === "visitor");
  if (asked !== undefined) return asked.at > joinedAt ? asked.at : joinedAt;
  const answeredSinceJoining = last >= 0 && (joined === undefined || (entries[last]?.seq ?? 0) > joined.seq);
  return answeredSinceJoining ? null : joinedAt;
}

/** Visitors' messages after what was read, or after one's own last word: who answers has read. */
export function unread(agent: Agent, entries: readonly Entry[], read: number): number {
  const own = entries.findLast((one) => one.from.id === agent.id && SPOKEN.has(one.kind))?.seq ?? 0;
  const from = Math.max(own, read);
  return entries.filter((one) => one.seq > from && SPOKEN.has(one.kind) && one.from.role === "visitor").length;
}

/** The last thing said, in one line. */
export function preview(agent: Agent, entries: readonly Entry[]): string {
  const last = entries.findLast((one) => SPOKEN.has(one.kind));
  if (last === undefined) return "";
  const text = last.text.replace(/\s+/g, " ").trim();
  if (last.from.role === "visitor") return text;
  return last.from.id === agent.id ? `You: ${text}` : `${last.from.name}: ${text}`;
}

/** What a visitor is called: their name, or a short number that stays the same. */
export function nameOf(visitor: { id: string; name: string }): string {
  return visitor.name.trim() || `Visitor ${visitor.id.replace(/^v_/, "").slice(-4)}`;
}

/** The first word of a name, as one speaks of somebody; a visitor without a name stays "the visitor". */
export function shortName(visitor: { id: string; name: string }): string {
  return visitor.name.trim().split(/\s+/)[0] || "the visitor";
}
