import type { ErrorBody, ErrorCode } from "./generated.ts";

const RETRYABLE: ReadonlySet<string> = new Set<ErrorCode>(["unavailable", "rate_limited", "internal"]);

/** A request that was refused, or whose answer never came (`unavailable`: the outcome is unknown, send the same again). */
export class RequestError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;
  readonly field: string | null;

  constructor(body: ErrorBody) {
    super(body.message);
    this.name = "RequestError";
    this.code = body.code;
    this.retryable = RETRYABLE.has(body.code);
    this.retryAfterMs = body.retry_after_ms ?? null;
    this.field = body.field ?? null;
  }

  static unavailable(message: string): RequestError {
    return new RequestError({ code: "unavailable", message });
  }
}

/** Thrown by an `identify` callback to say that trying again is useless, e.g. because the login has ended. */
export class StopSession extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
    this.name = "StopSession";
  }
}
