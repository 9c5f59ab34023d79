import type { Clock, Timer } from "./clock.ts";
import type { Pong } from "./generated.ts";

/** As much of WebSocket as is used. */
export interface WebSocketLike {
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export type WebSocketConstructor = new (url: string) => WebSocketLike;

/** What a server frame looks like before anybody knows more. */
export interface Frame {
  on?: string;
  re?: string | null;
  ok?: boolean;
  [field: string]: unknown;
}

export interface SocketHandlers {
  frame(frame: Frame): void;
  pong(pong: Pong): void;
  /** Called once; `stale` when the other side fell silent. */
  closed(code: number, reason: string, stale: boolean): void;
}

const OPEN = 1;
export const ANSWER_MS = 10_000;
/** A timer later than this means that the page slept: silence then proves nothing yet. */
export const SLEPT_MS = 5_000;
export const ABNORMAL = 1006;

/** One WebSocket: frames in and out, and the question whether the other side still lives. */
export class Socket {
  readonly #socket: WebSocketLike;
  readonly #clock: Clock;
  readonly #handlers: SocketHandlers;
  #heartbeatMs = 0;
  #timer: Timer | null = null;
  #ping: string | null = null;
  #pings = 0;
  #forgiven = false;
  #done = false;

  constructor(url: string, WebSocket: WebSocketConstructor, clock: Clock, handlers: SocketHandlers) {
    this.#clock = clock;
    this.#handlers = handlers;
    this.#socket = new WebSocket(url);
    this.#socket.onmessage = (event) => this.#heard(event.data);
    this.#socket.onclose = (event) => this.#end(event.code, event.reason, false);
  }

  /** Begins to watch for silence; `hello` names the time. */
  watch(heartbeatMs: number): void {
    this.#heartbeatMs = heartbeatMs;
    this.#rest();
  }

  /** Whether the frame was handed to the browser; no proof that it arrived. */
  send(frame: object): boolean {
    if (this.#done || this.#socket.readyState !== OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Asks now whether the other side lives, unless a question is out already. */
  probe(): void {
    if (this.#done || this.#heartbeatMs === 0 || this.#ping !== null) return;
    this.#ask();
  }

  /** Ends it from our side. A dead network may never report the close, so it is reported here. */
  close(code: number, reason: string, stale = false): void {
    if (this.#done) return;
    this.#socket.close(code, reason);
    this.#end(ABNORMAL, reason, stale);
  }

  #ask(): void {
    this.#ping = `ping-${++this.#pings}`;
    this.send({ do: "ping", id: this.#ping });
    this.#wait(ANSWER_MS, (late) => {
      this.#ping = null;
      if (late && !this.#forgiven) {
        this.#forgiven = true;
        this.#ask();
      } else {
        this.close(4004, "no answer", true);
      }
    });
  }

  #rest(): void {
    this.#ping = null;
    this.#forgiven = false;
    if (this.#heartbeatMs > 0) this.#wait(this.#heartbeatMs, () => this.#ask());
  }

  #wait(ms: number, run: (late: boolean) => void): void {
    this.#clock.clearTimeout(this.#timer);
    const due = this.#clock.now() + ms;
    this.#timer = this.#clock.setTimeout(() => run(this.#clock.now() > due + SLEPT_MS), ms);
  }

  #heard(data: unknown): void {
    if (this.#done) return;
    const ping = this.#ping;
    this.#rest();
    const frame = decode(data);
    if (frame === null) return;
    if (isPing(frame)) {
      // A late answer to an earlier question is as good as any.
      if (frame.ok !== false && (ping !== null || frame["positions"])) this.#handlers.pong(frame as unknown as Pong);
    } else {
      this.#handlers.frame(frame);
    }
  }

  #end(code: number, reason: string, stale: boolean): void {
    if (this.#done) return;
    this.#done = true;
    this.#clock.clearTimeout(this.#timer);
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#handlers.closed(code, reason, stale);
  }
}

function isPing(frame: Frame): boolean {
  return typeof frame.re === "string" && frame.re.startsWith("ping-");
}

function decode(data: unknown): Frame | null {
  if (typeof data !== "string") return null;
  try {
    const frame: unknown = JSON.parse(data);
    return typeof frame === "object" && frame !== null && !Array.isArray(frame) ? (frame as Frame) : null;
  } catch {
    return null;
  }
}
