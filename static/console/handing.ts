// A transfer that rings at a colleague. No frame says that it ended badly, but its commit is told: it touches both the
// conversation, which stays ours, and the colleague, whose slot is free again. The first such commit began it, the next
// one ended it.
import type { AgentsEvent, ConversationEvent } from "../../widget/client/generated.ts";

export interface Handing {
  readonly conversation: string;
  readonly to: { readonly id: string; readonly name: string };
  /** The commit that began the ring, once heard. */
  readonly began: number | null;
  readonly conversationV: number;
  readonly agentV: number;
}

export function handingTo(conversation: string, to: Handing["to"]): Handing {
  return { conversation, to, began: null, conversationV: 0, agentV: 0 };
}

/** The transfer after an event; null when it is over. */
export function heard(handing: Handing, event: ConversationEvent | AgentsEvent): Handing | null {
  const next = touched(handing, event);
  if (next === handing || next.conversationV !== next.agentV) return next;
  if (next.began === null) return { ...next, began: event.v };
  return event.v > next.began ? null : next;
}

function touched(handing: Handing, event: ConversationEvent | AgentsEvent): Handing {
  if (event.on === "conversation") {
    return event.conversation.id === handing.conversation ? { ...handing, conversationV: event.v } : handing;
  }
  return event.agents.some((one) => one.id === handing.to.id) ? { ...handing, agentV: event.v } : handing;
}
