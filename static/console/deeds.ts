// Requests that should survive a lost connection: each carries one client_id through all its attempts, so that the
// server does it once however often it hears of it.
import { newClientId } from "../../widget/client/client-id.ts";
import { RequestError } from "../../widget/client/request-error.ts";

export interface Line {
  /** Resolves when the session is open; rejects when that takes too long. */
  open(): Promise<void>;
  send<T>(ask: { client_id: string }): Promise<T>;
  sleep(ms: number): Promise<void>;
}

const ATTEMPTS = 5;

/** Asks until there is an answer; throws the refusal, or `unavailable` when nothing helped. */
export async function persist<T>(line: Line, ask: object): Promise<T> {
  const frame = { ...ask, client_id: newClientId() };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await line.open();
      return await line.send<T>(frame);
    } catch (error) {
      if (!(error instanceof RequestError) || !error.retryable || attempt === ATTEMPTS) throw error;
      await line.sleep(error.retryAfterMs ?? 300 * 2 ** attempt);
    }
  }
}

const WORDS: Readonly<Record<string, string>> = {
  gone: "Too late: somebody else has it, or the visitor left.",
  conflict: "That does not fit any more.",
  closed: "The conversation is closed.",
  not_owner: "The conversation is no longer yours.",
  not_found: "It is not there any more.",
  forbidden: "You may not do that.",
  unavailable: "We could not reach the server. Try again.",
  rate_limited: "Too fast. Try again in a moment.",
  too_large: "That is too long.",
  line_full: "The line is full.",
  outside_hours: "Nobody is there at this hour.",
};

/** A refusal in words; `own` says some codes better for the deed at hand. */
export function inWords(error: unknown, own: Readonly<Record<string, string>> = {}): string {
  if (!(error instanceof RequestError)) return "That did not work. Try again.";
  return own[error.code] ?? WORDS[error.code] ?? (error.message || "That did not work. Try again.");
}
