import type { Card, Entry, Person } from "../client/generated.ts";
import type { Item } from "../client/outbox.ts";

/** Lines of the log as they are drawn: what is stored, then what is still on its way. */
export type Row =
  | {
      kind: "message";
      key: string;
      mine: boolean;
      name: string;
      automatic: boolean;
      text: string;
      at: number;
      state: "sent" | "read" | "sending" | "queued" | "failed";
      error: Item["error"];
      clientId: string | null;
      /** Of a bot: what it offers to say next, what it shows beside its words, and whether it is still writing. */
      replies: readonly string[];
      cards: readonly Card[];
      growing: boolean;
      /** First and last of a run of messages by one sender. */
      first: boolean;
      last: boolean;
    }
  | { kind: "event"; key: string; entry: Entry }
  | { kind: "day"; key: string; at: number };

const NOTHING: ReadonlyMap<string, Growing> = new Map();

/** Messages further apart than this begin a new run. */
export const RUN_MS = 5 * 60_000;

/** A message that is not finished: all of it so far. */
export interface Growing {
  person: Person;
  text: string;
}

/** Names a message by its sender's own name for it, before and after it is an entry. */
export function keyOf(from: Person, clientId: string): string {
  return from.role === "visitor" ? clientId : `${from.id} ${clientId}`;
}

export function rowsOf(entries: readonly Entry[], items: readonly Item[], readTo: number, growing: ReadonlyMap<string, Growing> = NOTHING): Row[] {
  const stored = new Set(entries.map(({ from, client_id }) => client_id !== undefined && keyOf(from, client_id)));
  const rows: Row[] = [];
  for (const entry of entries) push(rows, ofEntry(entry, readTo), Date.parse(entry.at));
  for (const item of items) {
    if (!stored.has(item.client_id)) push(rows, ofItem(item), item.at);
  }
  // Whatever is being written has its number yet to come.
  for (const [key, one] of growing) {
    if (!stored.has(key)) push(rows, message({ key, name: one.person.name, automatic: true, text: one.text, at: 0, growing: true }), 0);
  }
  return grouped(rows);
}

function push(rows: Row[], row: Row, at: number): void {
  const before = rows.at(-1);
  const last = before === undefined ? null : before.kind === "event" ? Date.parse(before.entry.at) : before.at;
  // Only forwards: a browser's clock that is behind must not make days.
  if (last !== null && at > last && new Date(last).toDateString() !== new Date(at).toDateString()) {
    rows.push({ kind: "day", key: `day ${row.key}`, at });
  }
  rows.push(row);
}

function ofEntry(entry: Entry, readTo: number): Row {
  const { kind, from, client_id, text, seq, at, replies = [], cards = [] } = entry;
  if (kind !== "message" && kind !== "file") return { kind: "event", key: `entry ${seq}`, entry };
  return message({
    // The same key as what it was before: the drawn line stays the same node.
    key: client_id === undefined ? `entry ${seq}` : keyOf(from, client_id),
    mine: from.role === "visitor",
    name: from.name,
    automatic: from.role === "bot",
    text,
    at: Date.parse(at),
    state: seq <= readTo ? "read" : "sent",
    replies,
    cards,
  });
}

function ofItem({ client_id, draft, stored, at, state, error }: Item): Row {
  return message({
    key: client_id,
    mine: true,
    text: draft.text ?? "",
    at: stored === null ? at : Date.parse(stored.at),
    state,
    error,
    clientId: client_id,
  });
}

export type Message = Extract<Row, { kind: "message" }>;

function message(its: Partial<Message> & Pick<Message, "key" | "text" | "at">): Message {
  return {
    kind: "message", mine: false, name: "", automatic: false, state: "sent", error: null, clientId: null,
    replies: [], cards: [], growing: false, first: true, last: true, ...its,
  };
}

function grouped(rows: Row[]): Row[] {
  rows.forEach((row, index) => {
    const next = rows[index + 1];
    if (row.kind !== "message" || next?.kind !== "message") return;
    const together = row.mine === next.mine && (row.mine || row.name === next.name) && next.at - row.at < RUN_MS;
    if (!together) return;
    row.last = false;
    next.first = false;
  });
  return rows;
}
