import { signal, type ReadonlySignal } from "@preact/signals";
import type { Clock, Timer } from "./clock.ts";

/** What ends by itself when it is not renewed, as the word that it ended may be lost; in the order in which it began. */
export class Expiring<T> {
  readonly #clock: Clock;
  readonly #items = signal<ReadonlyMap<string, T>>(new Map());
  readonly #timers = new Map<string, Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get items(): ReadonlySignal<ReadonlyMap<string, T>> {
    return this.#items;
  }

  set(key: string, item: T, ms: number): void {
    this.#clock.clearTimeout(this.#timers.get(key) ?? null);
    this.#items.value = new Map(this.#items.value).set(key, item);
    this.#timers.set(key, this.#clock.setTimeout(() => this.end(key), ms));
  }

  end(key: string): void {
    this.#clock.clearTimeout(this.#timers.get(key) ?? null);
    if (!this.#timers.delete(key)) return;
    const items = new Map(this.#items.value);
    items.delete(key);
    this.#items.value = items;
  }

  clear(): void {
    for (const key of [...this.#timers.keys()]) this.end(key);
  }
}
