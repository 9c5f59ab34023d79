import { signal, type ReadonlySignal } from "@preact/signals";
import type { Clock, Timer } from "./clock.ts";
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

/** Who else types in one conversation. */
export class TypingIn {
  readonly #clock: Clock;
  readonly #people = signal<readonly TypingPerson[]>([]);
  readonly #timers = new Map<string, Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get people(): ReadonlySignal<readonly TypingPerson[]> {
    return this.#people;
  }

  apply(event: Pick<TypingEvent, "from" | "active" | "text">): void {
    this.end(event.from.id);
    if (!event.active) return;
    this.#people.value = [...this.#people.value, { person: event.from, text: event.text ?? "" }];
    this.#timers.set(
      event.from.id,
      this.#clock.setTimeout(() => this.end(event.from.id), EXPIRE_MS),
    );
  }

  /** Stopped, expired, or what was typed has arrived. */
  end(id: string): void {
    this.#clock.clearTimeout(this.#timers.get(id) ?? null);
    this.#timers.delete(id);
    if (this.#people.value.some((one) => one.person.id === id)) {
      this.#people.value = this.#people.value.filter((one) => one.person.id !== id);
    }
  }

  clear(): void {
    for (const id of [...this.#timers.keys()]) this.end(id);
  }
}
