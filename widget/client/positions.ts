import type { ConversationLog } from "./log.ts";
import type { Position } from "./generated.ts";

/** The two logs of a conversation; a visitor has no notes. */
export interface Logs {
  entries: ConversationLog;
  notes?: ConversationLog;
}

/** Where we stand, for `resume`. A log without anything is left out: the server then sends its last page. */
export function positionsOf(logs: Iterable<readonly [string, Logs]>): Record<string, Position> {
  const positions: Record<string, Position> = {};
  for (const [id, { entries, notes }] of logs) {
    if (entries.last > 0) positions[id] = { entries: entries.last, ...(notes ? { notes: notes.last } : {}) };
  }
  return positions;
}

/** Compares the tops of a ping's answer with ours; a higher one is a lost last entry, which is then fetched. */
export function reachTops(logs: ReadonlyMap<string, Logs>, tops: Record<string, Position>): void {
  for (const [id, top] of Object.entries(tops)) {
    logs.get(id)?.entries.reach(top.entries);
    logs.get(id)?.notes?.reach(top.notes ?? 0);
  }
}
