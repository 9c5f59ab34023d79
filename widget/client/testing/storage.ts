import type { KeyValues, Locks } from "../outbox-store.ts";

/** A storage that several tabs of a test share. */
export class MemoryStorage implements KeyValues {
  readonly #map = new Map<string, string>();
  get length(): number {
    return this.#map.size;
  }
  key(index: number): string | null {
    return [...this.#map.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    return this.#map.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.#map.set(key, value);
  }
  removeItem(key: string): void {
    this.#map.delete(key);
  }
}

/** Web Locks of one browser: exclusive, first come first served. */
export class MemoryLocks implements Locks {
  readonly #queues = new Map<string, Array<() => Promise<void>>>();

  async request(
    name: string,
    options: { ifAvailable?: boolean; signal?: AbortSignal },
    held: (lock: unknown) => Promise<void>,
  ): Promise<void> {
    const queue = this.#queues.get(name);
    if (queue !== undefined && options.ifAvailable === true) return held(null);
    return new Promise((resolve) => {
      const run = async () => {
        if (options.signal?.aborted !== true) await held({ name });
        resolve();
        const next = this.#queues.get(name)?.shift();
        if (next === undefined) this.#queues.delete(name);
        else void next();
      };
      if (queue === undefined) {
        this.#queues.set(name, []);
        void run();
      } else {
        queue.push(run);
      }
    });
  }
}
