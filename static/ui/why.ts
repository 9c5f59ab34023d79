// "Why you?", "Why Ada?": the stored decision of the router as one sentence, and who would have been next.
import type { Candidate, Conversation, Entry, Offer, Why } from "../../widget/client/generated.ts";
import { reason, shortly } from "./reasons.ts";

/** As many colleagues are named as one reads at a glance; the rest are counted. */
const NAMED = 3;

export interface Said {
  why: string;
  next: string;
}

/** Why, and who handed it over if somebody did. */
interface Reason {
  why: Why;
  transfer_from: { name: string } | null;
}

/** Reasons that are a person's: who else could have taken it explains nothing then. */
const SOMEBODY_CHOSE: ReadonlySet<string> = new Set(["transfer", "pick"]);

/** The whole answer for an offer to the agent with the id `me`. */
export function whyYou(offer: Pick<Offer, "why" | "transfer_from">, me: string): Said {
  return answer(offer, RINGS, me);
}

/** The same for a conversation `me` has; null when somebody else has it. Nobody decides when one picks for oneself. */
export function whyYours(conversation: Pick<Conversation, "why" | "agent">, entries: readonly Entry[], me: string): Said | null {
  const { why, agent } = conversation;
  if (why === undefined || agent?.id !== me) return null;
  if (why === null) return { why: "You picked it from the line.", next: "" };
  const handed = entries.findLast((entry) => entry.kind === "transferred" && entry.to?.id === me);
  return answer({ why, transfer_from: handed?.from ?? null }, RANG, me);
}

/** The same, said to somebody else. A decision without anybody says what kept everybody from it. */
export function whyThem(why: Why, handedBy = ""): Said {
  if (why.takeable === 0 && why.chosen === null) return { why: "Nobody could take it just then.", next: excluded(why, "") };
  const one = theOne(why);
  return answer({ why, transfer_from: handedBy === "" ? null : { name: handedBy } }, of(one?.agent.name ?? "They"), one?.agent.id ?? "");
}

/** Who it went to, if to one: what rings at several names nobody. */
export function theOne({ chosen, takeable, candidates }: Why): Candidate | null {
  if (chosen !== null || takeable !== 1) return chosen;
  return candidates.find((one) => one.excluded === null) ?? null;
}

function answer(given: Reason, words: Words, me: string): Said {
  const { why } = given;
  const first = sentence(given, words);
  if (SOMEBODY_CHOSE.has(why.reason)) return { why: first, next: "" };
  const others = excluded(why, me);
  return { why: others === "" ? first : `${first} ${others}`, next: next(why) };
}

/** What sounds different while it rings and afterwards, and to oneself and of others. */
interface Words {
  handed(by: string): string;
  before: string;
  picked: string;
  kept: string;
  only: string;
  atAll(takeable: number): string;
  turn: string;
}

const RINGS: Words = {
  handed: (by) => `${by} hands it to you.`,
  before: "You had this conversation before.",
  picked: "You picked it from the line.",
  kept: "It is kept for you.",
  only: "You are the only one who can take it.",
  atAll: (n) => `Rings at all ${n} who can take it; the first to accept has it.`,
  turn: "Your turn",
};
const RANG: Words = {
  ...RINGS,
  handed: (by) => `${by} handed it to you.`,
  kept: "It was kept for you.",
  only: "You were the only one who could take it.",
  atAll: (n) => `It rang at all ${n} who could take it; you were the first.`,
};

/** Said of a colleague, after the fact. */
function of(name: string): Words {
  return {
    handed: (by) => `${by} handed it to ${name}.`,
    before: `${name} had this conversation before.`,
    picked: `${name} picked it from the line.`,
    kept: `It was kept for ${name}.`,
    only: `${name} was the only one who could take it.`,
    atAll: (n) => `It rang at all ${n} who could take it.`,
    turn: `${name}’s turn`,
  };
}

function sentence({ why, transfer_from }: Reason, words: Words): string {
  if (why.reason === "transfer") return words.handed(transfer_from?.name || "A colleague");
  if (why.reason === "previous_agent") return words.before;
  if (why.reason === "pick") return words.picked;
  if (why.reason === "reserved") return words.kept;
  if (why.method === "ring_all" && why.takeable > 1) return words.atAll(why.takeable);
  if (why.takeable === 1) return words.only;
  if (preferred(why)) return `Best fit for what the visitor prefers, of ${why.takeable} who could take it.`;
  return `${measure(why, words)} ${FROM[why.method] ?? "of"} ${why.takeable} who could take it.`;
}

/** Whether preferred skills decided, not the method: the chosen one meets more of them than the next. */
function preferred({ chosen, runner_up }: Why): boolean {
  return chosen !== null && runner_up !== null && preference(chosen) > preference(runner_up);
}

/** The weights of the preferred skills an agent meets; servers that tell none say nothing of it. */
function preference(one: Candidate): number {
  return one.preference ?? 0;
}

/** What else bore on it: which rules had matched, and whether waiting had opened it to more people. */
export function circumstances(why: Pick<Why, "widening_step" | "rules">): string[] {
  const { widening_step: step, rules } = why;
  return [
    ...(step > 0 ? [`It had waited long enough to be opened to more people (step ${step}).`] : []),
    ...(rules.length > 0 ? [`${rules.length === 1 ? "Rule" : "Rules"}: ${rules.join(", ")}.`] : []),
  ];
}

const FROM: Readonly<Record<string, string>> = { random: "from", round_robin: "among", longest_idle: "among" };

function measure({ method, chosen }: Why, words: Words): string {
  const running = chosen === null ? "" : ` (${chosen.running})`;
  switch (method) {
    case "max_utilization":
      return `Most running${running} with a free slot`;
    case "average_utilization":
      return `Fewest running${running}`;
    case "priority":
      return chosen === null ? "Best priority" : `Best priority (${chosen.priority})`;
    case "random":
      return "Drawn at random";
    case "round_robin":
      return words.turn;
    case "longest_idle":
      return "Longest without a new conversation";
    default:
      return "Chosen";
  }
}

function next({ runner_up, method }: Why): string {
  if (runner_up === null || method === "ring_all") return "";
  const detail = method === "priority" ? `priority ${runner_up.priority}` : `${runner_up.running} running`;
  return `Next would have been ${runner_up.agent.name} (${detail}).`;
}

/** Colleagues who could not take it, each with their reason; only counts when the table of candidates was not kept. */
function excluded(why: Why, me: string): string {
  const out = why.candidates.filter((one) => one.excluded !== null && one.excluded !== "not_member" && one.agent.id !== me);
  if (out.length > 0) return `${listed(out.map((one) => `${one.agent.name} ${shortly(one)}`))}.`;
  if (why.candidates.length > 0) return "";
  const counts = Object.entries(why.excluded).filter(([clause, n]) => n > 0 && clause !== "not_member");
  return counts.length === 0 ? "" : `${listed(counts.map(([clause, n]) => `${n} ${reason(clause)}`))}.`;
}

function listed(parts: readonly string[]): string {
  const more = parts.length - NAMED;
  return more > 0 ? `${parts.slice(0, NAMED).join(", ")} and ${more} more` : parts.join(", ");
}
