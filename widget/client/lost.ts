import type { Entry } from "./generated.ts";

/**
 * Own messages that were acknowledged and that the history has no more: it is another one now, from a backup.
 *
 * `now` is the end of that history, as a reset brings it; nothing at all when the conversation is not in it. What is
 * older than its first entry is the same in both.
 */
export function lostOf(before: readonly Entry[], now: readonly Entry[], mine: (entry: Entry) => boolean): Entry[] {
  const begins = now[0]?.seq ?? 0;
  const ids = new Set(now.map((entry) => entry.client_id));
  const texts = new Map(now.map((entry) => [entry.seq, entry.text]));
  return before.filter(
    (entry) =>
      entry.kind === "message" && mine(entry) && entry.seq >= begins &&
      !(entry.client_id !== undefined && ids.has(entry.client_id)) && texts.get(entry.seq) !== entry.text,
  );
}
