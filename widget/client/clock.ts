/** Time as the client sees it; injected, so that tests own it. */
export interface Clock {
  /** Milliseconds since 1970. Wall time, because a sleeping laptop stops every other clock. */
  now(): number;
  setTimeout(run: () => void, ms: number): Timer;
  clearTimeout(timer: Timer | null): void;
}

export type Timer = number;

export const browserClock: Clock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => globalThis.setTimeout(run, ms) as unknown as Timer,
  clearTimeout: (timer) => {
    if (timer !== null) globalThis.clearTimeout(timer);
  },
};
