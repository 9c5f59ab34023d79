import type { Clock, Timer } from "../clock.ts";

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #now: number;
  #next = 1;
  readonly #timers = new Map<Timer, { due: number; run: () => void }>();

  constructor(now = 1_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(run: () => void, ms: number): Timer {
    this.#timers.set(this.#next, { due: this.#now + Math.max(0, ms), run });
    return this.#next++;
  }

  clearTimeout(timer: Timer | null): void {
    if (timer !== null) this.#timers.delete(timer);
  }

  /** Lets time pass; timers run in order of their time, promises settle between them. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let due = this.#due(end); due !== null; due = this.#due(end)) {
      const timer = this.#timers.get(due);
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, timer?.due ?? this.#now);
      timer?.run();
      await settle();
    }
    this.#now = end;
  }

  /** The page slept: time passed, timers run late and all at once. */
  async sleep(ms: number): Promise<void> {
    this.#now += ms;
    await this.advance(0);
  }

  #due(end: number): Timer | null {
    let first: Timer | null = null;
    for (const [timer, { due }] of this.#timers) {
      if (due <= end && (first === null || due < (this.#timers.get(first)?.due ?? 0))) first = timer;
    }
    return first;
  }
}

/** Lets what is resolved run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
