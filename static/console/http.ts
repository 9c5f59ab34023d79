// What the console asks for beside its socket, and what opens that.
import { StopSession } from "../../widget/client/request-error.ts";
import { HttpRefused, post } from "../ui/accounts.ts";
import type { Running } from "./team.ts";

/** Said to the session when the login has ended; it stops and the login form appears. */
export const SIGNED_OUT = "signed out";

/** Trades the cookie for a token that opens one socket. No cookie any more: the session stops for good. */
export async function ticket(agent: string): Promise<string> {
  try {
    const answer = (await post("/api/v1/ticket", { agent })) as { token: string };
    return answer.token;
  } catch (error) {
    if (error instanceof HttpRefused && (error.status === 401 || error.status === 403)) throw new StopSession(SIGNED_OUT);
    throw error;
  }
}

/** The open conversations, for supervisors. */
export async function openConversations(agent: string): Promise<readonly Running[]> {
  const response = await fetch("/api/v1/conversations", { credentials: "same-origin", headers: { "frontdesk-agent": agent } });
  if (!response.ok) throw new HttpRefused(response.status);
  return (await response.json()) as Running[];
}
