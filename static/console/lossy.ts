// What may be lost without harm: who types, how far the visitor has read, whether they are there. Forgotten at every
// fresh snapshot, because nobody will say again that it ended.
import type { PresenceEvent, ReadEvent, TypingEvent } from "../../widget/client/generated.ts";

/** A sign of typing not renewed in this time has ended, whatever became of its end. */
export const TYPING_LASTS_MS = 6000;

export interface Typing {
  role: TypingEvent["from"]["role"];
  name: string;
  text: string;
  at: number;
}

export interface Lossy {
  readonly typing: Readonly<Record<string, Typing>>;
  /** How far the visitor has read, by conversation. */
  readonly read: Readonly<Record<string, number>>;
  /** How far this agent has read, in this or another tab. */
  readonly mine: Readonly<Record<string, number>>;
  readonly here: Readonly<Record<string, boolean>>;
}

export type LossyEvent = TypingEvent | ReadEvent | PresenceEvent;

export const NOTHING: Lossy = { typing: {}, read: {}, mine: {}, here: {} };

/** After losing the connection: read marks only grow, so they stay; the rest is unknown. */
export function afterLoss(lossy: Lossy): Lossy {
  return { ...NOTHING, read: lossy.read, mine: lossy.mine };
}

export function applyLossy(lossy: Lossy, event: LossyEvent, me: string, now: number): Lossy {
  const id = event.conversation;
  switch (event.on) {
    case "typing":
      if (event.from.id === me) return lossy;
      return { ...lossy, typing: event.active ? { ...lossy.typing, [id]: signOf(event, now) } : without(lossy.typing, id) };
    case "read":
      if (event.from.role === "visitor") return { ...lossy, read: raised(lossy.read, id, event.seq) };
      return event.from.id === me ? { ...lossy, mine: raised(lossy.mine, id, event.seq) } : lossy;
    case "presence":
      return event.from.role === "visitor" ? { ...lossy, here: { ...lossy.here, [id]: event.here } } : lossy;
    default:
      return lossy;
  }
}

/** A message ends its writer's typing at once: the sign and the message must not stand side by side. */
export function stoppedTyping(lossy: Lossy, conversation: string): Lossy {
  return conversation in lossy.typing ? { ...lossy, typing: without(lossy.typing, conversation) } : lossy;
}

/** This agent has read up to `seq`, said before the server says it. */
export function readUpTo(lossy: Lossy, conversation: string, seq: number): Lossy {
  const mine = raised(lossy.mine, conversation, seq);
  return mine === lossy.mine ? lossy : { ...lossy, mine };
}

/** Who types there just now. */
export function typist(lossy: Lossy, conversation: string, now: number): Typing | null {
  const typing = lossy.typing[conversation];
  return typing !== undefined && now - typing.at < TYPING_LASTS_MS ? typing : null;
}

function signOf(event: TypingEvent, now: number): Typing {
  return { role: event.from.role, name: event.from.name, text: event.text ?? "", at: now };
}

function raised(marks: Readonly<Record<string, number>>, id: string, seq: number): Readonly<Record<string, number>> {
  return (marks[id] ?? 0) >= seq ? marks : { ...marks, [id]: seq };
}

function without<T>(record: Readonly<Record<string, T>>, id: string): Record<string, T> {
  const { [id]: _gone, ...rest } = record;
  return rest;
}
