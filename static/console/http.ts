// The few plain requests of the console. The cookie travels by itself; nothing here is kept in storage.
import { StopSession } from "../../widget/client/request-error.ts";

/** Said to the session when the login has ended; it stops and the login form appears. */
export const SIGNED_OUT = "signed out";

/** An answer other than a yes. */
export class HttpRefused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

async function post(path: string, body: object): Promise<unknown> {
  const response = await fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new HttpRefused(response.status);
  return response.status === 204 ? null : response.json().catch(() => null);
}

/** Signs in; the answer is the agent's key, and the browser has the cookie. */
export async function login(email: string, password: string): Promise<string> {
  const answer = (await post("/api/v1/login", { email, password })) as { agent?: string | { key: string } } | null;
  const agent = answer?.agent;
  if (agent === undefined) throw new HttpRefused(500);
  return typeof agent === "string" ? agent : agent.key;
}

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

export async function logout(agent: string): Promise<void> {
  await post("/api/v1/logout", { agent });
}
