// The words for why an agent could not take a conversation, and for what decided among those who could.
import type { Candidate } from "../../widget/client/generated.ts";

/** Each clause of the closed list, said of a person. */
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

/** The same as a sentence, for where there is room. */
const SENTENCES: Readonly<Record<string, string>> = {
  not_member: "Is not a member of this department, and nothing has opened it to others yet.",
  status: "Has not set themselves available.",
  unreachable: "Has no live connection that confirms its rings.",
  full: "Has no free slot for it.",
  cap: "Has as many of this department as their cap allows.",
  room_for_older: "Keeps the last slot for an older conversation that rings there.",
  skills: "Lacks a required skill at the level asked for now.",
  breathing: "Rests after the last assignment.",
  resting: "Rests after declining or missing an offer.",
  ringing: "Has another offer ringing.",
  refused: "Has declined or missed this conversation a moment ago.",
  reserved: "The conversation is kept for somebody else.",
  visitor_gone: "The visitor is not connected just now.",
  wave: "Its ring wave comes later.",
  pause: "The server has just started; those who were here may return first.",
  quarantined: "The conversation is set aside after a fault.",
};

export function reason(clause: string): string {
  return REASONS[clause] ?? clause.replaceAll("_", " ");
}

export function reasonSentence(clause: string): string {
  return SENTENCES[clause] ?? `${reason(clause)}.`;
}

/** Why this one could not, short. */
export function shortly(one: Candidate): string {
  return one.excluded === "full" ? `full ${one.used}/${one.max}` : reason(one.excluded ?? "");
}

/** A rule, a department, a method: as the settings name it, without underscores. */
export function plain(key: string): string {
  return key.replaceAll("_", " ");
}
