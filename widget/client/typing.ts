import { computed, type ReadonlySignal } from "@preact/signals";
import type { Clock, Timer } from "./clock.ts";
import { Expiring } from "./expiring.ts";
import type { Person, TypingEvent } from "./generated.ts";

/** At most one "typing" in this time. */
export const TELL_MS = 1_500;
/** Without a key for this long, typing has stopped. */
export const STOP_MS = 3_000;
/** A sign not renewed for this long has expired: its end may have been lost. */
export const EXPIRE_MS = 6_000;

/** Our own typing in one conversation, told sparingly. */
export class TypingOut {
  readonly #clock: Clock;
  readonly #tell: (active: boolean) => void;
  #toldAt: number | null = null;
  #timer: Timer | null = null;

  constructor(clock: Clock, tell: (active: boolean) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** A key was pressed and there is text. */
  key(): void {
    const now = this.#clock.now();
    if (this.#toldAt === null || now - this.#toldAt >= TELL_MS) {
      this.#toldAt = now;
      this.#tell(true);
    }
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.stop(), STOP_MS);
  }

  /** The text was emptied or the page left. */
  stop(): void {
    if (this.#toldAt !== null) this.#tell(false);
    this.sent();
  }

  /** The message itself says that typing has ended. */
  sent(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#toldAt = null;
  }
}

export interface TypingPerson {
  person: Person;
  /** What is being typed, where that is shown. */
  text: string;
}

/** Who else types in one conversation, or is at work on an answer. */
export class TypingIn {
  readonly #signs: Expiring<TypingPerson>;
  readonly people: ReadonlySignal<readonly TypingPerson[]>;

  constructor(clock: Clock) {
    this.#signs = new Expiring(clock);
    this.people = computed(() => [...this.#signs.items.value.values()]);
  }

  apply({ from, active, text = "" }: Pick<TypingEvent, "from" | "active" | "text">, ms = EXPIRE_MS): void {
    if (active) this.#signs.set(from.id, { person: from, text }, ms);
    else this.end(from.id);
  }

  /** Stopped, or what was typed has arrived. */
  end(id: string): void {
    this.#signs.end(id);
  }

  clear(): void {
    this.#signs.clear();
  }
}
