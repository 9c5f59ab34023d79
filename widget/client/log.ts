import { batch, signal, type ReadonlySignal } from "@preact/signals";
import type { Entry } from "./generated.ts";

/**
 * Asks the server for a page: the next ones after a number, or the last ones before it, oldest first. A page may be shorter
 * than what there is.
 */
export type Fetch = (range: { after: number } | { before: number }) => Promise<readonly Entry[]>;

/** Later entries kept while a gap is being filled; beyond it they are fetched like the gap itself. */
export const MOST_HELD = 500;

/**
 * The entries of one conversation (or its notes, in an instance of their own): numbered without gaps, shown in order, each
 * once. What is known is one run of numbers, from `first` to `last`.
 */
export class ConversationLog {
  readonly #fetch: Fetch;
  readonly #entries = signal<readonly Entry[]>([]);
  readonly #behind = signal(false);
  readonly #held = new Map<number, Entry>();
  #last = 0;
  #reach = 0;
  #filling = false;
  #life = 0;

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  get entries(): ReadonlySignal<readonly Entry[]> {
    return this.#entries;
  }

  /** Whether entries are known to exist that we could not get yet: a screen that is behind must say so. */
  get behind(): ReadonlySignal<boolean> {
    return this.#behind;
  }

  /** The number up to which nothing is missing. */
  get last(): number {
    return this.#last;
  }

  get first(): number {
    return this.#entries.value[0]?.seq ?? this.#last + 1;
  }

  get complete(): boolean {
    return this.first <= 1;
  }

  /** A page in order, from a snapshot or the answer of an accept. The first page of all says where we begin. */
  load(page: readonly Entry[]): void {
    if (page.length === 0) return;
    this.#add(page, this.#isBlank());
    this.#settle();
  }

  apply(entry: Entry): "applied" | "known" | "held" {
    if (entry.seq <= this.#last) return "known";
    const next = entry.seq === this.#last + 1;
    this.#take(entry);
    this.#settle();
    return next ? "applied" : "held";
  }

  /** The server's last number; fetches what lies above ours. */
  reach(top: number): void {
    this.#reach = Math.max(this.#reach, top);
    this.#settle();
  }

  /** What was said here is erased: the numbers stay, the words go, as the server has it now. */
  erase(): void {
    this.#entries.value = this.#entries.value.map(erased);
    for (const [seq, entry] of this.#held) this.#held.set(seq, erased(entry));
  }

  /** Tries again to fill what is missing, after a reconnect. */
  retry(): void {
    this.#settle();
  }

  /** One page of older entries; false when there are none. */
  async older(): Promise<boolean> {
    if (this.complete || this.#entries.value.length === 0) return false;
    const life = this.#life;
    const first = this.first;
    const page = await this.#fetch({ before: first });
    if (life !== this.#life || this.first !== first) return false;
    const fitting = page.filter((entry) => entry.seq < first);
    if (fitting.at(-1)?.seq !== first - 1) return false;
    this.#entries.value = [...fitting, ...this.#entries.value];
    return true;
  }

  /** Forgets everything: another epoch, or a position above the server's top. */
  reset(): void {
    this.#life += 1;
    this.#last = 0;
    this.#reach = 0;
    this.#filling = false;
    this.#held.clear();
    this.#entries.value = [];
    this.#behind.value = false;
  }

  /** Nothing is known yet, not even where to begin. */
  #isBlank(): boolean {
    return this.#last === 0 && this.#held.size === 0;
  }

  #add(page: readonly Entry[], begins: boolean): void {
    if (begins && this.#last === 0) this.#last = (page[0]?.seq ?? 1) - 1;
    batch(() => page.forEach((entry) => this.#take(entry)));
  }

  /** Puts an entry where it belongs: behind the run, or aside until the gap before it is filled. */
  #take(entry: Entry): void {
    if (entry.seq <= this.#last) return;
    this.#reach = Math.max(this.#reach, entry.seq);
    if (entry.seq > this.#last + 1) {
      if (this.#held.size < MOST_HELD) this.#held.set(entry.seq, entry);
      return;
    }
    const run: Entry[] = [];
    for (let next: Entry | undefined = entry; next !== undefined; next = this.#held.get(this.#last + 1)) {
      this.#held.delete(next.seq);
      this.#last = next.seq;
      run.push(next);
    }
    this.#entries.value = [...this.#entries.value, ...run];
  }

  #settle(): void {
    this.#behind.value = this.#last < this.#reach;
    if (this.#behind.value && !this.#filling) void this.#fill();
  }

  /** Page by page, until nothing is missing or a page did not help: then the next entry, ping or reconnect tries again. */
  async #fill(): Promise<void> {
    const life = this.#life;
    this.#filling = true;
    for (let before = -1; this.#last < this.#reach && this.#last > before; ) {
      before = this.#last;
      const blank = this.#isBlank();
      const page = await this.#fetch(blank ? { before: this.#reach + 1 } : { after: before }).catch(() => []);
      if (life !== this.#life) return;
      this.#add(page, blank);
    }
    this.#filling = false;
    this.#behind.value = this.#last < this.#reach;
  }
}

function erased(entry: Entry): Entry {
  const { client_id: _client_id, replies: _replies, cards: _cards, ...kept } = entry;
  const from = entry.from.role === "visitor" ? { ...entry.from, name: "" } : entry.from;
  return { ...kept, from, text: "", erased: true };
}
