import { batch, computed, effect, signal, untracked, type ReadonlySignal } from "@preact/signals";
import { newClientId } from "../client/client-id.ts";
import { browserClock, type Clock } from "../client/clock.ts";
import type { VisitorEvent } from "../client/frames.ts";
import type { ConversationReply, Entry, HandoffReply, IdentifyVisitor, Page, VisitorIdentified } from "../client/generated.ts";
import { Expiring } from "../client/expiring.ts";
import { ConversationLog } from "../client/log.ts";
import { lostOf } from "../client/lost.ts";
import { Outbox, type Draft, type Item } from "../client/outbox.ts";
import type { OutboxStore } from "../client/outbox-store.ts";
import { positionsOf, reachTops, type Logs } from "../client/positions.ts";
import { Session, type SessionOptions } from "../client/session.ts";
import { TypingIn, TypingOut } from "../client/typing.ts";
import { draftOf, type Choice } from "./draft.ts";
import type { Record } from "./record.ts";
import { keyOf, type Growing } from "./rows.ts";
import { adopt, apply, identified, isOpen, nothing, type State } from "./state.ts";

type Fields = Omit<IdentifyVisitor, "do" | "id" | "protocol" | "resume">;

export interface VisitOptions
  extends Pick<SessionOptions<Fields, VisitorIdentified>, "WebSocket" | "clock" | "random" | "wake"> {
  site: string;
  url: string;
  record: Record;
  store: OutboxStore<Item>;
  language: string;
  timezone: string;
  page(): Page;
  /** A token by which the site vouches for who the visitor is, or nothing. Asked for at each attempt to connect. */
  identity?: () => Promise<string | null | undefined>;
  /** A ticket of the settings page: this is a try-out of a bot, of which nothing is kept. */
  trial?: string;
  /** Somebody else wrote or joined, and it was not there before. */
  news?(entry: Entry): void;
  newId?: () => string;
}

/** A bot at work, or in the middle of a message, may be silent for so long; then it is taken for gone. */
export const WORK_MS = 120_000;

/** What a visitor thought of a conversation, from 1 to 5. */
export interface Rating {
  conversation: string;
  score: number;
  comment: string;
}

/** A visitor's stay: the session, the conversation, what was said and what is still to be sent. */
export class Visit {
  readonly session: Session<Fields, VisitorIdentified>;
  readonly outbox: Outbox;
  readonly typing: TypingIn;
  /** A bot's messages that are not finished. */
  readonly growing: Expiring<Growing>;
  readonly choice = signal<Choice>({ department: null, form: {} });
  /** The server's history is from a backup: what was said last may not be in it. */
  readonly restored = signal(false);
  /** The last answer that was taken; of this page, as the server does not tell it again. */
  readonly rating = signal<Rating | null>(null);
  readonly #options: VisitOptions;
  readonly #clock: Clock;
  readonly #record: Record;
  readonly #state = signal<State>(nothing);
  readonly #log = signal<ConversationLog | null>(null);
  readonly #seen = signal(0);
  readonly #mute = signal(false);
  #logOf: string | null = null;
  #epoch: string | null = null;
  #came = "";
  #signed = false;
  #dismissed: string | null = null;
  #told = 0;
  #leaving = { content: "", id: "" };
  #quiet = false;
  #knownTo = 0;
  #typingOut: TypingOut | null = null;
  readonly #watches: Array<() => void> = [];

  readonly entries: ReadonlySignal<readonly Entry[]> = computed(() => this.#log.value?.entries.value ?? []);
  readonly behind: ReadonlySignal<boolean> = computed(() => this.#log.value?.behind.value ?? false);
  readonly unread: ReadonlySignal<number> = computed(
    () => this.entries.value.filter((entry) => entry.seq > this.#seen.value && isNews(entry)).length,
  );

  constructor(options: VisitOptions) {
    this.#options = options;
    this.#clock = options.clock ?? browserClock;
    this.#record = options.record;
    this.#mute.value = options.record.value.mute;
    this.typing = new TypingIn(this.#clock);
    this.growing = new Expiring(this.#clock);
    this.session = new Session<Fields, VisitorIdentified>({
      ...options,
      identify: () => this.#fields(),
      positions: () => positionsOf(this.#logs()),
      identified: (reply) => this.#identified(reply),
      event: (event) => this.#heard(event),
      tops: (tops) => reachTops(this.#logs(), tops),
    });
    this.outbox = new Outbox({
      ...options,
      send: (ask) => this.session.request(ask),
      started: (reply) => this.#started(reply),
    });
    this.#watch(() => {
      const entries = this.entries.value;
      untracked(() => this.#noticed(entries));
    });
    this.#watch(() => {
      if (this.session.state.value.name !== "open") untracked(() => this.#disconnected());
    });
    this.#watch(() => {
      const unsent = this.outbox.items.value.some((item) => item.state === "queued" || item.state === "sending");
      const { v, conversation } = this.#state.value;
      if (unsent || v > 0) this.#record.change({ open: unsent || isOpen(conversation) });
    });
  }

  /** Whether this is a try-out of a bot. */
  get trial(): boolean {
    return this.#options.trial !== undefined;
  }

  get state(): ReadonlySignal<State> {
    return this.#state;
  }

  get mute(): ReadonlySignal<boolean> {
    return this.#mute;
  }

  start(): void {
    void this.outbox.start();
    this.session.start();
  }

  stop(): void {
    for (const unwatch of this.#watches.splice(0)) unwatch();
    this.outbox.stop();
    this.session.stop();
  }

  /** Queues a message; false when too many are waiting already. */
  say(text: string): boolean {
    const queued = this.outbox.add(this.#draft(text)) !== null;
    if (queued) this.#record.keep({ token: this.#record.value.token });
    this.#typingOut?.sent();
    return queued;
  }

  /** A failed message as a new one at the end; where the conversation is over it begins another. */
  again(clientId: string): void {
    const text = this.outbox.items.value.find((item) => item.client_id === clientId)?.draft.text ?? "";
    if (this.#state.value.conversation?.state === "closed") this.anew();
    this.outbox.again(clientId, this.#draft(text));
  }

  key(text: string): void {
    if (text === "") this.#typingOut?.stop();
    else this.#typingOut?.key();
  }

  /** The visitor sees the end of the log. */
  seen(): void {
    const log = this.#log.value;
    if (log === null || this.#logOf === null || log.last <= this.#seen.peek()) return;
    this.#seen.value = log.last;
    this.#record.change({ seen: { conversation: this.#logOf, seq: log.last } });
    this.#tellRead();
  }

  /**
   * Leaves a message for later, and with it the line. `taken` is called before anything shows it. Rejects when it was
   * not taken; the same again is the same one.
   */
  async leave(text: string, form: { [field: string]: string }, taken?: () => void): Promise<void> {
    const { department } = this.choice.value;
    const ask = { do: "message.leave" as const, text, form, ...(department === null ? {} : { department }) };
    const content = JSON.stringify(ask);
    if (this.#leaving.content !== content) this.#leaving = { content, id: (this.#options.newId ?? newClientId)() };
    const reply = await this.session.request({ ...ask, client_id: this.#leaving.id });
    taken?.();
    this.#record.keep({ token: this.#record.value.token });
    for (const item of this.refused()) this.outbox.discard(item.client_id);
    this.#started(reply);
  }

  /** First messages that nobody took, as the line is full or it is closed: they may be left for later. */
  refused(): Item[] {
    return this.outbox.items.value.filter(({ state, error }) => state === "failed" && (error === "line_full" || error === "outside_hours"));
  }

  async end(): Promise<void> {
    const { conversation } = this.#state.value;
    if (isOpen(conversation)) await this.session.request({ do: "conversation.close", conversation: conversation.id });
  }

  /** Asks for a person instead of the bot. Rejects when it is not known whether that was heard. */
  async human(): Promise<HandoffReply | null> {
    const { conversation } = this.#state.value;
    return conversation?.state === "bot" ? this.session.request({ do: "conversation.human", conversation: conversation.id }) : null;
  }

  /** Says what the conversation was like; the last word counts. Rejects when it was not taken. */
  async rate(conversation: string, score: number, comment: string): Promise<void> {
    await this.session.request({ do: "conversation.rate", conversation, score, ...(comment === "" ? {} : { comment }) });
    this.rating.value = { conversation, score, comment };
  }

  /** Puts a conversation that is over aside and begins with an empty page. */
  anew(): void {
    this.#dismissed = this.#state.value.conversation?.id ?? null;
    batch(() => {
      this.restored.value = false;
      this.#state.value = { ...this.#state.value, conversation: null, readTo: 0, here: null };
      this.#show(null);
    });
  }

  older(): Promise<boolean> {
    return this.#log.value?.older() ?? Promise.resolve(false);
  }

  get complete(): boolean {
    return this.#log.value?.complete ?? true;
  }

  setMute(mute: boolean): void {
    this.#mute.value = mute;
    this.#record.change({ mute });
  }

  /** Another tab of this browser has become somebody else: two tabs are one visitor. */
  recordChanged(): void {
    const before = this.#record.value.visitor;
    this.#record.read();
    this.#mute.value = this.#record.value.mute;
    const { seen, token, visitor } = this.#record.value;
    if (seen !== null && seen.conversation === this.#logOf) this.#seen.value = Math.max(this.#seen.value, seen.seq);
    if (visitor !== (this.#state.value.me?.id ?? before) && token !== "") this.identify();
  }

  /** Says anew who the visitor is. */
  identify(): void {
    if (this.session.state.value.name === "idle") return;
    this.session.stop();
    this.session.start();
  }

  #watch(run: () => void): void {
    this.#watches.push(effect(run));
  }

  async #fields(): Promise<Fields> {
    this.#record.read();
    const { site, language, timezone, page, identity, trial } = this.#options;
    const { token } = this.#record.value;
    const word = await identity?.();
    this.#came = token;
    this.#signed = !!word;
    return {
      site, language, timezone,
      page: page(),
      ...(token === "" ? {} : { token }),
      ...(word ? { identity: word } : {}),
      ...(trial === undefined ? {} : { trial }),
    };
  }

  #draft(text: string): Draft {
    return draftOf(text, this.#state.value.conversation, this.outbox.items.value, this.choice.value);
  }

  #identified(reply: VisitorIdentified): void {
    const before = this.#state.value.me;
    this.#record.read();
    const known = this.#record.value;
    const was = before?.id ?? known.visitor;
    const restored = this.#epoch !== null && reply.epoch !== this.#epoch && before?.id === reply.me.id;
    const lost = restored ? this.#lost(reply) : [];
    this.#epoch = reply.epoch;
    batch(() => {
      // What still grows comes again, whole, with its next piece.
      this.growing.clear();
      // Somebody else now, as the site says: what the one before wrote must not be sent in this name.
      if (was !== "" && was !== reply.me.id && (this.#signed || known.signed)) this.outbox.erase();
      if (restored && this.#logOf !== null) this.restored.value = true;
      if (reply.reset) {
        this.#record.change({ seen: null });
        this.#show(null);
      }
      // Tokens take turns. What another tab has stored since we asked is newer than what we were given.
      if (known.token === this.#came) this.#record.change({ token: reply.me.token, visitor: reply.me.id, signed: this.#signed });
      const state = identified(this.#state.value, reply);
      const gone = state.conversation?.id === this.#dismissed && state.conversation?.state === "closed";
      this.#state.value = gone ? { ...state, conversation: null } : state;
      const { conversation } = this.#state.value;
      this.#show(conversation?.id ?? null);
      this.#catchUp(conversation?.top.entries ?? 0, reply.missed.filter((entry) => entry.conversation === conversation?.id));
    });
    if (restored) this.outbox.lose(lost, false);
    this.outbox.open();
    this.#told = 0;
    this.#tellRead();
  }

  /** What we were told is stored, and what the history that came has no more. */
  #lost(reply: VisitorIdentified): Entry[] {
    const now = reply.missed.filter((entry) => entry.conversation === this.#logOf);
    return lostOf(this.entries.peek(), now, (entry) => entry.from.role === "visitor");
  }

  #catchUp(top: number, missed: readonly Entry[]): void {
    const log = this.#log.value;
    if (log === null) return;
    this.#quiet = log.last === 0;
    log.load(missed);
    log.reach(top);
    log.retry();
  }

  #started(reply: ConversationReply): void {
    batch(() => {
      this.#state.value = adopt(this.#state.value, reply.conversation);
      this.#show(reply.conversation.id);
    });
  }

  #heard(event: VisitorEvent): void {
    batch(() => {
      const before = this.#state.value.conversation?.state;
      this.#state.value = apply(this.#state.value, event);
      const { conversation } = this.#state.value;
      if (conversation !== null) this.#show(conversation.id);
      if (before === "bot" && conversation?.state !== "bot") this.#quieten();
      if (event.on === "entry") {
        this.typing.end(event.from.id);
        // Of a conversation another tab has just begun: its state follows.
        if (!isOpen(conversation) && event.conversation !== this.#logOf && event.seq === 1) this.#show(event.conversation);
        if (event.conversation === this.#logOf) this.#log.value?.apply(event);
      } else if ("conversation" in event && event.conversation === conversation?.id) this.#happens(event);
    });
  }

  #quieten(): void {
    this.typing.clear();
    this.growing.clear();
  }

  /** What passes: somebody types, a bot is at work or in the middle of a message. */
  #happens(event: VisitorEvent): void {
    if (event.on === "typing" && event.from.role !== "visitor") this.typing.apply({ from: event.from, active: event.active });
    else if (event.on === "thinking") this.typing.apply({ from: event.from, active: event.active, text: event.title ?? "" }, WORK_MS);
    else if (event.on === "stream") {
      const key = keyOf(event.from, event.stream_id);
      this.typing.end(event.from.id);
      if (event.active) this.growing.set(key, { person: event.from, text: event.text }, WORK_MS);
      else this.growing.end(key);
    }
  }

  /** Tells what others' last message is that was seen; again after a reconnect, as read marks may get lost. */
  #tellRead(): void {
    const { conversation } = this.#state.peek();
    const seen = this.#seen.peek();
    const seq = this.entries.peek().findLast((entry) => entry.from.role !== "visitor" && entry.seq <= seen)?.seq ?? 0;
    if (seq <= this.#told || !isOpen(conversation)) return;
    this.#told = seq;
    this.session.tell({ do: "read", conversation: conversation.id, seq });
  }

  /** Makes this the conversation whose entries are shown. */
  #show(conversation: string | null): void {
    if (conversation === this.#logOf) return;
    this.#logOf = conversation;
    this.#knownTo = 0;
    this.#quiet = false;
    this.#quieten();
    const seen = this.#record.value.seen;
    this.#seen.value = seen !== null && seen.conversation === conversation ? seen.seq : 0;
    if (conversation === null) {
      this.#log.value = null;
      this.#typingOut = null;
      return;
    }
    this.#log.value = new ConversationLog(async (range) => {
      const page = await this.session.request({ do: "history", conversation, ...range });
      return page.entries;
    });
    this.#typingOut = new TypingOut(this.#clock, (active) => this.session.tell({ do: "typing", conversation, active }));
  }

  #logs(): Map<string, Logs> {
    const log = this.#log.peek();
    return new Map(log === null || this.#logOf === null ? [] : [[this.#logOf, { entries: log }]]);
  }

  #disconnected(): void {
    this.outbox.close();
    this.typing.clear();
  }

  /** New entries: what we sent is settled, what others sent is news. The first page of a log is not. */
  #noticed(entries: readonly Entry[]): void {
    const fresh = entries.slice(entries.findLastIndex((entry) => entry.seq <= this.#knownTo) + 1);
    if (fresh.length === 0) return;
    const quiet = this.#quiet;
    this.#quiet = false;
    this.#knownTo = entries.at(-1)?.seq ?? this.#knownTo;
    for (const entry of fresh) {
      if (entry.client_id !== undefined) this.growing.end(keyOf(entry.from, entry.client_id));
      if (entry.from.role === "visitor") this.#settle(entry);
      else if (!quiet && (isNews(entry) || isWord(entry))) this.#options.news?.(entry);
    }
  }

  #settle(entry: Entry): void {
    const sent = this.outbox.items.peek();
    const same = (item: Item) => item.state === "sent" && item.stored?.conversation === entry.conversation && item.draft.text === entry.text;
    const id = entry.client_id ?? sent.find(same)?.client_id;
    if (id !== undefined) this.outbox.settle(id);
  }
}

/** What is worth a word besides: that a bot came, and what became of asking for a person. */
function isWord({ kind, notice }: Entry): boolean {
  return kind === "joined" || notice?.startsWith("handoff_") === true;
}

/** What a visitor should not miss: someone wrote, or a person came. */
export function isNews({ kind, from: { role } }: Entry): boolean {
  return role !== "visitor" && (kind === "message" || kind === "file" || (kind === "joined" && role !== "bot"));
}
