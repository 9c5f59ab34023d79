import { signal, type ReadonlySignal } from "@preact/signals";
import { backoff, notBefore } from "./backoff.ts";
import { browserClock, type Clock, type Timer } from "./clock.ts";
import type { Answer, Ask, OtherAsk, ServerEvent, Tell } from "./frames.ts";
import type { AgentIdentified, ErrorBody, Hello, Limits, Position, Resume, VisitorIdentified } from "./generated.ts";
import { RequestError, StopSession } from "./request-error.ts";
import { Socket, type Frame, type WebSocketConstructor } from "./socket.ts";
import { browserWake, type Wake } from "./wake.ts";

export type SessionState =
  | { name: "idle" }
  | { name: "connecting" }
  | { name: "open" }
  /** `since`: when the connection was lost, in the clock's milliseconds. */
  | { name: "reconnecting"; since: number }
  /** For good, until `start()`: a close code from 4500, or what `identify` was refused with. */
  | { name: "stopped"; code: number | null; reason: string };

export type Positions = Record<string, Position>;
export type Identified = VisitorIdentified | AgentIdentified;

export interface SessionOptions<Fields extends object, Reply extends Identified> {
  url: string;
  /** The credentials, asked anew for every attempt. Throw `StopSession` to give up; anything else is tried again. */
  identify(): Promise<Fields> | Fields;
  /** What the page has, for `resume`. */
  positions(): Positions;
  /** A fresh snapshot and what was missed. Requests made in here go out before any other. */
  identified(reply: Reply): void;
  event(event: ServerEvent): void;
  /** The tops a ping brought back; one above ours is a lost last entry. */
  tops?(positions: Positions): void;
  drain?(reconnectInMs: number): void;
  WebSocket?: WebSocketConstructor;
  clock?: Clock;
  random?: () => number;
  wake?: Wake;
}

export const PROTOCOL = 1;
/** From the first packet to the answer to `identify`. */
export const OPENING_MS = 20_000;
/** A request unanswered on a living connection: its outcome is unknown. */
export const REQUEST_MS = 20_000;
/** A connection that lasted this long was a good one: back-off begins anew. */
export const SETTLED_MS = 5_000;
const RESTARTING = 4005;
const FINAL = 4500;

interface Pending {
  done(frame: Frame): void;
  failed(error: RequestError): void;
  timer: Timer;
}

/** The authenticated life of one tab across reconnects. */
export class Session<Fields extends object, Reply extends Identified> {
  readonly #options: SessionOptions<Fields, Reply>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #state = signal<SessionState>({ name: "idle" });
  readonly #limits = signal<Limits | null>(null);
  readonly #pending = new Map<string, Pending>();
  #socket: Socket | null = null;
  #identified = false;
  #identifiedAt = 0;
  #lostAt: number | null = null;
  #epoch: string | null = null;
  #attempt = 0;
  #ids = 0;
  #drainMs: number | null = null;
  /** The server asked us not to identify again before. */
  #refusedMs: number | null = null;
  #retry: Timer | null = null;
  #retryAsked = false;
  #opening: Timer | null = null;
  #unwake: (() => void) | null = null;

  constructor(options: SessionOptions<Fields, Reply>) {
    this.#options = options;
    this.#clock = options.clock ?? browserClock;
    this.#random = options.random ?? Math.random;
  }

  get state(): ReadonlySignal<SessionState> {
    return this.#state;
  }

  /** What the server accepts; null before its first hello. */
  get limits(): ReadonlySignal<Limits | null> {
    return this.#limits;
  }

  start(): void {
    if (this.#unwake !== null) return;
    this.#unwake = (this.#options.wake ?? browserWake)(() => this.#woken());
    this.#connect();
  }

  stop(): void {
    this.#leave({ name: "idle" });
  }

  request<A extends Ask>(ask: A): Promise<Answer<A["do"]>>;
  request(ask: OtherAsk): Promise<Frame>;
  request(ask: Ask | OtherAsk): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.#identified) reject(RequestError.unavailable("not connected"));
      else this.#send(ask, resolve, reject);
    });
  }

  /** Sends what may get lost. */
  tell(frame: Tell): void {
    if (this.#identified) this.#socket?.send(frame);
  }

  #connect(): void {
    this.#retry = null;
    this.#drainMs = null;
    this.#refusedMs = null;
    this.#state.value = this.#lostAt === null ? { name: "connecting" } : { name: "reconnecting", since: this.#lostAt };
    const WebSocket = this.#options.WebSocket ?? (globalThis.WebSocket as unknown as WebSocketConstructor);
    const socket = new Socket(this.#options.url, WebSocket, this.#clock, {
      frame: (frame) => this.#heard(socket, frame),
      pong: (pong) => this.#options.tops?.(pong.positions),
      closed: (code, reason) => {
        if (socket === this.#socket) this.#closed(code, reason);
      },
    });
    this.#socket = socket;
    this.#opening = this.#clock.setTimeout(() => socket.close(4001, "opening took too long"), OPENING_MS);
  }

  #heard(socket: Socket, frame: Frame): void {
    if (frame.re !== undefined) this.#answered(frame);
    else if (frame.on === "hello") void this.#identify(socket, frame as unknown as Hello);
    else if (frame.on === "drain") this.#drained(socket, Number(frame["reconnect_in_ms"]) || 0);
    else if (this.#identified && frame.on !== undefined) this.#options.event(frame as unknown as ServerEvent);
  }

  async #identify(socket: Socket, hello: Hello): Promise<void> {
    socket.watch(hello.heartbeat_ms);
    this.#limits.value = hello.limits;
    let fields: Fields;
    try {
      fields = await this.#options.identify();
    } catch (error) {
      if (socket !== this.#socket) return;
      if (error instanceof StopSession) this.#leave({ name: "stopped", code: null, reason: error.reason });
      else socket.close(1000, "no credentials");
      return;
    }
    if (socket !== this.#socket) return;
    const resume: { resume?: Resume } =
      this.#epoch === null ? {} : { resume: { epoch: this.#epoch, positions: this.#options.positions() } };
    // Not a promise: the snapshot must be in place before the next frame is looked at.
    this.#send(
      { do: "identify", protocol: PROTOCOL, ...fields, ...resume },
      (reply) => this.#opened(reply as unknown as Reply),
      (error) => this.#refused(socket, error),
    );
  }

  #opened(reply: Reply): void {
    this.#clock.clearTimeout(this.#opening);
    this.#epoch = reply.epoch;
    this.#identified = true;
    this.#identifiedAt = this.#clock.now();
    this.#lostAt = null;
    this.#options.identified(reply);
    this.#state.value = { name: "open" };
  }

  #refused(socket: Socket, error: RequestError): void {
    if (socket !== this.#socket) return;
    this.#refusedMs = error.retryAfterMs;
    if (error.retryable) socket.close(1000, "identify refused");
    else this.#leave({ name: "stopped", code: null, reason: error.code });
  }

  #send(ask: object, resolve: (frame: Frame) => void, reject: (error: RequestError) => void): void {
    const id = String(++this.#ids);
    if (this.#socket?.send({ ...ask, id }) !== true) {
      reject(RequestError.unavailable("not connected"));
      return;
    }
    const timer = this.#clock.setTimeout(() => {
      this.#pending.delete(id);
      reject(RequestError.unavailable("no answer in time"));
    }, REQUEST_MS);
    this.#pending.set(id, { done: resolve, failed: reject, timer });
  }

  #answered(frame: Frame): void {
    const pending = typeof frame.re === "string" ? this.#pending.get(frame.re) : undefined;
    if (pending === undefined) return;
    this.#pending.delete(frame.re as string);
    this.#clock.clearTimeout(pending.timer);
    if (frame.ok === false) pending.failed(new RequestError(frame["error"] as ErrorBody));
    else pending.done(frame);
  }

  #drained(socket: Socket, ms: number): void {
    this.#drainMs = ms;
    this.#options.drain?.(ms);
    // The server closes by itself; should it forget, we go when the time has come.
    this.#clock.setTimeout(() => socket.close(RESTARTING, "drained"), ms + OPENING_MS);
  }

  #closed(code: number, reason: string): void {
    const lasted = this.#identified && this.#clock.now() - this.#identifiedAt >= SETTLED_MS;
    this.#forget();
    if (code >= FINAL && code < 5000) {
      this.#leave({ name: "stopped", code, reason });
      return;
    }
    if (lasted) this.#attempt = 0;
    this.#lostAt ??= this.#clock.now();
    this.#state.value = { name: "reconnecting", since: this.#lostAt };
    this.#retryAsked = this.#drainMs !== null || this.#refusedMs !== null;
    this.#retry = this.#clock.setTimeout(() => this.#connect(), this.#untilRetry());
  }

  #untilRetry(): number {
    if (this.#drainMs !== null) return notBefore(this.#drainMs, this.#random);
    const ms = backoff(this.#attempt++, this.#random);
    return this.#refusedMs === null ? ms : Math.max(ms, notBefore(this.#refusedMs, this.#random));
  }

  /** Lets go of the socket; what was asked on it has an unknown outcome. */
  #forget(): void {
    this.#socket = null;
    this.#identified = false;
    this.#clock.clearTimeout(this.#opening);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const one of pending) {
      this.#clock.clearTimeout(one.timer);
      one.failed(RequestError.unavailable("connection lost"));
    }
  }

  #leave(state: SessionState): void {
    this.#unwake?.();
    this.#unwake = null;
    this.#clock.clearTimeout(this.#retry);
    this.#retry = null;
    const socket = this.#socket;
    this.#forget();
    this.#lostAt = null;
    this.#attempt = 0;
    this.#state.value = state;
    socket?.close(1000, "");
  }

  #woken(): void {
    if (this.#identified) this.#socket?.probe();
    else if (this.#retry !== null && !this.#retryAsked) {
      this.#clock.clearTimeout(this.#retry);
      this.#connect();
    }
  }
}
