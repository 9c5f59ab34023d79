// What a conversation owes to bots: which one had it last, and how it came to people.
import type { Entry, Named } from "../../widget/client/generated.ts";

/** The bot that last answered there; null when none did. Its id is what it is given back by. */
export function lastBot(entries: readonly Entry[]): Pick<Named, "id" | "name"> | null {
  const from = entries.findLast((one) => one.from.role === "bot")?.from;
  return from === undefined ? null : { id: from.id, name: from.name };
}

/** A bot gave it to people, and nobody has given it back. */
export interface HandedOver {
  bot: string;
  /** Why, said of the bot. */
  why: string;
  /** What it says of the talk; empty when it says nothing. */
  summary: string;
  /** The number of the note with the summary, 0 without one. */
  note: number;
}

export function handedOver(entries: readonly Entry[], notes: readonly Entry[]): HandedOver | null {
  const left = entries.findLast((one) => one.from.role === "bot" && (one.kind === "left" || one.kind === "joined"));
  if (left?.kind !== "left") return null;
  const before = entries.findLast((one) => one.from.role === "bot" && one.kind === "joined" && one.seq < left.seq);
  const note = notes.findLast((one) => one.kind === "handoff" && one.from.id === left.from.id && (before === undefined || one.at >= before.at));
  return { bot: left.from.name || "The bot", why: whyLeft(left.reason), summary: note === undefined ? "" : note.erased === true ? "Erased" : note.text, note: note?.seq ?? 0 };
}

/** Why a bot left, after "because". */
export function whyLeft(reason: string | undefined): string {
  return REASON[reason ?? ""] ?? "";
}

const REASON: Readonly<Record<string, string>> = {
  handoff: "it handed over",
  asked: "the visitor asked for a person",
  bot_gone: "its connection was lost",
  unanswered: "it did not answer in time",
  bot_removed: "it was removed",
};
