// Visitors who write without pause while the server is killed under them, and the counting of what became of it.
import { effect, signal, type ReadonlySignal } from "@preact/signals";
import { browserClock, type Clock } from "../../widget/client/clock.ts";
import type { ConversationReply, VisitorIdentified } from "../../widget/client/generated.ts";
import { Outbox, type Item } from "../../widget/client/outbox.ts";
import { OutboxStore } from "../../widget/client/outbox-store.ts";
import { Session, type SessionOptions } from "../../widget/client/session.ts";

/** `away`: nobody has heard of the server since it was killed. */
export type Phase = "idle" | "writing" | "away" | "back" | "done" | "gone";

export interface Counts {
  phase: Phase;
  sent: number;
  acknowledged: number;
  /** In the database, when it was read last. */
  stored: number | null;
  /** Acknowledged and not there; there more than once. Known at the end. */
  lost: number | null;
  doubled: number | null;
  /** From the last acknowledgement before to the first one after. */
  awayMs: number | null;
}

export const NOTHING: Counts = { phase: "idle", sent: 0, acknowledged: 0, stored: null, lost: null, doubled: null, awayMs: null };

export const VISITORS = 5;
export const EVERY_MS = 200;
export const BEFORE_MS = 3_000;
export const AFTER_MS = 3_000;
export const GIVE_UP_MS = 60_000;
const LOOK_MS = 100;
const READ_MS = 1_000;

type Fields = { site: string; language: string; timezone: string; page: { url: string; title: string; referrer: string }; token?: string };

export interface StreamOptions extends Pick<SessionOptions<Fields, VisitorIdentified>, "WebSocket" | "random" | "wake"> {
  url: string;
  site: string;
  /** Kills the server; it may be gone before it answers. */
  kill(): Promise<unknown>;
  /** The client ids of all messages in these conversations that the database holds, each as often as it is there. */
  stored(conversations: string[]): Promise<string[]>;
  clock?: Clock;
}

/** One visitor: the session and outbox of every page of ours, without the page. */
class Writer {
  readonly session: Session<Fields, VisitorIdentified>;
  readonly outbox: Outbox;
  /** The client id of what it begins with. */
  readonly first: string | null;
  conversation: string | null = null;
  #token = "";

  constructor(options: StreamOptions, number: number) {
    this.session = new Session<Fields, VisitorIdentified>({
      ...options,
      identify: () => ({
        site: options.site, language: "en", timezone: "UTC",
        page: { url: `${options.url.replace(/^ws/, "http").replace(/\/ws\/.*/, "")}/`, title: "Kill the server and watch", referrer: "" },
        ...(this.#token === "" ? {} : { token: this.#token }),
      }),
      positions: () => ({}),
      identified: (reply) => {
        this.#token = reply.me.token;
        this.outbox.open();
      },
      event: () => undefined,
    });
    this.outbox = new Outbox({
      ...options,
      store: new OutboxStore<Item>({ storage: null, prefix: "stream.", tab: `${number}`, locks: null }),
      send: (ask) => this.session.request(ask),
      started: (reply: ConversationReply) => (this.conversation = reply.conversation.id),
    });
    this.session.state.subscribe(({ name }) => name !== "open" && this.outbox.close());
    this.first = this.outbox.add({ do: "conversation.start", text: "1", form: { name: `Counting visitor ${number}` } });
  }

  start(): void {
    void this.outbox.start();
    this.session.start();
  }

  async leave(): Promise<void> {
    if (this.conversation !== null) await this.session.request({ do: "conversation.close", conversation: this.conversation }).catch(() => undefined);
    this.outbox.stop();
    this.session.stop();
  }
}

export class Stream {
  readonly #options: StreamOptions;
  readonly #clock: Clock;
  readonly #counts = signal<Counts>(NOTHING);
  #writers: Writer[] = [];
  /** What the visitors wrote. Others may write there, too: a bot, an agent. */
  #written = new Set<string>();
  #acknowledged = new Set<string>();
  #lastAt = 0;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#clock = options.clock ?? browserClock;
  }

  get counts(): ReadonlySignal<Counts> {
    return this.#counts;
  }

  /** From the first message to the count at the end; again only after that. */
  async run(): Promise<void> {
    if (!["idle", "done", "gone"].includes(this.#counts.value.phase)) return;
    this.#acknowledged = new Set();
    this.#counts.value = { ...NOTHING, phase: "writing", sent: VISITORS };
    this.#writers = Array.from({ length: VISITORS }, (_, number) => new Writer(this.#options, number + 1));
    this.#written = new Set(this.#writers.flatMap(({ first }) => first ?? []));
    const heard = this.#writers.map((writer) => effect(() => this.#settle(writer)));
    const talking = new AbortController();
    this.#repeat(talking.signal, EVERY_MS, () => this.#write());
    this.#repeat(talking.signal, READ_MS, () => void this.#read().catch(() => undefined));
    for (const writer of this.#writers) writer.start();
    const back = (await this.#sleep(BEFORE_MS, () => true)) && (await this.#kill());
    if (back) await this.#sleep(AFTER_MS, () => true);
    talking.abort();
    const settled = back && (await this.#until(() => this.#writers.every(isEmpty)));
    await this.#finish(settled).catch(() => this.#change({ phase: "gone" }));
    for (const stop of heard) stop();
    await Promise.all(this.#writers.map((writer) => writer.leave()));
  }

  /** True once everybody is acknowledged again. */
  async #kill(): Promise<boolean> {
    await this.#until(() => this.#acknowledged.size > VISITORS);
    void this.#options.kill().catch(() => undefined);
    const lost = await this.#until(() => this.#writers.every(({ session }) => session.state.value.name !== "open"));
    if (!lost) return false;
    this.#change({ phase: "away", stored: null }); // nobody can look
    const [before, known] = [this.#lastAt, this.#acknowledged.size];
    const back = await this.#until(() => this.#acknowledged.size > known);
    if (back) this.#change({ phase: "back", awayMs: this.#lastAt - before });
    return back;
  }

  async #finish(settled: boolean): Promise<void> {
    const stored = await this.#read();
    const there = new Set(stored);
    const lost = [...this.#acknowledged].filter((id) => !there.has(id)).length;
    this.#change({ phase: settled ? "done" : "gone", lost, doubled: stored.length - there.size });
  }

  async #read(): Promise<string[]> {
    const conversations = this.#writers.flatMap(({ conversation }) => conversation ?? []);
    const stored = (await this.#options.stored(conversations)).filter((id) => this.#written.has(id));
    this.#change({ stored: stored.length });
    return stored;
  }

  #write(): void {
    let sent = this.#counts.value.sent;
    for (const writer of this.#writers) {
      const id = writer.outbox.add({ do: "message.send", conversation: writer.conversation, text: `${sent + 1}` });
      if (id === null) continue;
      this.#written.add(id);
      sent += 1;
    }
    this.#change({ sent });
  }

  /** Takes note of what was acknowledged, and lets go of it: no log is shown that it would have to wait for. */
  #settle({ outbox }: Writer): void {
    const done = outbox.items.value.filter(({ state }) => state === "sent");
    if (done.length === 0) return;
    for (const { client_id } of done) this.#acknowledged.add(client_id);
    this.#lastAt = this.#clock.now();
    this.#change({ acknowledged: this.#acknowledged.size });
    queueMicrotask(() => done.forEach(({ client_id }) => outbox.settle(client_id)));
  }

  #change(change: Partial<Counts>): void {
    this.#counts.value = { ...this.#counts.peek(), ...change };
  }

  #repeat(over: AbortSignal, ms: number, act: () => void): void {
    const again = (): void => {
      if (over.aborted) return;
      act();
      this.#clock.setTimeout(again, ms);
    };
    this.#clock.setTimeout(again, ms);
  }

  #sleep(ms: number, then: () => boolean): Promise<boolean> {
    return new Promise((done) => this.#clock.setTimeout(() => done(then()), ms));
  }

  /** Looks again and again; false when it did not come about. */
  async #until(fact: () => boolean): Promise<boolean> {
    for (let waited = 0; waited < GIVE_UP_MS; waited += LOOK_MS) {
      if (fact()) return true;
      await this.#sleep(LOOK_MS, fact);
    }
    return fact();
  }
}

function isEmpty({ outbox }: Writer): boolean {
  return outbox.items.value.every(({ state }) => state === "failed");
}
