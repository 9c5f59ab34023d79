// Every decision about a conversation, as `GET /api/v1/conversations/<id>/why` tells them.
import type { Named, Why } from "../../widget/client/generated.ts";

export interface Turn {
  at: string;
  what: "offer" | "assigned" | "left" | "transferred" | "promised" | "closed";
  /** In a sentence. */
  says: string;
  agent: Named | null;
  outcome?: string;
  why?: Why;
}

export interface Decisions {
  conversation: string;
  rules: readonly string[];
  /** Null once the router has let go of it. */
  needs: { require: Record<string, number>; prefer: Record<string, number> } | null;
  turns: readonly Turn[];
  waiting: { says: string; place: number | null; why: Why } | null;
}

/** Asks as one of the agents in this browser; raises when the answer is not a yes. */
export async function decisions(agent: string, conversation: string): Promise<Decisions> {
  const response = await fetch(`/api/v1/conversations/${encodeURIComponent(conversation)}/why`, {
    credentials: "same-origin",
    headers: { "frontdesk-agent": agent },
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return (await response.json()) as Decisions;
}
