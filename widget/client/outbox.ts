import { signal, type ReadonlySignal } from "@preact/signals";
import { backoff } from "./backoff.ts";
import { newClientId } from "./client-id.ts";
import { browserClock, type Clock, type Timer } from "./clock.ts";
import type { ConversationReply, ConversationStart, Entry, ErrorCode, MessageSend, NoteAdd, Sent } from "./generated.ts";
import type { OutboxStore } from "./outbox-store.ts";
import { RequestError } from "./request-error.ts";

/**
 * What was written and is not yet known to be stored.
 *
 * Per conversation one item is on its way at a time, the oldest; so the order of writing is the order of storing whatever
 * fails in between. An item that may be tried again stops its conversation; one that failed for good steps aside. A
 * message without a conversation goes to the one that the `conversation.start` before it brings about.
 */
export type Draft =
  | { do: "conversation.start"; text?: string; department?: string; form?: Record<string, string> }
  | { do: "message.send"; conversation: string | null; text: string }
  | { do: "note.add"; conversation: string; text: string };

export interface Item {
  client_id: string;
  draft: Draft;
  /** When it was written, in the clock's milliseconds. */
  at: number;
  /** `sent` stays until its entry is seen (`settle`), so that no page shows a hole in between. */
  state: "queued" | "sending" | "sent" | "failed";
  /** The conversation and number it was stored under. */
  stored: { conversation: string; seq: number | null; at: string } | null;
  /** `lost`: it was stored, and the server's history is from a backup without it. */
  error: ErrorCode | "lost" | null;
}

export type OutboxAsk = Omit<ConversationStart, "id"> | Omit<MessageSend, "id"> | Omit<NoteAdd, "id">;

export interface OutboxOptions {
  store: OutboxStore<Item>;
  send(ask: OutboxAsk): Promise<Sent | ConversationReply>;
  /** A `conversation.start` was stored. */
  started?(reply: ConversationReply): void;
  clock?: Clock;
  random?: () => number;
  newId?: () => string;
}

export const MOST_ITEMS = 200;

interface Pause {
  attempt: number;
  timer: Timer | null;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #clock: Clock;
  readonly #items = signal<readonly Item[]>([]);
  readonly #pauses = new Map<string, Pause>();
  #connected = false;
  #adopted = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#clock = options.clock ?? browserClock;
  }

  get items(): ReadonlySignal<readonly Item[]> {
    return this.#items;
  }

  /** Takes over what an earlier page left. Nothing is sent before that. */
  async start(): Promise<void> {
    await this.#options.store.start((items) => this.#adopt(items));
    this.#adopted = true;
    this.#pump();
  }

  stop(): void {
    this.close();
    this.#options.store.stop();
  }

  /** Forgets everything, in other tabs' boxes too. */
  erase(): void {
    this.#set([]);
    this.#options.store.erase();
  }

  /** The session has identified. */
  open(): void {
    this.#connected = true;
    this.#resume();
  }

  /** The connection is lost; what was on its way comes back through its rejected request. */
  close(): void {
    this.#connected = false;
    for (const pause of this.#pauses.values()) this.#clock.clearTimeout(pause.timer);
  }

  /** Queues at the end; null when the box is full. */
  add(draft: Draft): string | null {
    if (this.#items.value.length >= MOST_ITEMS) return null;
    const item: Item = {
      client_id: (this.#options.newId ?? newClientId)(),
      draft,
      at: this.#clock.now(),
      state: "queued",
      stored: null,
      error: null,
    };
    this.#set([...this.#items.value, item]);
    this.#pump();
    return item.client_id;
  }

  /** Sends a failed item again: a new message at the end, as the first may not be tried twice. */
  again(clientId: string, draft?: Draft): string | null {
    const item = this.#find(clientId);
    if (item?.state !== "failed") return null;
    this.discard(clientId);
    return this.add(draft ?? item.draft);
  }

  discard(clientId: string): void {
    this.#set(this.#items.value.filter((item) => item.client_id !== clientId));
  }

  /**
   * What was stored and is no more. It is shown as failed and not sent by itself: its moment may have passed. What waits
   * to be sent comes after it; of what was acknowledged and never seen again, nobody knows.
   */
  lose(entries: readonly Entry[], note: boolean): void {
    const known = new Set(this.#items.value.map((item) => item.client_id));
    const lost = entries
      .map(({ conversation, seq, text, at, client_id }): Item => ({
        client_id: client_id ?? `${conversation} ${seq}`,
        draft: { do: note ? "note.add" : "message.send", conversation, text },
        at: Date.parse(at),
        state: "failed",
        stored: null,
        error: "lost",
      }))
      .filter((item) => !known.has(item.client_id));
    const kept = this.#items.value.map((item): Item => (item.state === "sent" ? { ...item, state: "failed", error: "lost" } : item));
    this.#set([...lost, ...kept].slice(-MOST_ITEMS));
  }

  /** Its entry was seen, so it is stored, whatever we thought. */
  settle(clientId: string): void {
    if (this.#find(clientId) === undefined) return;
    this.discard(clientId);
    this.#pump();
  }

  #find(clientId: string): Item | undefined {
    return this.#items.value.find((item) => item.client_id === clientId);
  }

  #adopt(found: Item[]): void {
    const known = new Set(this.#items.value.map((item) => item.client_id));
    const items = found
      .filter((item) => !known.has(item.client_id) && item.state !== "sent")
      .map((item) => (item.state === "sending" ? { ...item, state: "queued" as const } : item));
    this.#set([...items, ...this.#items.value]);
    this.#pump();
  }

  #resume(): void {
    for (const pause of this.#pauses.values()) this.#clock.clearTimeout(pause.timer);
    this.#pauses.clear();
    this.#pump();
  }

  /** Sends the oldest queued item of every conversation that is neither busy nor pausing. */
  #pump(): void {
    if (!this.#connected || !this.#adopted) return;
    const lanes = new Set<string>();
    for (const item of this.#items.value) {
      const lane = laneOf(item);
      if (item.state === "failed" || item.state === "sent" || lanes.has(lane)) continue;
      lanes.add(lane);
      if (item.state === "queued" && (this.#pauses.get(lane)?.timer ?? null) === null) this.#send(item, lane);
    }
  }

  #send(item: Item, lane: string): void {
    const draft = startIfHomeless(item.draft);
    this.#change(item.client_id, { state: "sending", draft });
    const ask = { ...draft, client_id: item.client_id } as OutboxAsk;
    this.#options.send(ask).then(
      (reply) => this.#done(item.client_id, lane, reply),
      (error: unknown) => this.#failed(item.client_id, lane, error),
    );
  }

  #done(clientId: string, lane: string, reply: Sent | ConversationReply): void {
    this.#pauses.delete(lane);
    if ("conversation" in reply) {
      const conversation = reply.conversation.id;
      this.#change(clientId, { state: "sent", stored: { conversation, seq: null, at: reply.at } });
      this.#house(conversation);
      this.#options.started?.(reply);
    } else {
      this.#change(clientId, { state: "sent", stored: { conversation: lane, seq: reply.seq, at: reply.at } });
    }
    this.#pump();
  }

  #failed(clientId: string, lane: string, error: unknown): void {
    const refusal = error instanceof RequestError ? error : RequestError.unavailable(String(error));
    if (refusal.retryable) {
      this.#change(clientId, { state: "queued" });
      if (this.#connected) this.#pause(lane, refusal.retryAfterMs);
    } else {
      this.#pauses.delete(lane);
      this.#change(clientId, { state: "failed", error: refusal.code });
      this.#pump();
    }
  }

  #pause(lane: string, ms: number | null): void {
    const attempt = this.#pauses.get(lane)?.attempt ?? 0;
    const wait = ms ?? backoff(attempt, this.#options.random ?? Math.random);
    const pause: Pause = { attempt: attempt + 1, timer: null };
    pause.timer = this.#clock.setTimeout(() => {
      pause.timer = null;
      this.#pump();
    }, wait);
    this.#pauses.set(lane, pause);
  }

  /** Gives the messages that waited for a conversation the one that now exists. */
  #house(conversation: string): void {
    this.#set(
      this.#items.value.map((item) =>
        item.draft.do === "message.send" && item.draft.conversation === null
          ? { ...item, draft: { ...item.draft, conversation } }
          : item,
      ),
    );
  }

  #change(clientId: string, change: Partial<Item>): void {
    this.#set(this.#items.value.map((item) => (item.client_id === clientId ? { ...item, ...change } : item)));
  }

  #set(items: readonly Item[]): void {
    this.#items.value = items;
    this.#options.store.save(items.filter((item) => item.state !== "sent"));
  }
}

function laneOf(item: Item): string {
  return item.draft.do === "conversation.start" ? "" : (item.draft.conversation ?? "");
}

/** Whatever was to come before it failed: the message starts the conversation itself. */
function startIfHomeless(draft: Draft): Draft {
  if (draft.do !== "message.send" || draft.conversation !== null) return draft;
  return { do: "conversation.start", text: draft.text };
}
