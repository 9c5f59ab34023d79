import { beforeEach, expect, test } from "vitest";
import { ANSWER_MS, Socket, type Frame } from "./socket.ts";
import { ManualClock } from "./testing/clock.ts";
import { ScriptedServer } from "./testing/server.ts";

let clock: ManualClock;
let server: ScriptedServer;
let socket: Socket;
let frames: Frame[];
let pongs: unknown[];
let closed: Array<[number, string, boolean]>;

beforeEach(async () => {
  clock = new ManualClock();
  server = new ScriptedServer();
  frames = [];
  pongs = [];
  closed = [];
  socket = new Socket("ws://host/ws", server.WebSocket, clock, {
    frame: (frame) => frames.push(frame),
    pong: (pong) => pongs.push(pong.positions),
    closed: (...end) => closed.push(end),
  });
  await server.last.hello();
  socket.watch(25_000);
});

test("silence for a heartbeat asks, and an answer is enough", async () => {
  await clock.advance(24_999);
  expect(server.last.asked("ping")).toHaveLength(0);
  await clock.advance(1);
  expect(server.last.asked("ping")).toHaveLength(1);
  await server.last.answers("ping", { positions: { c_1: { entries: 4 } } });
  await clock.advance(ANSWER_MS);
  expect(closed).toEqual([]);
  expect(pongs).toEqual([{ c_1: { entries: 4 } }]);
  expect(frames.map((frame) => frame.on)).toEqual(["hello"]);
});

test("whatever is heard puts the question off", async () => {
  await clock.advance(20_000);
  await server.last.says({ on: "typing" });
  await clock.advance(20_000);
  expect(server.last.asked("ping")).toHaveLength(0);
});

test("no answer means stale: closed once, though the browser never says so", async () => {
  await clock.advance(25_000 + ANSWER_MS);
  expect(closed).toEqual([[1006, "no answer", true]]);
  expect(server.last.closedWith).toBe(4004);
  await server.last.drops(1006);
  expect(closed).toHaveLength(1);
});

test("a probe asks at once, but not twice", async () => {
  socket.probe();
  socket.probe();
  expect(server.last.asked("ping")).toHaveLength(1);
  await clock.advance(ANSWER_MS);
  expect(closed).toHaveLength(1);
});

test("a page that slept through the deadline asks once more before it believes the silence", async () => {
  socket.probe();
  await clock.sleep(600_000);
  expect(closed).toEqual([]);
  expect(server.last.asked("ping")).toHaveLength(2);
  await clock.sleep(600_000);
  expect(closed).toHaveLength(1);
});

test("what is no JSON object is passed over", async () => {
  for (const data of ["", "{", "[1]", "null", "7", new ArrayBuffer(2)]) await server.last.raw(data);
  expect(frames).toHaveLength(1);
});

test("nothing is sent before it is open or after it is closed", () => {
  const early = new Socket("ws://host/ws", server.WebSocket, clock, {
    frame: () => undefined, pong: () => undefined, closed: () => undefined,
  });
  expect(early.send({ do: "read" })).toBe(false);
  socket.close(1000, "");
  expect(socket.send({ do: "read" })).toBe(false);
});
