export const FIRST_MS = 500;
export const LAST_MS = 30_000;

/** How long to wait before attempt number `attempt` (0 is the first retry): full jitter below a doubling ceiling. */
export function backoff(attempt: number, random: () => number): number {
  const ceiling = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.floor(random() * ceiling);
}

/** How long to wait when the server named a time: never earlier, spread over half as much again. */
export function notBefore(ms: number, random: () => number): number {
  return ms + Math.floor(random() * Math.max(FIRST_MS, ms / 2));
}
