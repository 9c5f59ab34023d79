import type { KeyValues } from "../client/outbox-store.ts";

/**
 * What the browser remembers of a visitor of one site, under one key. Written from the first message on, never before:
 * the loader looks for this key and stays silent without it.
 */
export interface Remembered {
  token: string;
  /** Whose token it is, and whether the site vouched for who that is. */
  visitor: string;
  signed: boolean;
  /** Whether a conversation is open or something waits to be sent, so that a later page must connect by itself. */
  open: boolean;
  /** How far the visitor has seen which conversation. */
  seen: { conversation: string; seq: number } | null;
  mute: boolean;
}

const FRESH: Remembered = { token: "", visitor: "", signed: false, open: false, seen: null, mute: false };

export function recordKey(site: string): string {
  return `frontdesk:${site}`;
}

export class Record {
  readonly #key: string;
  readonly #storage: KeyValues | null;
  #known: Remembered = FRESH;
  #kept = false;

  constructor(site: string, storage: KeyValues | null) {
    this.#key = recordKey(site);
    this.#storage = storage;
    this.read();
  }

  get key(): string {
    return this.#key;
  }

  get value(): Remembered {
    return this.#known;
  }

  /** Whether anything is stored. */
  get kept(): boolean {
    return this.#kept;
  }

  /** Reads again what another tab may have written. */
  read(): void {
    try {
      const text = this.#storage?.getItem(this.#key) ?? null;
      if (text === null) return;
      this.#known = { ...FRESH, ...(JSON.parse(text) as Partial<Remembered>) };
      this.#kept = true;
    } catch {
      // Forbidden or damaged: as if there were none.
    }
  }

  /** Begins to store. */
  keep(change: Partial<Remembered>): void {
    this.#kept = true;
    this.change(change);
  }

  /** Changes what is known; stores it only if something is stored already. */
  change(change: Partial<Remembered>): void {
    this.#known = { ...this.#known, ...change };
    if (!this.#kept) return;
    try {
      this.#storage?.setItem(this.#key, JSON.stringify(this.#known));
    } catch {
      // Then it is known as long as the page lives.
    }
  }
}
