// The logs of all conversations this console has seen: entries and notes, each without gaps.
import { signal } from "@preact/signals";
import type { AgentIdentified, Entry } from "../../widget/client/generated.ts";
import { ConversationLog } from "../../widget/client/log.ts";
import { positionsOf, reachTops } from "../../widget/client/positions.ts";
import type { Positions } from "../../widget/client/session.ts";

export type Range = { after: number } | { before: number };
export type Page = { entries: readonly Entry[]; notes: readonly Entry[] };

export interface Talk {
  entries: ConversationLog;
  notes: ConversationLog;
}

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
    const talk: Talk = {
      entries: new ConversationLog(async (range) => (await this.#history(conversation, range)).entries),
      notes: new ConversationLog(async (range) => (await this.#history(conversation, range)).notes),
    };
    this.#all.value = new Map(this.#all.peek()).set(conversation, talk);
    return talk;
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

  forget(which: (conversation: string) => boolean): void {
    const stay = [...this.#all.peek()].filter(([id]) => !which(id));
    if (stay.length < this.#all.peek().size) this.#all.value = new Map(stay);
  }
}

function byConversation(entries: readonly Entry[]): Map<string, Entry[]> {
  const pages = new Map<string, Entry[]>();
  for (const entry of entries) pages.set(entry.conversation, [...(pages.get(entry.conversation) ?? []), entry]);
  return pages;
}
