import { beforeEach, expect, test } from "vitest";
import { ManualClock } from "../../widget/client/testing/clock.ts";
import { Connection } from "../../widget/client/testing/server.ts";
import { GIVE_UP_MS, Stream, VISITORS } from "./stream.ts";

/** A server that keeps what it acknowledges, unless it is told to be worse than that. */
class Server {
  stored: string[] = [];
  alive = true;
  open: Connection[] = [];
  readonly clock = new ManualClock();
  readonly WebSocket: new (url: string) => Connection;
  readonly stream: Stream;
  worse: (stored: string[]) => string[] = (stored) => stored;
  awayMs = 2_000;

  constructor() {
    const server = this;
    this.WebSocket = class extends Connection {
      constructor(url: string) {
        super(url);
        queueMicrotask(() => void (server.alive ? server.#greet(this) : this.drops()));
      }

      override send(text: string): void {
        super.send(text);
        queueMicrotask(() => void server.#answer(this, JSON.parse(text) as Record<string, string>));
      }
    };
    this.stream = new Stream({
      url: "ws://x/ws/visitor", site: "demo", clock: this.clock, WebSocket: this.WebSocket, random: () => 0.5, wake: () => () => undefined,
      kill: () => this.#die(),
      stored: () => (this.alive ? Promise.resolve(this.worse(this.stored)) : Promise.reject(new Error("dead"))),
    });
  }

  async run(ms: number): Promise<void> {
    void this.stream.run();
    await this.clock.advance(ms);
  }

  async #greet(connection: Connection): Promise<void> {
    this.open.push(connection);
    await connection.hello();
  }

  async #answer(connection: Connection, { do: wanted, id, client_id }: Record<string, string>): Promise<void> {
    if (!this.alive) return;
    const reply = { re: id, ok: true, at: new Date(this.clock.now()).toISOString() };
    if (wanted === "identify") await connection.says({ ...reply, epoch: "e1", v: 1, me: { id: "v", name: "", token: "t" }, missed: [], snapshot: {} });
    if (wanted !== "conversation.start" && wanted !== "message.send") return;
    if (!this.stored.includes(client_id ?? "")) this.stored.push(client_id ?? "");
    await connection.says(wanted === "message.send" ? { ...reply, seq: 1 } : { ...reply, conversation: { id: `c_${id}` } });
  }

  async #die(): Promise<void> {
    this.alive = false;
    this.clock.setTimeout(() => (this.alive = true), this.awayMs);
    await Promise.all(this.open.splice(0).map((connection) => connection.drops()));
  }
}

let server: Server;
beforeEach(() => void (server = new Server()));

test("visitors write on while the server is dead, and in the end all of it is there once", async () => {
  await server.run(4_000);
  expect(server.stream.counts.value.phase).toBe("away");
  const dead = server.stream.counts.value;
  expect(dead.sent).toBeGreaterThan(dead.acknowledged);
  await server.clock.advance(15_000);
  const { phase, sent, acknowledged, stored, lost, doubled, awayMs } = server.stream.counts.value;
  expect([phase, lost, doubled]).toEqual(["done", 0, 0]);
  expect([acknowledged, stored]).toEqual([sent, sent]);
  expect(sent).toBeGreaterThan(20 * VISITORS);
  expect(awayMs).toBeGreaterThanOrEqual(2_000);
});

test("a server that loses what it acknowledged and keeps something twice is found out", async () => {
  server.worse = (stored) => (stored.length > 50 ? [...stored.slice(2), stored[5]!] : stored);
  await server.run(20_000);
  expect(server.stream.counts.value).toMatchObject({ phase: "done", lost: 2, doubled: 1 });
});

test("what a bot or an agent writes in between is not counted as the visitors'", async () => {
  server.worse = (stored) => stored.flatMap((id) => [id, `answer to ${id}`]);
  await server.run(20_000);
  const { sent, stored, doubled } = server.stream.counts.value;
  expect([stored, doubled]).toEqual([sent, 0]);
});

test("a server that does not come back is not waited for for ever", async () => {
  server.awayMs = 10 * GIVE_UP_MS;
  await server.run(3 * GIVE_UP_MS);
  expect(server.stream.counts.value.phase).toBe("gone");
});
