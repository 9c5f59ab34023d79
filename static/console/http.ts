// What opens the console's socket.
import { StopSession } from "../../widget/client/request-error.ts";
import { HttpRefused, post } from "../ui/accounts.ts";

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
