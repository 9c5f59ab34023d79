// Signing in and out. The cookie travels by itself; nothing here is kept in storage.

/** An answer other than a yes; `field`: what of the body was wrong, if the server named it. */
export class HttpRefused extends Error {
  readonly status: number;
  readonly field: string;

  constructor(status: number, field = "") {
    super(`HTTP ${status}`);
    this.status = status;
    this.field = field;
  }
}

/** Asks our own server, as `agent` if it matters who; raises `HttpRefused` for an answer other than a yes. */
export async function post(path: string, body: object, agent = ""): Promise<unknown> {
  const response = await fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json", ...(agent === "" ? {} : { "frontdesk-agent": agent }) },
    body: JSON.stringify(body),
  });
  if (!response.ok) {
    const refused = (await response.json().catch(() => null)) as { error?: { field?: string } } | null;
    throw new HttpRefused(response.status, refused?.error?.field);
  }
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

/** One's own; every other login of the agent ends. */
export async function changePassword(agent: string, current: string, password: string): Promise<void> {
  await post("/api/v1/password", { current, password }, agent);
}

/** `?as=ada`: several people may sit in one browser, each in a tab of their own. */
export function seat(): string {
  return new URLSearchParams(location.search).get("as") ?? "";
}
