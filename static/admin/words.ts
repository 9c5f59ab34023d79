// What things are called and how they are explained: one sentence each.
import type { Problem } from "./api.ts";
import type { Method, Role, WaitEvent } from "./records.ts";

export const METHOD: Readonly<Record<Method, { name: string; says: string }>> = {
  average_utilization: { name: "Spread evenly", says: "Goes to whoever has the fewest conversations, so that everybody is about equally busy." },
  ring_all: { name: "Ring everyone", says: "Rings at everyone who has a free slot; the first to accept has it." },
  longest_idle: { name: "Longest free first", says: "Goes to whoever has gone longest without a new conversation." },
  round_robin: { name: "In turn", says: "Goes round in a fixed order, so that everybody gets the same number." },
  priority: { name: "By priority", says: "Goes to the best priority with a free slot: first choices first, the others when those are full." },
  max_utilization: { name: "Fill one after another", says: "Goes to whoever has the most conversations and still a free slot, so that others stay free." },
  random: { name: "At random", says: "Drawn by lot among all who have a free slot." },
};

export const WHEN: Readonly<Record<WaitEvent, { name: string; says: string; timed: boolean }>> = {
  queued: { name: "On joining the line", says: "Once, when the visitor begins to wait.", timed: false },
  every: { name: "Every so often", says: "Again and again while the visitor waits.", timed: true },
  place: { name: "When the place changes", says: "Each time somebody ahead has left the line.", timed: false },
  waited: { name: "After a while", says: "Once, after this time of waiting.", timed: true },
  estimate_passed: { name: "When it takes longer than promised", says: "Once, when the time that was announced has passed.", timed: false },
  nobody: { name: "When nobody is there", says: "When nobody who could answer is available.", timed: false },
  returned: { name: "Back in the line", says: "When the agent was lost and the visitor waits again.", timed: false },
};

export const ROLE: Readonly<Record<Role, string>> = { agent: "Agent", supervisor: "Supervisor", admin: "Admin" };

/** A problem as a sentence, with its hint. */
export function inWords({ message, hint, at = "" }: Pick<Problem, "message" | "hint"> & { at?: string }): string {
  const first = sentence(withoutKey(message, at.split(".").at(-1) ?? ""));
  return hint === "" ? first : `${first} ${sentence(hint)}`;
}

/** The field it stands under says already which key it is about. */
function withoutKey(message: string, key: string): string {
  if (key !== "" && message.startsWith(`${key}: `)) return message.slice(key.length + 2);
  return key !== "" && message.startsWith(`${key} must `) ? message.slice(key.length + 1) : message;
}

function sentence(text: string): string {
  const said = text.trim();
  if (said === "") return "";
  const capital = said.charAt(0).toUpperCase() + said.slice(1);
  return /[.!?…]$/.test(capital) || capital.includes("\n") ? capital : `${capital}.`;
}

/** `1 agent`, `3 agents`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** Seconds as people say them: `45 s`, `2 min`, `1 h 30 min`. */
export function seconds(s: number): string {
  if (s < 120) return `${s} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 120) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** A promised range as visitors are told it; English where a language has no words here. */
const SAMPLE_WAIT: Readonly<Record<string, string>> = {
  en: "about 2–4 minutes", da: "cirka 2–4 minutter", de: "etwa 2–4 Minuten", fr: "environ 2 à 4 minutes", es: "entre 2 y 4 minutos",
  nl: "ongeveer 2–4 minuten", sv: "cirka 2–4 minuter",
};

/** The text as a visitor third in line would read it. Unknown names stay as they are, as they do for visitors. */
export function preview(text: string, tag: string, department: string): string {
  const wait = SAMPLE_WAIT[tag.split("-")[0] ?? ""] ?? SAMPLE_WAIT["en"] ?? "";
  const sample: Record<string, string> = { place: "3", wait, name: "Marta", agent: "Ada", department };
  return text
    .replace(/(^|[.!?]\s+)\{wait\}(?=\s*$)/, (_whole, before: string) => `${before}{wait}.`)
    .replace(/\{([^{}]*)\}/g, (whole, name: string, at: number) => {
      const said = sample[name];
      if (said === undefined) return whole;
      return name === "wait" && /(^|[.!?]\s+)$/.test(text.slice(0, at)) ? said.charAt(0).toUpperCase() + said.slice(1) : said;
    });
}

/** The name of a language, in English: `da` is `Danish`. */
export function language(tag: string): string {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
