// "Why you?": the stored decision of the router as one sentence, and who would have been next.
import type { Candidate, Conversation, Entry, Offer, Why } from "../../widget/client/generated.ts";

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

function answer(given: Reason, words: Words, me: string): Said {
  const { why } = given;
  const first = sentence(given, words);
  if (SOMEBODY_CHOSE.has(why.reason)) return { why: first, next: "" };
  const others = excluded(why, me);
  return { why: others === "" ? first : `${first} ${others}`, next: next(why) };
}

/** What sounds different while it rings and afterwards. */
interface Words {
  hands: string;
  only: string;
  atAll(takeable: number): string;
}

const RINGS: Words = {
  hands: "hands",
  only: "You are the only one who can take it.",
  atAll: (n) => `Rings at all ${n} who can take it; the first to accept has it.`,
};
const RANG: Words = {
  hands: "handed",
  only: "You were the only one who could take it.",
  atAll: (n) => `It rang at all ${n} who could take it; you were the first.`,
};

function sentence({ why, transfer_from }: Reason, words: Words): string {
  if (why.reason === "transfer") return `${transfer_from?.name || "A colleague"} ${words.hands} it to you.`;
  if (why.reason === "previous_agent") return "You had this conversation before.";
  if (why.reason === "pick") return "You picked it from the line.";
  if (why.reason === "reserved") return "It is kept for you.";
  if (why.method === "ring_all" && why.takeable > 1) return words.atAll(why.takeable);
  if (why.takeable === 1) return words.only;
  return `${measure(why)} ${FROM[why.method] ?? "of"} ${why.takeable} who could take it.`;
}

const FROM: Readonly<Record<string, string>> = { random: "from", round_robin: "among", longest_idle: "among" };

function measure({ method, chosen }: Why): string {
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
      return "Your turn";
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
  if (out.length > 0) return `${listed(out.map(said))}.`;
  if (why.candidates.length > 0) return "";
  const counts = Object.entries(why.excluded).filter(([clause, n]) => n > 0 && clause !== "not_member");
  return counts.length === 0 ? "" : `${listed(counts.map(([clause, n]) => `${n} ${reason(clause)}`))}.`;
}

function said(one: Candidate): string {
  const why = one.excluded === "full" ? `full ${one.used}/${one.max}` : reason(one.excluded ?? "");
  return `${one.agent.name} ${why}`;
}

function listed(parts: readonly string[]): string {
  const more = parts.length - NAMED;
  return more > 0 ? `${parts.slice(0, NAMED).join(", ")} and ${more} more` : parts.join(", ");
}

function reason(clause: string): string {
  return REASONS[clause] ?? clause.replaceAll("_", " ");
}

const REASONS: Readonly<Record<string, string>> = {
  not_member: "not in this department",
  status: "not available",
  unreachable: "not connected",
  full: "full",
  cap: "at the limit here",
  room_for_older: "kept for an older one",
  skills: "without the skill",
  breathing: "taking a breath",
  resting: "resting",
  ringing: "ringing already",
  refused: "passed on it",
  reserved: "not named for it",
  visitor_gone: "waits for the visitor",
  wave: "rings later",
  pause: "not back yet",
  quarantined: "set aside",
};
