// What supervisors see of the others: who has which conversation just now. Asked for again whenever somebody's slots or a
// line change, and now and then all the same: a message may change nothing that is told.
import { effect, signal } from "@preact/signals";
import type { Colleague, Conversation, Named } from "../../widget/client/generated.ts";
import type { Desk } from "./desk.ts";

/** An open conversation as the list has it: who answers, not what was said. */
export interface Running {
  id: string;
  state: Conversation["state"];
  department: Named;
  agent: Named | null;
  bot: Named | null;
  /** Their name, empty when they gave none. */
  visitor: string;
  visitor_id: string;
  started_at: string;
}

export type Fetched = () => Promise<readonly Running[]>;

const SOON_MS = 400;
const EVERY_MS = 15_000;

export class Team {
  /** Null until it has been heard of. */
  readonly running = signal<readonly Running[] | null>(null);
  /** The last time we asked, there was no answer. */
  readonly failed = signal(false);
  readonly #fetch: Fetched;
  #asks = 0;

  constructor(fetch: Fetched) {
    this.#fetch = fetch;
  }

  /** Keeps up with the desk until the returned function is called. */
  follow(desk: Desk): () => void {
    let soon: ReturnType<typeof setTimeout> | undefined;
    const ask = (): void => {
      clearTimeout(soon);
      soon = setTimeout(() => void this.ask(), SOON_MS);
    };
    const stop = effect(() => {
      const state = desk.state.value;
      void state?.agents;
      void state?.departments;
      void state?.agent;
      if (state !== null && desk.connection.value.name === "open") ask();
    });
    const timer = setInterval(() => {
      if (document.visibilityState === "visible" && desk.connection.peek().name === "open") void this.ask();
    }, EVERY_MS);
    return () => {
      stop();
      clearTimeout(soon);
      clearInterval(timer);
    };
  }

  /** The newest answer counts, whichever comes last. */
  async ask(): Promise<void> {
    const mine = ++this.#asks;
    try {
      const found = await this.#fetch();
      if (mine !== this.#asks) return;
      this.running.value = found;
      this.failed.value = false;
    } catch {
      if (mine === this.#asks) this.failed.value = true;
    }
  }
}

export interface Member {
  colleague: Colleague;
  running: readonly Running[];
}

export interface Seen {
  members: readonly Member[];
  /** Nobody to be seen: neither there nor with a conversation. */
  gone: readonly Colleague[];
  bots: readonly { bot: Named; running: readonly Running[] }[];
}

/** Who has what: those with most on their hands first, then those who are there. */
export function seen(agents: readonly Colleague[], running: readonly Running[], me: string): Seen {
  const members = agents
    .filter((one) => one.id !== me)
    .map((colleague) => ({ colleague, running: running.filter((one) => one.agent?.id === colleague.id && one.state === "active") }));
  const there = ({ colleague, running: its }: Member): boolean => its.length > 0 || colleague.status !== "offline";
  return {
    members: members.filter(there).sort((a, b) => b.running.length - a.running.length || a.colleague.name.localeCompare(b.colleague.name)),
    gone: members.filter((one) => !there(one)).map((one) => one.colleague),
    bots: byBot(running),
  };
}

function byBot(running: readonly Running[]): { bot: Named; running: Running[] }[] {
  const bots = new Map<string, { bot: Named; running: Running[] }>();
  for (const one of running) {
    if (one.bot === null) continue;
    const known = bots.get(one.bot.id) ?? { bot: one.bot, running: [] };
    bots.set(one.bot.id, { ...known, running: [...known.running, one] });
  }
  return [...bots.values()].sort((a, b) => a.bot.name.localeCompare(b.bot.name));
}
