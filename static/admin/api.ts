// What the settings pages ask of the server. The cookie travels by itself; the header says whose it is, since several
// people may sit in one browser.
import type { WorkspaceFile } from "./records.ts";

/** One thing wrong with what was to be saved. `path` leads to it from the top of the settings, `at` inside its record. */
export interface Problem {
  path: readonly string[];
  at: string;
  message: string;
  hint: string;
}

/** A request that was refused, or that never came back (`status` 0). */
export class Refused extends Error {
  readonly status: number;
  readonly problems: readonly Problem[];

  constructor(status: number, message: string, problems: readonly Problem[] = []) {
    super(message);
    this.status = status;
    this.problems = problems;
  }
}

export interface Loaded {
  file: WorkspaceFile;
  etag: string;
}

/** One record as it is to be. */
export interface Put {
  path: string;
  body: unknown;
}

export class Api {
  readonly agent: string;
  readonly #fetch: typeof fetch;

  constructor(agent: string, fetcher: typeof fetch = (...of) => fetch(...of)) {
    this.agent = agent;
    this.#fetch = fetcher;
  }

  async settings(): Promise<Loaded> {
    const response = await this.#ask("GET", "/api/v1/settings");
    return { file: (await response.json()) as WorkspaceFile, etag: response.headers.get("etag") ?? "" };
  }

  /** Saves one record if nobody else saved since `etag`; the answer is the new one, empty when the server named none. */
  async put({ path, body }: Put, etag: string): Promise<string> {
    const response = await this.#ask("PUT", `/api/v1/${path}`, body, etag === "" ? {} : { "if-match": etag });
    return response.headers.get("etag") ?? "";
  }

  /** Removes a record under the same condition. */
  async remove(path: string, etag: string): Promise<void> {
    await this.#ask("DELETE", `/api/v1/${path}`, undefined, etag === "" ? {} : { "if-match": etag });
  }

  async get<T>(path: string): Promise<T> {
    return (await (await this.#ask("GET", path)).json()) as T;
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return (await (await this.#ask("POST", path, body)).json()) as T;
  }

  /** Has something done that answers nothing. */
  async tell(path: string, body?: unknown): Promise<void> {
    await this.#ask("POST", path, body);
  }

  async #ask(method: string, path: string, body?: unknown, more: Record<string, string> = {}): Promise<Response> {
    const headers: Record<string, string> = { "frontdesk-agent": this.agent, ...more };
    if (body !== undefined) headers["content-type"] = "application/json";
    let response: Response;
    try {
      response = await this.#fetch(path, {
        method, headers, credentials: "same-origin", ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      throw new Refused(0, "We could not reach the server. Try again.");
    }
    if (response.ok) return response;
    throw await refusal(response);
  }
}

interface ErrorBody {
  error?: { message?: string; field?: string; problems?: { path?: (string | number)[]; message?: string; hint?: string }[] };
}

async function refusal(response: Response): Promise<Refused> {
  const body = (await response.json().catch(() => null)) as ErrorBody | null;
  const error = body?.error;
  const told = (error?.problems ?? []).map((one) => problem((one.path ?? []).map(String), one.message ?? "", one.hint ?? ""));
  const field = error?.field ?? "";
  const problems = told.length === 0 && field !== "" ? [problem([field], error?.message ?? "", "")] : told;
  return new Refused(response.status, error?.message || "That did not work. Try again.", problems);
}

function problem(path: readonly string[], message: string, hint: string): Problem {
  return { path, at: within(path), message, hint };
}

const KEYED = new Set(["site", "department", "agent", "bot"]);

/** The way to a value inside its record: `["department", "support", "ring_seconds"]` is `ring_seconds`. Rules are saved
 * as one list, so theirs keep their number. */
export function within(path: readonly string[]): string {
  if (path[0] === "workspace" || path[0] === "limits") return path.slice(1).join(".");
  return path.slice(KEYED.has(path[0] ?? "") ? 2 : 0).join(".");
}
