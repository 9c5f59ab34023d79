import { signal, type ReadonlySignal } from "@preact/signals";
import type { Entry } from "../client/generated.ts";
import type { Texts } from "./texts.ts";
import { duration } from "./texts.ts";
import type { Visit } from "./visit.ts";

/** What every part of the panel is drawn from. */
export interface View {
  visit: Visit;
  texts: Texts;
  /** The language of the texts. */
  language: string;
  /** `widget`: over a page, can be minimised. `page`: is the page. */
  mode: "widget" | "page";
  /** Whether the panel is open: what arrives while it is not stays unread. */
  shown: ReadonlySignal<boolean>;
  minimise(): void;
  /** Puts the focus where writing goes on, after what had it has gone. */
  refocus(): void;
  /** Where the text not yet sent survives a change of page. */
  draft: { get(): string; set(text: string): void };
}

/** What a screen reader is told next; a new object each time, so that equal words are told twice. */
export const announcement = signal<{ text: string }>({ text: "" });

const clockTime = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const calendarDay = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

const weekTime = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "numeric", minute: "2-digit" });

/** A moment ahead, as short as it can be said: the time today, the day before it within a week, else the date. */
export function momentOf(ms: number, now: number): string {
  const today = new Date(now).toDateString() === new Date(ms).toDateString();
  return (today ? clockTime : ms - now < 6 * 86_400_000 ? weekTime : calendarDay).format(ms);
}

export const timeOf = (ms: number) => clockTime.format(ms);
export const dayOf = (ms: number) => calendarDay.format(ms);

/** What happened, in words; empty when there is nothing to say. */
export function eventText(texts: Texts, entry: Entry): string {
  const name = entry.from.name || texts.somebody;
  switch (entry.kind) {
    case "joined":
      if (entry.from.role === "bot") return `${texts.joined(name, null)} · ${texts.bot}`;
      return texts.joined(name, (entry.waited_ms ?? 0) < 1000 ? null : duration(entry.waited_ms ?? 0));
    case "left":
      // A transfer says more in the entry of its own.
      return entry.reason === "transferred" ? "" : entry.text || texts.leftChat(name);
    case "transferred":
      return entry.to === undefined ? entry.text : texts.transferred(entry.to.name);
    case "closed":
      return closedText(texts, entry, name);
    default:
      return entry.text;
  }
}

function closedText(texts: Texts, entry: Entry, name: string): string {
  if (entry.from.role === "visitor" || entry.reason === "visitor") return texts.endedByYou;
  if (entry.from.role !== "system") return texts.endedBy(name);
  if (entry.reason === "abandoned") return texts.endedWhileAway;
  return entry.reason === "idle" ? texts.endedIdle : texts.ended;
}
