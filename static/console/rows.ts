// The log as rows: entries and notes in one time, what is still on its way at the end, days between.
import type { Entry } from "../../widget/client/generated.ts";
import { whyLeft } from "./bots.ts";

/** A message or note that the server has not confirmed. */
export interface Outgoing {
  clientId: string;
  text: string;
  note: boolean;
  state: "sending" | "failed";
  lost: boolean;
  /** Why it failed, for people: a sentence after "Not sent." or, of what was lost again, the whole. */
  why: string;
}

export type Row =
  | { is: "day"; key: string; at: string }
  | { is: "said"; key: string; entry: Entry; mine: boolean; first: boolean; last: boolean }
  | { is: "note"; key: string; entry: Entry; mine: boolean }
  | { is: "event"; key: string; entry: Entry }
  | { is: "outgoing"; key: string; outgoing: Outgoing };

/** Messages of one person closer than this stand together. */
const TOGETHER_MS = 120_000;

/** All rows. Entries keep their own order; a note goes before the first entry that is younger. */
export function rows(entries: readonly Entry[], notes: readonly Entry[], outgoing: readonly Outgoing[], me: string): Row[] {
  const known = new Set([...entries, ...notes].flatMap((one) => one.client_id ?? []));
  const merged = withDays(merge(entries, notes, me));
  const waiting = outgoing.filter((one) => !known.has(one.clientId));
  return grouped(merged).concat(waiting.map((one) => ({ is: "outgoing", key: `o-${one.clientId}`, outgoing: one })));
}

function merge(entries: readonly Entry[], notes: readonly Entry[], me: string): Row[] {
  const merged: Row[] = [];
  let next = 0;
  for (const entry of entries) {
    for (let note = notes[next]; note !== undefined && note.at < entry.at; note = notes[++next]) merged.push(noted(note, me));
    merged.push(told(entry, me));
  }
  return merged.concat(notes.slice(next).map((note) => noted(note, me)));
}

function noted(entry: Entry, me: string): Row {
  return { is: "note", key: `n-${entry.seq}`, entry, mine: entry.from.id === me };
}

function told(entry: Entry, me: string): Row {
  const key = `e-${entry.seq}`;
  if (entry.kind !== "message" && entry.kind !== "file") return { is: "event", key, entry };
  return { is: "said", key, entry, mine: entry.from.id === me, first: true, last: true };
}

/** A line where a day begins; a talk of today alone needs none. */
function withDays(all: readonly Row[]): Row[] {
  let day = new Date().toDateString();
  return all.flatMap((row): Row[] => {
    if (!("entry" in row)) return [row];
    const its = new Date(row.entry.at).toDateString();
    if (its === day) return [row];
    day = its;
    return [{ is: "day", key: `d-${its}`, at: row.entry.at }, row];
  });
}

function grouped(all: readonly Row[]): Row[] {
  return all.map((row, i) => {
    if (row.is !== "said") return row;
    return { ...row, first: !together(all[i - 1], row), last: !together(row, all[i + 1]) };
  });
}

function together(one: Row | undefined, other: Row | undefined): boolean {
  if (one?.is !== "said" || other?.is !== "said") return false;
  return one.entry.from.id === other.entry.from.id && Date.parse(other.entry.at) - Date.parse(one.entry.at) < TOGETHER_MS;
}

/** What happened, in a few quiet words. */
export function eventText(entry: Entry, me: string): string {
  const who = entry.from.id === me ? "You" : entry.from.name || ROLE[entry.from.role];
  switch (entry.kind) {
    case "joined":
      return entry.from.role === "bot" ? `${who} answers, automated` : `${who} joined`;
    case "left":
      return entry.from.role === "bot" ? `${who} handed over${leftBecause(entry.reason)}` : `${who} left${because(entry.reason)}`;
    case "transferred":
      return `${entry.from.role === "system" ? "Passed on" : `${who} transferred`} to ${entry.to?.id === me ? "you" : (entry.to?.name ?? "somebody else")}`;
    case "closed":
      return entry.from.role === "system" ? `Closed${because(entry.reason)}` : `${who} closed the conversation`;
    default:
      return entry.text;
  }
}

const ROLE = { visitor: "The visitor", agent: "A colleague", bot: "The bot", system: "Frontdesk" } as const;

function leftBecause(reason: string | undefined): string {
  const why = whyLeft(reason);
  return why === "" || reason === "handoff" ? "" : `: ${why}`;
}

function because(reason: string | undefined): string {
  return reason === undefined || reason === "" ? "" : `: ${REASON[reason] ?? reason.replaceAll("_", " ")}`;
}

const REASON: Readonly<Record<string, string>> = {
  idle: "it had been quiet for a while",
  abandoned: "the visitor left before anyone answered",
  agent_gone: "the connection was lost",
};
