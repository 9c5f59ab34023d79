import type { WebSocketLike } from "../socket.ts";
import { settle } from "./clock.ts";

/** One scripted connection: the test plays the server. */
export class Connection implements WebSocketLike {
  readyState = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readonly sent: Record<string, unknown>[] = [];
  closedWith: number | null = null;

  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(code = 1000): void {
    this.readyState = 3;
    this.closedWith = code;
  }

  /** What the page asked with this `do`, in order. */
  asked(name: string): Record<string, unknown>[] {
    return this.sent.filter((frame) => frame["do"] === name);
  }

  async says(frame: object): Promise<void> {
    this.readyState = 1;
    this.onmessage?.({ data: JSON.stringify(frame) });
    await settle();
  }

  async raw(data: unknown): Promise<void> {
    this.onmessage?.({ data });
    await settle();
  }

  async hello(more: object = {}): Promise<void> {
    await this.says({
      on: "hello", protocol: 1, server: "test", heartbeat_ms: 25_000, identify_within_ms: 10_000,
      limits: { frame_bytes: 65_536, text_chars: 8_000 }, features: [], ...more,
    });
  }

  /** Answers the latest request with this `do`. */
  async answers(name: string, reply: object = {}): Promise<void> {
    await this.says({ re: this.asked(name).at(-1)?.["id"], ok: true, ...reply });
  }

  async refuses(name: string, code: string, more: object = {}): Promise<void> {
    await this.says({ re: this.asked(name).at(-1)?.["id"], ok: false, error: { code, message: code, ...more } });
  }

  async drops(code = 1006, reason = ""): Promise<void> {
    this.readyState = 3;
    this.onclose?.({ code, reason });
    await settle();
  }
}

/** A server as the WebSocket constructor of a session under test. */
export class ScriptedServer {
  readonly connections: Connection[] = [];
  readonly WebSocket: new (url: string) => Connection;

  constructor() {
    const connections = this.connections;
    this.WebSocket = class extends Connection {
      constructor(url: string) {
        super(url);
        connections.push(this);
      }
    };
  }

  get last(): Connection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error("nobody has connected");
    return connection;
  }
}
