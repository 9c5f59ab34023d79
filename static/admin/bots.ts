// What is seen of bots while they run: who is connected, how fast they answer, what became of their conversations.
import type { Api } from "./api.ts";

export interface Connection {
  session: string;
  since: string;
  address: string;
  /** What the worker calls itself. */
  name: string;
  lag_ms: number | null;
  last_frame_at: string | null;
}

export interface Token {
  id: string;
  label: string;
  /** Neither revoked nor expired. */
  good: boolean;
  made_at: string;
  used_at: string | null;
  expires_at: string | null;
}

export interface Running {
  key: string;
  name: string;
  connections: readonly Connection[];
  conversations: number;
  /** Whose visitor waits for an answer of the bot. */
  waiting: number;
  oldest_unanswered_at: string | null;
  last_error: { code: string; at: string } | null;
  answered: number;
  answer_p50_ms: number | null;
  answer_p95_ms: number | null;
  started: number;
  /** By reason. */
  handed_over: Readonly<Record<string, number>>;
  /** Hand-overs that came to nothing, by reason. */
  failed: Readonly<Record<string, number>>;
  deflected: number;
  tokens: readonly Token[];
}

export interface Frame {
  at: string;
  dir: "in" | "out";
  /** As it went over the wire, at most its first 2 KiB of its `bytes`. */
  frame: string;
  bytes: number;
}

/** The last frames of one connection; of one that has ended, for an hour. */
export interface Log {
  session: string;
  name: string;
  since: string;
  ended: string | null;
  frames: readonly Frame[];
}

/** Of the conversations a bot had that ended that day. */
export interface Day {
  day: string;
  ended: number;
  deflected: number;
}

export function running(api: Api): Promise<readonly Running[]> {
  return api.get("/api/v1/bots");
}

/** The token itself is in this answer and nowhere else. */
export function makeToken(api: Api, bot: string, label: string, days: number | null): Promise<{ id: string; token: string }> {
  return api.post(`/api/v1/bots/${bot}/tokens`, { label, ...(days === null ? {} : { days }) });
}

export function revokeToken(api: Api, bot: string, id: string): Promise<void> {
  return api.remove(`bots/${bot}/tokens/${encodeURIComponent(id)}`, "");
}

/** Of all its connections, those that ended within the hour too. That somebody reads them is recorded. */
export function logs(api: Api, bot: string): Promise<readonly Log[]> {
  return api.get(`/api/v1/bots/${bot}/frames`);
}

export function days(api: Api, bot: string): Promise<readonly Day[]> {
  return api.get(`/api/v1/bots/${bot}/days?days=7`);
}

/** Where the bot can be tried, once and within minutes. */
export async function tryOut(api: Api, bot: string, site: string): Promise<string> {
  const { url } = await api.post<{ url: string }>(`/api/v1/bots/${bot}/trial`, { site });
  // Ours, whatever the answer says: it becomes the address of a frame.
  if (!url.startsWith("/chat/")) throw new Error("not one of our pages");
  return url;
}

/** Frames with all these words in them, in one direction or both. */
export function matching(all: readonly Frame[], words: string, direction: Frame["dir"] | ""): Frame[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter((one) => (direction === "" || one.dir === direction) && wanted.every((word) => one.frame.toLowerCase().includes(word)));
}

/** Milliseconds as one compares them: `80 ms`, `1.4 s`, `2 min`. */
export function took(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 100_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}

const REASON: Readonly<Record<string, string>> = {
  handoff: "by itself",
  asked: "the visitor asked",
  bot_gone: "its connection was lost",
  unanswered: "it did not answer in time",
  bot_removed: "it was removed",
  nobody: "nobody was there",
  line_full: "the line was full",
  outside_hours: "outside hours",
};

/** Counts by reason, the most frequent first: `3: the visitor asked`. */
export function byReason(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).filter(([, n]) => n > 0).sort(([, a], [, b]) => b - a).map(([reason, n]) => `${n}: ${REASON[reason] ?? reason.replaceAll("_", " ")}`);
}
