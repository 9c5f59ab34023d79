// Signing in and out. The cookie travels by itself; nothing here is kept in storage.

/** An answer other than a yes. */
export class HttpRefused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

/** Asks our own server; raises `HttpRefused` for an answer other than a yes. */
export async function post(path: string, body: object): Promise<unknown> {
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

export async function logout(agent: string): Promise<void> {
  await post("/api/v1/logout", { agent });
}

/** `?as=ada`: several people may sit in one browser, each in a tab of their own. */
export function seat(): string {
  return new URLSearchParams(location.search).get("as") ?? "";
}
