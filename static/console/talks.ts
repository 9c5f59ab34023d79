// The logs of all conversations this console has seen: entries and notes, each without gaps.
import { signal } from "@preact/signals";
import type { AgentIdentified, Entry, History } from "../../widget/client/generated.ts";
import { ConversationLog, type Fetch } from "../../widget/client/log.ts";
import { positionsOf, reachTops } from "../../widget/client/positions.ts";
import type { Positions } from "../../widget/client/session.ts";

export type Range = Pick<History, "after" | "before" | "notes_after" | "notes_before">;
export type Page = { entries: readonly Entry[]; notes: readonly Entry[] };

export interface Talk {
  entries: ConversationLog;
  notes: ConversationLog;
}

/** Above every number: asks for nothing of that log. */
const NOTHING = Number.MAX_SAFE_INTEGER;

export class Talks {
  readonly #history: (conversation: string, range: Range) => Promise<Page>;
  readonly #all = signal<ReadonlyMap<string, Talk>>(new Map());

  constructor(history: (conversation: string, range: Range) => Promise<Page>) {
    this.#history = history;
  }

  /** The entries as far as known; reading them subscribes. */
  entries(conversation: string): readonly Entry[] {
    return this.#all.value.get(conversation)?.entries.entries.value ?? [];
  }

  find(conversation: string): Talk | undefined {
    return this.#all.value.get(conversation);
  }

  /** The conversation's logs, made on first mention. */
  of(conversation: string): Talk {
    const known = this.#all.peek().get(conversation);
    if (known !== undefined) return known;
    const entries: Fetch = async (range) => (await this.#history(conversation, { ...range, notes_after: NOTHING })).entries;
    const notes: Fetch = async (range) => (await this.#history(conversation, { ...ofNotes(range), after: NOTHING })).notes;
    const talk: Talk = { entries: new ConversationLog(entries), notes: new ConversationLog(notes) };
    this.#all.value = new Map(this.#all.peek()).set(conversation, talk);
    return talk;
  }

  /** One page further back, and the notes of that time. */
  async older(conversation: string): Promise<void> {
    const { entries, notes } = this.of(conversation);
    await entries.older();
    while (!reachesBackTo(notes, entries) && (await notes.older()));
  }

  positions(): Positions {
    return positionsOf(this.#all.peek());
  }

  /** A fresh snapshot: what was missed goes in, what is no longer ours goes away. Gaps fill themselves. */
  identified(reply: AgentIdentified): void {
    if (reply.reset) this.#all.value = new Map();
    this.forget((id) => reply.dropped.includes(id));
    for (const [id, page] of byConversation(reply.missed)) this.of(id).entries.load(page);
    for (const [id, page] of byConversation(reply.missed_notes)) this.of(id).notes.load(page);
    for (const { id, top } of reply.snapshot.conversations) {
      this.of(id).entries.reach(top.entries);
      this.of(id).notes.reach(top.notes ?? 0);
    }
  }

  /** Tops that a ping brought back: finds a lost last entry. */
  tops(positions: Positions): void {
    reachTops(this.#all.peek(), positions);
  }

  /** Nothing that was said in these conversations is to be seen any more. */
  erase(conversations: readonly string[]): void {
    for (const id of conversations) {
      const talk = this.#all.peek().get(id);
      talk?.entries.erase();
      talk?.notes.erase();
    }
  }

  forget(which: (conversation: string) => boolean): void {
    const stay = [...this.#all.peek()].filter(([id]) => !which(id));
    if (stay.length < this.#all.peek().size) this.#all.value = new Map(stay);
  }
}

function ofNotes(range: Parameters<Fetch>[0]): Range {
  return "after" in range ? { notes_after: range.after } : { notes_before: range.before };
}

/** Whether no note is missing among the entries we have: they are shown in one time. */
export function reachesBackTo(notes: ConversationLog, entries: ConversationLog): boolean {
  if (notes.complete) return true;
  const [note, entry] = [notes.entries.value[0], entries.entries.value[0]];
  return !entries.complete && note !== undefined && entry !== undefined && note.at <= entry.at;
}

function byConversation(entries: readonly Entry[]): Map<string, Entry[]> {
  const pages = new Map<string, Entry[]>();
  for (const entry of entries) pages.set(entry.conversation, [...(pages.get(entry.conversation) ?? []), entry]);
  return pages;
}
