// The desk of one agent in one tab: the session's events go in, signals for the pages and deeds of the agent come out.
import { batch, computed, signal, type ReadonlySignal } from "@preact/signals";
import type { ServerEvent } from "../../widget/client/frames.ts";
import type { AcceptedReply, Agent, AgentIdentified, AgentReply, Conversation, Entry, Named, Offer, Sent, TransferTo } from "../../widget/client/generated.ts";
import { lostOf } from "../../widget/client/lost.ts";
import { Outbox, type Item, type OutboxAsk } from "../../widget/client/outbox.ts";
import type { OutboxStore } from "../../widget/client/outbox-store.ts";
import { RequestError } from "../../widget/client/request-error.ts";
import { Session, type SessionOptions, type SessionState } from "../../widget/client/session.ts";
import { serverNow, setClock } from "../ui/clock.ts";
import { nameOf, sections, type Sections } from "./attention.ts";
import { inWords, persist, type Line } from "./deeds.ts";
import { afterLoss, applyLossy, NOTHING, readUpTo, stoppedTyping, type Lossy } from "./lossy.ts";
import type { Outgoing } from "./rows.ts";
import { apply, held, opened, withConversation, type State } from "./state.ts";
import { Talks } from "./talks.ts";
import { Watching } from "./watching.ts";

type AgentSession = Session<{ token: string }, AgentIdentified>;
export type Wiring = Pick<SessionOptions<{ token: string }, AgentIdentified>, "url" | "identify" | "WebSocket" | "clock" | "random" | "wake">;

/** What the pages want to hear about as it happens: sounds, announcements. */
export interface Heard {
  offer?(offer: Offer): void;
  message?(entry: Entry): void;
  /** Frontdesk told the team something, e.g. that a colleague did not take what was handed over. */
  notice?(note: Entry): void;
}

const OPEN_WITHIN_MS = 30_000;
/** Whether somebody of this status may take a conversation by hand. */
export function takes(status: Agent["status"]): boolean {
  return status === "available" || status === "busy";
}

/** The reason the server gives when misses, not the agent, chose the status. */
export const MISSED = "missed offers";
const LOST = "It had arrived, but Frontdesk was restored from a backup without it.";
const RESTORED = "Frontdesk was restored from a backup. What was said and done since then is gone.";

export class Desk {
  readonly talks: Talks;
  readonly outbox: Outbox;
  readonly watching: Watching;
  readonly heard: Heard = {};
  readonly state = signal<State | null>(null);
  readonly lossy = signal<Lossy>(NOTHING);
  readonly selected = signal<string | null>(null);
  /** One line for the agent: what did not work, what went away. */
  readonly said = signal<{ text: string; at: number } | null>(null);
  /** Offers and conversations with a deed on its way: their buttons rest. */
  readonly busy = signal<ReadonlySet<string>>(new Set());
  /** The selected conversation after it left our hands: still readable. */
  readonly past = signal<Conversation | null>(null);
  readonly #session: AgentSession;
  #epoch: string | null = null;
  /** The status this tab asked for last: another one came from somewhere else. */
  #asked = "";

  readonly mine: ReadonlySignal<Conversation[]> = computed(() => (this.state.value === null ? [] : held(this.state.value)));
  readonly offers: ReadonlySignal<readonly Offer[]> = computed(() => (this.state.value?.offers ?? []).filter((offer) => !offer.auto));
  readonly sections: ReadonlySignal<Sections> = computed(() => {
    const state = this.state.value;
    if (state === null) return { me: [], them: [], wrapUp: [] };
    return sections(state.agent, this.mine.value, (id) => this.talks.entries(id), (id) => this.lossy.value.mine[id] ?? 0);
  });

  /** What one looks at: one's own, somebody else's, or one that was one's own a moment ago. */
  readonly shown: ReadonlySignal<Conversation | null> = computed(() => {
    const id = this.selected.value;
    const found = this.mine.value.find((one) => one.id === id);
    if (found !== undefined) return found;
    return [this.watching.seen.value, this.past.value].find((one) => one !== null && one.id === id) ?? null;
  });

  constructor(wiring: Wiring, store: OutboxStore<Item>) {
    this.#session = new Session({
      ...wiring,
      positions: () => this.talks.positions(),
      identified: (reply) => this.#identified(reply),
      event: (event) => batch(() => this.#event(event)),
      tops: (positions) => this.talks.tops(positions),
    });
    this.talks = new Talks((conversation, range) => this.#session.request({ do: "history", conversation, limit: 100, ...range }));
    this.outbox = new Outbox({ store, send: (ask) => this.#send(ask) });
    this.watching = new Watching({ ask: (frame) => this.#session.request(frame as never) as Promise<AcceptedReply> });
    this.connection.subscribe(({ name }) => {
      if (name === "open") return;
      this.outbox.close();
      this.lossy.value = afterLoss(this.lossy.peek());
    });
  }

  get connection(): ReadonlySignal<SessionState> {
    return this.#session.state;
  }

  get textLimit(): number {
    return this.#session.limits.value?.text_chars ?? 8000;
  }

  start(): void {
    void this.outbox.start();
    this.#session.start();
  }

  stop(): void {
    this.#session.stop();
    this.outbox.stop();
  }

  // What came in

  #identified(reply: AgentIdentified): void {
    const restored = this.#epoch !== null && reply.epoch !== this.#epoch;
    const lost = restored ? this.#lost(reply) : { entries: [], notes: [] };
    this.#epoch = reply.epoch;
    batch(() => {
      setClock(reply.now);
      this.state.value = opened(reply);
      this.lossy.value = afterLoss(this.lossy.value);
      this.talks.identified(reply);
      for (const entry of [...reply.missed, ...reply.missed_notes]) this.#settled(entry);
      for (const offer of reply.snapshot.offers) this.#rang(offer);
      for (const { id } of reply.snapshot.conversations) this.#tellRead(id);
      this.#reselect(null);
    });
    const { value: watched } = this.watching.seen;
    // Also of one that is over: of others' conversations nothing comes with the snapshot.
    if (watched !== null) void this.watch(watched.id);
    if (restored) {
      this.outbox.lose(lost.entries, false);
      this.outbox.lose(lost.notes, true);
      this.say(RESTORED);
    }
    this.outbox.open();
  }

  /** What we wrote into conversations that are still ours, and what the history that came has no more. */
  #lost(reply: AgentIdentified): { entries: Entry[]; notes: Entry[] } {
    const mine = (entry: Entry): boolean => entry.from.id === reply.me.id;
    const of = (id: string, page: readonly Entry[]): Entry[] => page.filter((entry) => entry.conversation === id);
    const still = reply.snapshot.conversations.map(({ id }) => ({ id, talk: this.talks.find(id) }));
    return {
      entries: still.flatMap(({ id, talk }) => lostOf(talk?.entries.entries.peek() ?? [], of(id, reply.missed), mine)),
      notes: still.flatMap(({ id, talk }) => lostOf(talk?.notes.entries.peek() ?? [], of(id, reply.missed_notes), mine)),
    };
  }

  #event(event: ServerEvent): void {
    const before = this.state.value;
    if (before === null || event.on === "site") return;
    if (event.on === "typing" || event.on === "read" || event.on === "presence") {
      this.lossy.value = applyLossy(this.lossy.value, event, before.agent.id, serverNow());
      // A page that has just come knows no marks.
      if (event.on === "presence" && event.here && event.from.role === "visitor") this.#tellRead(event.conversation);
      return;
    }
    if (event.on === "erased") {
      this.talks.erase(event.conversations);
      return;
    }
    const after = apply(before, event);
    this.state.value = after;
    if (event.on === "offer.ended" && event.why === "missed") this.#missed(before.offers.find(({ offer }) => offer === event.offer));
    if (event.on === "conversation") this.#moved(before, event.conversation);
    if (event.on === "agent") this.#became(before.agent, event.agent);
    if (event.on === "entry" || event.on === "note") this.#entry(event);
    if (after === before) return;
    if (event.on === "offer") this.#rang(event);
    this.#reselect(before);
  }

  #entry(event: Extract<ServerEvent, { on: "entry" | "note" }>): void {
    const talk = this.talks.of(event.conversation);
    const log = event.on === "entry" ? talk.entries : talk.notes;
    const news = log.apply(event) !== "known";
    this.#settled(event);
    this.lossy.value = stoppedTyping(this.lossy.value, event.conversation);
    if (news && event.on === "entry" && event.kind === "closed") this.#closed(event);
    const watched = this.watching.is(event.conversation);
    if (news && !watched && event.on === "entry" && event.kind === "message" && event.from.role === "visitor") this.heard.message?.(event);
    if (news && event.on === "note" && event.kind === "notice") this.#noticed(event);
    if (news && event.on === "note" && event.kind === "whisper") this.#whispered(event);
  }

  /** A conversation is as it is told now: somebody else may have taken it, its visitor may have said what they thought. */
  #moved(before: State, now: Conversation): void {
    this.watching.changed(now);
    const [me, was] = [before.agent.id, before.conversations[now.id]];
    if (this.watching.is(now.id) || this.selected.value === now.id) return;
    const taken = was?.agent?.id === me && now.agent !== null && now.agent.id !== me && was.transfer?.to.id !== now.agent.id;
    if (taken && now.state === "active") this.say(`${now.agent?.name} took over the conversation with ${nameOf(now.visitor)}.`);
    if (now.agent?.id === me && now.rating && now.rating.score !== was?.rating?.score) {
      this.say(`${nameOf(now.visitor)} rated the conversation ${now.rating.score} of 5.`);
    }
  }

  /** A status that was not chosen here: by a supervisor, or in another tab. Missed offers have a line of their own. */
  #became(was: Agent, now: Agent): void {
    const is = statusOf(now);
    if (is === statusOf(was) || is === this.#asked || now.reason === MISSED) return;
    this.say(`Your status is ${now.status}${now.reason === "" ? "" : ` (${now.reason})`} now. It was not set here.`);
  }

  /** A card that just goes away would leave one wondering. */
  #missed(offer: Offer | undefined): void {
    if (offer === undefined) return;
    const keeps = offer.transfer_from === null ? "They keep their place in line." : `${offer.transfer_from.name} keeps the conversation.`;
    this.say(`You missed ${nameOf(offer.conversation.visitor)}. ${keeps}`);
  }

  #whispered(note: Entry): void {
    const conversation = this.mine.value.find((one) => one.id === note.conversation);
    if (conversation === undefined || note.from.id === this.state.value?.agent.id) return;
    if (this.selected.value !== conversation.id) this.say(`${note.from.name} whispers about ${nameOf(conversation.visitor)}: ${note.text}`);
    else this.heard.notice?.(note);
  }

  /** What is told about a conversation one is not looking at would go unread. */
  #noticed(note: Entry): void {
    const conversation = this.mine.value.find((one) => one.id === note.conversation);
    if (conversation === undefined) return;
    if (this.selected.value !== conversation.id) this.say(`${nameOf(conversation.visitor)}: ${note.text}`);
    else this.heard.notice?.(note);
  }

  /** Without wrap-up a closed conversation leaves the list at once: that is said unless one is looking at it. */
  #closed(entry: Entry): void {
    const conversation = this.mine.value.find((one) => one.id === entry.conversation);
    if (conversation === undefined || this.selected.value === conversation.id || entry.from.id === this.state.value?.agent.id) return;
    this.say(`The conversation with ${nameOf(conversation.visitor)} was closed${entry.from.role === "visitor" ? " by the visitor" : ""}.`);
  }

  /** Our own words have come back numbered: the outbox may let go of them. */
  #settled(entry: Entry): void {
    if (entry.client_id !== undefined && entry.from.id === this.state.value?.agent.id) this.outbox.settle(entry.client_id);
  }

  /** Confirms at once that it rings here: without that the server passes it on. */
  #rang(offer: Offer): void {
    this.#session.tell({ do: "offer.seen", offer: offer.offer });
    this.heard.offer?.(offer);
  }

  /** Keeps the eyes on what they were on; when it left our hands it stays readable until another is chosen. */
  #reselect(before: State | null): void {
    const id = this.selected.value;
    if (id === null) return;
    const stays = this.mine.value.some((conversation) => conversation.id === id);
    if (this.watching.is(id)) {
      if (stays) this.watching.end();
      return;
    }
    if (stays) this.past.value = null;
    else this.past.value = this.state.value?.conversations[id] ?? before?.conversations[id] ?? this.past.value;
    if (!stays && this.past.value === null) this.selected.value = null;
  }

  // What the agent does

  select(conversation: string | null): void {
    batch(() => {
      if (!this.watching.is(conversation)) this.#lookAway();
      this.selected.value = conversation;
      this.past.value = null;
    });
  }

  accept(offer: Offer): Promise<void> {
    return this.#deed(offer.offer, async () => {
      const reply = await this.#persist<AcceptedReply>({ do: "offer.accept", offer: offer.offer });
      this.#took(reply);
    }, { conflict: "You have no free slot for it." });
  }

  decline(offer: Offer): Promise<void> {
    return this.#deed(offer.offer, async () => void (await this.#persist({ do: "offer.decline", offer: offer.offer })));
  }

  pick(conversation: string): Promise<void> {
    return this.#deed(conversation, async () => this.#took(await this.#persist<AcceptedReply>({ do: "conversation.pick", conversation })), {
      conflict: "You cannot take it just now: it needs a free slot, and you available or busy.",
    });
  }

  setStatus(status: Agent["status"], reason = ""): Promise<void> {
    this.#asked = statusOf({ status, reason });
    return this.#deed("status", async () => {
      await this.#persist<AgentReply>({ do: "status.set", status, reason });
    });
  }

  close(conversation: string, outcome: string, tags: string[]): Promise<void> {
    const more = { ...(outcome === "" ? {} : { outcome }), ...(tags.length === 0 ? {} : { tags }) };
    return this.#deed(conversation, async () => void (await this.#persist({ do: "conversation.close", conversation, ...more })));
  }

  endWrapUp(conversation: string, outcome: string): Promise<void> {
    const more = outcome === "" ? {} : { outcome };
    return this.#deed(conversation, async () => void (await this.#persist({ do: "wrap_up.end", conversation, ...more })));
  }

  transfer(conversation: string, to: TransferTo, target: Pick<Named, "name">, note: string): Promise<void> {
    const more = note === "" ? {} : { note };
    return this.#deed(conversation, async () => void (await this.#persist({ do: "conversation.transfer", conversation, to, ...more })), {
      conflict: `${target.name} cannot take it just now.`,
    });
  }

  // What a supervisor does with others' conversations

  /** Looks on, and no more at what one looked at before; one's own is just chosen. */
  watch(conversation: string): Promise<void> {
    if (this.mine.value.some((one) => one.id === conversation)) {
      this.select(conversation);
      return Promise.resolve();
    }
    return this.#deed(conversation, async () => {
      const reply = await this.watching.begin(conversation).catch((error: unknown) => {
        // What one looked on at before the connection was lost is not live any more: it must not look so.
        if (this.watching.is(conversation)) this.past.value = this.watching.seen.value;
        if (this.watching.is(conversation)) this.watching.seen.value = null;
        throw error;
      });
      batch(() => {
        if (!this.watching.is(conversation)) this.#lookAway();
        this.#loaded(reply);
        this.watching.seen.value = reply.conversation;
        this.select(conversation);
      });
    });
  }

  #lookAway(): void {
    const left = this.watching.end();
    if (left !== null) this.talks.forget((id) => id === left);
  }

  /** Whoever is not at work yet becomes busy first: it is theirs to answer then. */
  async takeOver(conversation: string): Promise<void> {
    if (!takes(this.state.value?.agent.status ?? "busy")) await this.setStatus("busy");
    await this.#deed(conversation, async () => this.#took(await this.#persist<AcceptedReply>({ do: "conversation.take_over", conversation })), {
      conflict: "You cannot take it over just now: it needs a free slot, and you available or busy.",
    });
  }

  /** True when the agent has been told. */
  async whisper(conversation: string, text: string): Promise<boolean> {
    let told = false;
    await this.#deed(`whisper ${conversation}`, async () => {
      await this.#persist<Sent>({ do: "whisper", conversation, text });
      told = true;
    }, { conflict: "Nobody has it just now who could hear you." });
    return told;
  }

  setStatusOf(colleague: Pick<Named, "id" | "name">, status: Agent["status"]): Promise<void> {
    return this.#deed(`status ${colleague.id}`, async () => {
      await this.#persist<AgentReply>({ do: "agent.set_status", agent: colleague.id, status });
      this.say(`${colleague.name} is ${status} now.`);
    });
  }

  /** Sends text now or as soon as there is a connection; false when too much is waiting already. */
  write(conversation: string, text: string, note: boolean): boolean {
    const id = this.outbox.add({ do: note ? "note.add" : "message.send", conversation, text });
    if (id === null) this.say("Too much is waiting to be sent. Wait a moment.");
    return id !== null;
  }

  typing(conversation: string, active: boolean): void {
    this.#session.tell({ do: "typing", conversation, active });
  }

  read(conversation: string, seq: number): void {
    if ((this.lossy.value.mine[conversation] ?? 0) >= seq || seq === 0) return;
    // Of what is not one's own (any more) there is nothing to say: it would count as reaching for another's.
    if (!this.mine.value.some((one) => one.id === conversation)) return;
    this.lossy.value = readUpTo(this.lossy.value, conversation, seq);
    this.#tellRead(conversation);
  }

  /** Marks may get lost on their way, so the last one is told again when it may not be known. */
  #tellRead(conversation: string): void {
    const seq = this.lossy.value.mine[conversation] ?? 0;
    if (seq > 0) this.#session.tell({ do: "read", conversation, seq });
  }

  say(text: string): void {
    this.said.value = { text, at: Date.now() };
  }

  /** What was written there and is not in the log yet. */
  outgoing(conversation: string): Outgoing[] {
    return this.outbox.items.value.flatMap(({ client_id, draft, state, error }): Outgoing[] => {
      if (draft.do === "conversation.start" || draft.conversation !== conversation) return [];
      const lost = error === "lost";
      const why = lost ? LOST : error === null ? "" : inWords(new RequestError({ code: error, message: "" }));
      return [{ clientId: client_id, text: draft.text, note: draft.do === "note.add", state: state === "failed" ? "failed" : "sending", lost, why }];
    });
  }

  // How it is asked

  #loaded(reply: AcceptedReply): void {
    const talk = this.talks.of(reply.conversation.id);
    talk.entries.load(reply.entries);
    talk.notes.load(reply.notes);
  }

  #took(reply: AcceptedReply): void {
    batch(() => {
      this.#loaded(reply);
      // Only ahead of its event: a resent deed is answered with what was true the first time.
      if (this.state.value !== null && !(reply.conversation.id in this.state.value.conversations)) {
        this.state.value = withConversation(this.state.value, reply.conversation);
      }
      this.select(reply.conversation.id);
    });
  }

  #send(ask: OutboxAsk): Promise<Sent> {
    return this.#session.request(ask as never) as Promise<Sent>;
  }

  async #deed(name: string, run: () => Promise<void>, words: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.busy.value.has(name)) return;
    this.busy.value = new Set([...this.busy.value, name]);
    try {
      await run();
    } catch (error) {
      this.say(inWords(error, words));
    } finally {
      this.busy.value = new Set([...this.busy.value].filter((one) => one !== name));
    }
  }

  #persist<T>(ask: object): Promise<T> {
    const line: Line = {
      open: () => this.#opened(),
      send: <R>(frame: object) => this.#session.request(frame as never) as Promise<R>,
      sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
    };
    return persist<T>(line, ask);
  }

  #opened(): Promise<void> {
    return new Promise((done, failed) => {
      let off: (() => void) | undefined;
      const timer = setTimeout(() => {
        off?.();
        failed(RequestError.unavailable("not connected"));
      }, OPEN_WITHIN_MS);
      let settled = false;
      off = this.connection.subscribe(({ name }) => {
        if (name !== "open" || settled) return;
        settled = true;
        clearTimeout(timer);
        queueMicrotask(() => off?.());
        done();
      });
    });
  }
}

function statusOf({ status, reason }: Pick<Agent, "status" | "reason">): string {
  return `${status}/${reason}`;
}
