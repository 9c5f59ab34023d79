import type { Entry } from "../client/generated.ts";
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
      /** First and last of a run of messages by one sender. */
      first: boolean;
      last: boolean;
    }
  | { kind: "event"; key: string; entry: Entry }
  | { kind: "day"; key: string; at: number };

/** Messages further apart than this begin a new run. */
export const RUN_MS = 5 * 60_000;

export function rowsOf(entries: readonly Entry[], items: readonly Item[], readTo: number): Row[] {
  const stored = new Set(entries.map((entry) => entry.client_id));
  const rows: Row[] = [];
  for (const entry of entries) push(rows, ofEntry(entry, readTo), Date.parse(entry.at));
  for (const item of items) {
    if (!stored.has(item.client_id)) push(rows, ofItem(item), item.at);
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
  if (entry.kind !== "message" && entry.kind !== "file") return { kind: "event", key: `entry ${entry.seq}`, entry };
  const mine = entry.from.role === "visitor";
  return {
    kind: "message",
    // The same key as the item it was: the drawn line stays the same node.
    key: mine && entry.client_id !== undefined ? entry.client_id : `entry ${entry.seq}`,
    mine,
    name: entry.from.name,
    automatic: entry.from.role === "bot",
    text: entry.text,
    at: Date.parse(entry.at),
    state: entry.seq <= readTo ? "read" : "sent",
    error: null,
    clientId: null,
    first: true,
    last: true,
  };
}

function ofItem(item: Item): Row {
  return {
    kind: "message",
    key: item.client_id,
    mine: true,
    name: "",
    automatic: false,
    text: item.draft.text ?? "",
    at: item.stored === null ? item.at : Date.parse(item.stored.at),
    state: item.state,
    error: item.error,
    clientId: item.client_id,
    first: true,
    last: true,
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
