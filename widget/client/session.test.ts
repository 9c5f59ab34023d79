import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ServerEvent } from "./frames.ts";
import type { VisitorIdentified } from "./generated.ts";
import { RequestError, StopSession } from "./request-error.ts";
import { OPENING_MS, REQUEST_MS, Session, SETTLED_MS, type Positions } from "./session.ts";
import { ManualClock, settle } from "./testing/clock.ts";
import { ScriptedServer } from "./testing/server.ts";

interface Fields {
  site: string;
  token?: string;
}

let clock: ManualClock;
let server: ScriptedServer;
let session: Session<Fields, VisitorIdentified>;
let identify: () => Promise<Fields>;
let positions: Positions;
let heard: string[];
let wake: () => void;
let random: number;

const me = { epoch: "e1", v: 5, missed: [], more: [], dropped: [], reset: false };

beforeEach(() => {
  clock = new ManualClock();
  server = new ScriptedServer();
  identify = () => Promise.resolve({ site: "demo" });
  positions = {};
  heard = [];
  random = 0.5;
  session = new Session({
    url: "ws://host/ws/visitor",
    identify: () => identify(),
    positions: () => positions,
    identified: (reply) => heard.push(`identified ${reply.epoch}${reply.reset ? " reset" : ""}`),
    event: (event: ServerEvent) => heard.push(event.on),
    tops: (tops) => heard.push(`tops ${JSON.stringify(tops)}`),
    drain: (ms) => heard.push(`drain ${ms}`),
    WebSocket: server.WebSocket,
    clock,
    random: () => random,
    wake: (run) => {
      wake = run;
      return () => undefined;
    },
  });
});

async function open(more: object = {}): Promise<void> {
  await server.last.hello();
  await server.last.answers("identify", { ...me, ...more });
}

describe("opening", () => {
  test("hello, identify, open; limits are known", async () => {
    expect(session.state.value.name).toBe("idle");
    session.start();
    expect(session.state.value.name).toBe("connecting");
    await server.last.hello();
    expect(server.last.sent).toEqual([{ do: "identify", id: "1", protocol: 1, site: "demo" }]);
    await server.last.answers("identify", me);
    expect(session.state.value.name).toBe("open");
    expect(session.limits.value?.text_chars).toBe(8_000);
    expect(heard).toEqual(["identified e1"]);
  });

  test("an event right behind the answer finds the snapshot in place", async () => {
    session.start();
    await server.last.hello();
    server.last.onmessage?.({ data: JSON.stringify({ re: "1", ok: true, ...me }) });
    server.last.onmessage?.({ data: JSON.stringify({ on: "queue" }) });
    expect(heard).toEqual(["identified e1", "queue"]);
  });

  test("a server that says nothing is given up and tried again", async () => {
    session.start();
    await clock.advance(OPENING_MS);
    expect(session.state.value.name).toBe("reconnecting");
    await clock.advance(500);
    expect(server.connections).toHaveLength(2);
  });

  test("credentials are asked for anew at every attempt; failing to get them is tried again", async () => {
    let ticket = 0;
    identify = () => (++ticket === 1 ? Promise.reject(new Error("offline")) : Promise.resolve({ site: "demo", token: `t${ticket}` }));
    session.start();
    await server.last.hello();
    expect(session.state.value.name).toBe("reconnecting");
    await clock.advance(500);
    await server.last.hello();
    expect(server.last.sent[0]).toMatchObject({ token: "t2" });
  });

  test("credentials that end for good stop it", async () => {
    identify = () => Promise.reject(new StopSession("signed out"));
    session.start();
    await server.last.hello();
    expect(session.state.value).toEqual({ name: "stopped", code: null, reason: "signed out" });
    await clock.advance(60_000);
    expect(server.connections).toHaveLength(1);
  });

  test("credentials that come after the connection was lost are not sent on the next one", async () => {
    const late: Array<(fields: Fields) => void> = [];
    identify = () => new Promise((resolve) => late.push(resolve));
    session.start();
    await server.last.hello();
    await server.last.drops();
    await clock.advance(500);
    await server.last.hello();
    late[0]?.({ site: "old" });
    late[1]?.({ site: "new" });
    await settle();
    expect(server.last.sent.map((frame) => frame["site"])).toEqual(["new"]);
  });

  test("identify refused for good stops, refused for now comes back", async () => {
    session.start();
    await server.last.hello();
    await server.last.refuses("identify", "unavailable");
    expect(session.state.value.name).toBe("reconnecting");
    await clock.advance(500);
    await server.last.hello();
    await server.last.refuses("identify", "not_found");
    expect(session.state.value).toEqual({ name: "stopped", code: null, reason: "not_found" });
  });
});

test("identify refused with a time: not earlier, not hurried, with jitter; then the wait grows as ever", async () => {
  session.start();
  await server.last.hello();
  await server.last.refuses("identify", "rate_limited", { retry_after_ms: 8_000 });
  wake();
  await clock.advance(8_000 + 1_999);
  expect(server.connections).toHaveLength(1);
  await clock.advance(1);
  expect(server.connections).toHaveLength(2);
  await server.last.drops();
  await clock.advance(500);
  expect(server.connections).toHaveLength(3);
});

describe("losing the connection", () => {
  beforeEach(async () => {
    session.start();
    await open();
  });

  test("resumes with the epoch and where the page stands", async () => {
    positions = { c_1: { entries: 12 } };
    const since = clock.now();
    await server.last.drops(4003);
    expect(session.state.value).toEqual({ name: "reconnecting", since });
    await clock.advance(250);
    expect(session.state.value).toEqual({ name: "reconnecting", since });
    await server.last.hello();
    expect(server.last.asked("identify")[0]).toMatchObject({ resume: { epoch: "e1", positions } });
    await server.last.answers("identify", { ...me, epoch: "e2", reset: true });
    expect(heard.at(-1)).toBe("identified e2 reset");
    await server.last.drops();
    await clock.advance(30_000);
    await server.last.hello();
    expect(server.last.asked("identify")[0]).toMatchObject({ resume: { epoch: "e2" } });
  });

  test("what was asked fails as unavailable: its outcome is unknown", async () => {
    const sent = session.request({ do: "message.send", conversation: "c_1", client_id: "m1", text: "hi" });
    const caught = vi.fn();
    sent.catch(caught);
    await server.last.drops();
    expect(caught).toHaveBeenCalledWith(expect.objectContaining({ code: "unavailable", retryable: true }));
    await expect(session.request({ do: "ping" })).rejects.toBeInstanceOf(RequestError);
  });

  test("the wait grows while connections fail, and also while they open only to die", async () => {
    random = 0.999999;
    await server.last.drops();
    for (const ms of [500, 1_000, 2_000]) {
      const count = server.connections.length;
      await clock.advance(ms - 10);
      expect(server.connections).toHaveLength(count);
      await clock.advance(10);
      expect(server.connections).toHaveLength(count + 1);
      await open();
      await server.last.drops();
    }
    await clock.advance(4_000);
    await open();
    await clock.advance(SETTLED_MS);
    await server.last.drops();
    const count = server.connections.length;
    await clock.advance(500);
    expect(server.connections).toHaveLength(count + 1);
  });

  test.each([[4000, "reconnecting"], [4008, "reconnecting"], [1001, "reconnecting"], [4500, "stopped"], [4504, "stopped"]])(
    "close code %i: %s",
    async (code, name) => {
      await server.last.drops(code, "why");
      expect(session.state.value.name).toBe(name);
      if (name === "stopped") expect(session.state.value).toMatchObject({ code, reason: "why" });
      await clock.advance(60_000);
      expect(server.connections.length > 1).toBe(name === "reconnecting");
    },
  );

  test("silence is noticed, and ends in a new connection", async () => {
    await clock.advance(35_000);
    expect(session.state.value.name).toBe("reconnecting");
    await clock.advance(500);
    expect(server.connections).toHaveLength(2);
  });

  test("what an old connection says later is not heard", async () => {
    const old = server.last;
    await clock.advance(35_000);
    await old.says({ on: "entry" });
    expect(heard).toEqual(["identified e1"]);
  });

  test("waking up probes a connection and hurries a retry", async () => {
    wake();
    expect(server.last.asked("ping")).toHaveLength(1);
    await server.last.answers("ping", { positions: { c_1: { entries: 3 } } });
    expect(heard.at(-1)).toBe('tops {"c_1":{"entries":3}}');
    random = 1;
    await server.last.drops();
    wake();
    expect(server.connections).toHaveLength(2);
  });
});

describe("a restarting server", () => {
  beforeEach(async () => {
    session.start();
    await open();
    await server.last.says({ on: "drain", reconnect_in_ms: 3_000 });
  });

  test("names the time: not earlier, not hurried, with jitter", async () => {
    random = 0.5;
    expect(heard.at(-1)).toBe("drain 3000");
    await server.last.drops(4005);
    wake();
    await clock.advance(3_700);
    expect(server.connections).toHaveLength(1);
    await clock.advance(100);
    expect(server.connections).toHaveLength(2);
  });

  test("requests still work until it closes; if it forgets to, we go", async () => {
    const sent = session.request({ do: "ping" });
    await server.last.answers("ping", { positions: {} });
    await expect(sent).resolves.toBeDefined();
    await clock.advance(10_000);
    await server.last.says({ on: "queue" });
    await clock.advance(3_000 + OPENING_MS - 10_000);
    expect(session.state.value.name).toBe("reconnecting");
  });
});

describe("requests", () => {
  beforeEach(async () => {
    session.start();
    await open();
  });

  test("answers find their questions whatever their order", async () => {
    const one = session.request({ do: "message.send", conversation: "c_1", client_id: "m1", text: "1" });
    const two = session.request({ do: "message.send", conversation: "c_1", client_id: "m2", text: "2" });
    const [first, second] = server.last.asked("message.send");
    await server.last.says({ re: second?.["id"], ok: true, seq: 2, at: "" });
    await server.last.says({ re: first?.["id"], ok: true, seq: 1, at: "" });
    expect([(await one).seq, (await two).seq]).toEqual([1, 2]);
  });

  test("a refusal carries its code, and whether to try again", async () => {
    const sent = session.request({ do: "offer.accept", offer: "o_1" });
    await server.last.refuses("offer.accept", "gone");
    await expect(sent).rejects.toMatchObject({ code: "gone", retryable: false });
    const limited = session.request({ do: "ping" });
    await server.last.refuses("ping", "rate_limited", { retry_after_ms: 700 });
    await expect(limited).rejects.toMatchObject({ retryable: true, retryAfterMs: 700 });
  });

  test("no answer on a living connection: unavailable", async () => {
    const caught = vi.fn();
    session.request({ do: "ping" }).catch(caught);
    await clock.advance(REQUEST_MS / 2);
    await server.last.says({ on: "queue" });
    await clock.advance(REQUEST_MS / 2);
    expect(caught).toHaveBeenCalledOnce();
    expect(session.state.value.name).toBe("open");
  });

  test("a lossy frame has no id, and is dropped without a connection", async () => {
    session.tell({ do: "typing", conversation: "c_1", active: true });
    expect(server.last.sent.at(-1)).toEqual({ do: "typing", conversation: "c_1", active: true });
    const count = server.last.sent.length;
    await server.last.drops();
    session.tell({ do: "typing", conversation: "c_1", active: false });
    expect(server.last.sent).toHaveLength(count);
  });
});

test("stopping closes, fails what is open, and can be started again", async () => {
  session.start();
  await open();
  const caught = vi.fn();
  session.request({ do: "ping" }).catch(caught);
  session.stop();
  await settle();
  expect(session.state.value.name).toBe("idle");
  expect(caught).toHaveBeenCalledOnce();
  expect(server.last.closedWith).toBe(1000);
  await clock.advance(60_000);
  expect(server.connections).toHaveLength(1);
  session.start();
  expect(server.connections).toHaveLength(2);
});
