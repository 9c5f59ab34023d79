import { beforeEach, describe, expect, test } from "vitest";
import type { ErrorCode } from "./generated.ts";
import { MOST_ITEMS, Outbox, type Item, type OutboxAsk } from "./outbox.ts";
import { OutboxStore } from "./outbox-store.ts";
import { RequestError } from "./request-error.ts";
import { ManualClock, settle } from "./testing/clock.ts";
import { MemoryLocks, MemoryStorage } from "./testing/storage.ts";

/** One tab of the browser under test. */
class Tab {
  readonly outbox: Outbox;
  readonly store: OutboxStore<Item>;
  readonly sent: Array<{ ask: OutboxAsk; resolve(reply: object): void; reject(error: unknown): void }> = [];

  constructor(name: string, locks: MemoryLocks | null = browser.locks) {
    this.store = new OutboxStore<Item>({ storage: browser.storage, prefix: "box:", tab: name, locks });
    this.outbox = new Outbox({
      store: this.store,
      clock: browser.clock,
      random: () => 0.5,
      newId: () => `m${++browser.ids}`,
      send: (ask) => new Promise((resolve, reject) => this.sent.push({ ask, resolve: resolve as (reply: object) => void, reject })),
    });
  }

  get texts(): string[] {
    return this.sent.map(({ ask }) => ask.text ?? "");
  }

  say(text: string, conversation: string | null = "c_1"): string | null {
    return this.outbox.add({ do: "message.send", conversation, text });
  }

  async stores(seq = 1): Promise<void> {
    this.sent.at(-1)?.resolve({ seq, at: "2026-01-01T14:02:00.000Z" });
    await settle();
  }

  async refuses(code: ErrorCode, retryAfterMs?: number): Promise<void> {
    this.sent.at(-1)?.reject(new RequestError({ code, message: "", ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }) }));
    await settle();
  }

  async loses(): Promise<void> {
    this.outbox.close();
    await this.refuses("unavailable");
  }

  states(): string[] {
    return this.outbox.items.value.map((item) => `${item.draft.text} ${item.state}`);
  }
}

let browser: { storage: MemoryStorage; locks: MemoryLocks; clock: ManualClock; ids: number };
let tab: Tab;

beforeEach(async () => {
  browser = { storage: new MemoryStorage(), locks: new MemoryLocks(), clock: new ManualClock(), ids: 0 };
  tab = new Tab("one");
  await tab.outbox.start();
});

describe("order", () => {
  test("one at a time, the oldest first", async () => {
    tab.say("1");
    tab.say("2");
    expect(tab.states()).toEqual(["1 queued", "2 queued"]);
    tab.outbox.open();
    expect(tab.states()).toEqual(["1 sending", "2 queued"]);
    await tab.stores(1);
    expect(tab.states()).toEqual(["1 sent", "2 sending"]);
    expect(tab.outbox.items.value[0]?.stored).toMatchObject({ conversation: "c_1", seq: 1 });
  });

  test("after a reconnect what was not acknowledged goes out first, under the same name", async () => {
    tab.outbox.open();
    tab.say("1");
    tab.say("2");
    await tab.loses();
    tab.say("3");
    expect(tab.states()).toEqual(["1 queued", "2 queued", "3 queued"]);
    tab.outbox.open();
    for (const seq of [1, 2, 3]) await tab.stores(seq);
    expect(tab.sent.map(({ ask }) => ask.client_id)).toEqual(["m1", "m1", "m2", "m3"]);
  });

  test("a retryable failure holds the rest back and is tried again by itself", async () => {
    tab.outbox.open();
    tab.say("1");
    tab.say("2");
    await tab.refuses("internal");
    await browser.clock.advance(249);
    expect(tab.texts).toEqual(["1"]);
    await browser.clock.advance(1);
    expect(tab.texts).toEqual(["1", "1"]);
    await tab.refuses("internal");
    await browser.clock.advance(499);
    expect(tab.texts).toHaveLength(2);
    await browser.clock.advance(1);
    await tab.stores();
    expect(tab.texts).toEqual(["1", "1", "1", "2"]);
  });

  test("rate_limited waits as long as it was told", async () => {
    tab.outbox.open();
    tab.say("1");
    await tab.refuses("rate_limited", 5_000);
    await browser.clock.advance(4_999);
    expect(tab.texts).toHaveLength(1);
    await browser.clock.advance(1);
    expect(tab.texts).toHaveLength(2);
  });

  test("who is limited goes on with the oldest of each conversation, and nothing overtakes", async () => {
    tab.outbox.open();
    for (const text of ["1", "2", "3"]) tab.say(text, "c_1");
    tab.say("4", "c_2");
    expect(tab.texts).toEqual(["1", "4"]);
    for (const sent of tab.sent.splice(0)) sent.reject(new RequestError({ code: "rate_limited", message: "", retry_after_ms: 2_000 }));
    await settle();
    tab.say("5", "c_1");
    await browser.clock.advance(1_999);
    expect(tab.texts).toEqual([]);
    await browser.clock.advance(1);
    expect(tab.texts).toEqual(["1", "4"]);
    expect(tab.sent.map(({ ask }) => ask.client_id)).toEqual(["m1", "m4"]);
    tab.sent[0]?.resolve({ seq: 1, at: "2026-01-01T14:02:00.000Z" });
    await settle();
    expect(tab.texts).toEqual(["1", "4", "2"]);
  });

  test("one conversation does not hold up another", async () => {
    tab.outbox.open();
    tab.say("1", "c_1");
    tab.say("2", "c_2");
    expect(tab.texts).toEqual(["1", "2"]);
  });
});

describe("failing for good", () => {
  test("steps aside; sent again it is a new message at the end", async () => {
    tab.outbox.open();
    tab.say("1");
    tab.say("2");
    await tab.refuses("too_large");
    expect(tab.states()).toEqual(["1 failed", "2 sending"]);
    expect(tab.outbox.items.value[0]?.error).toBe("too_large");
    expect(tab.outbox.again("m1")).toBe("m3");
    expect(tab.states()).toEqual(["2 sending", "1 queued"]);
    await tab.stores();
    expect(tab.sent.map(({ ask }) => ask.client_id)).toEqual(["m1", "m2", "m3"]);
  });

  test("only what failed can be sent again; it can be given up", async () => {
    tab.say("1");
    expect(tab.outbox.again("m1")).toBeNull();
    tab.outbox.discard("m1");
    expect(tab.states()).toEqual([]);
  });
});

describe("a conversation that does not exist yet", () => {
  const started = { conversation: { id: "c_7" }, at: "2026-01-01T14:02:00.000Z" };

  test("the start goes first, the rest follows into what it brought about", async () => {
    tab.outbox.add({ do: "conversation.start", text: "hi", department: "support" });
    tab.say("more", null);
    tab.outbox.open();
    expect(tab.sent.map(({ ask }) => ask)).toEqual([{ do: "conversation.start", client_id: "m1", text: "hi", department: "support" }]);
    tab.sent[0]?.resolve(started);
    await settle();
    expect(tab.sent[1]?.ask).toEqual({ do: "message.send", conversation: "c_7", client_id: "m2", text: "more" });
    expect(tab.outbox.items.value[0]?.stored).toMatchObject({ conversation: "c_7", seq: null });
  });

  test("if the start is refused, the next message starts it", async () => {
    tab.outbox.open();
    tab.outbox.add({ do: "conversation.start", text: "hi", department: "nowhere" });
    tab.say("more", null);
    await tab.refuses("bad_request");
    expect(tab.sent[1]?.ask).toEqual({ do: "conversation.start", client_id: "m2", text: "more" });
  });
});

test("an entry that is seen settles its item, whatever became of the answer", async () => {
  tab.outbox.open();
  tab.say("1");
  tab.say("2");
  await tab.loses();
  tab.outbox.settle("m1");
  tab.outbox.open();
  expect(tab.texts).toEqual(["1", "2"]);
  expect(tab.states()).toEqual(["2 sending"]);
});

test("the box is bounded", () => {
  for (let i = 0; i < MOST_ITEMS; i++) tab.say(`${i}`);
  expect(tab.say("one too many")).toBeNull();
});

describe("reloads and tabs", () => {
  test("a reload loses nothing and keeps names and order", async () => {
    tab.outbox.open();
    tab.say("1");
    tab.say("2");
    tab.outbox.stop();
    await settle();
    const next = new Tab("two");
    next.outbox.open();
    next.say("3");
    expect(next.texts).toEqual([]);
    await next.outbox.start();
    expect(next.states()).toEqual(["1 sending", "2 queued", "3 queued"]);
    expect(next.sent[0]?.ask.client_id).toBe("m1");
    expect(browser.storage.getItem("box:one")).toBeNull();
  });

  test("what is stored is no longer kept, what failed is", async () => {
    tab.outbox.open();
    tab.say("1");
    await tab.stores();
    tab.say("2");
    await tab.refuses("closed");
    tab.outbox.stop();
    await settle();
    const next = new Tab("two");
    await next.outbox.start();
    expect(next.states()).toEqual(["2 failed"]);
  });

  test("a living tab keeps its box; when it dies another takes over", async () => {
    tab.say("1");
    const other = new Tab("two");
    await other.outbox.start();
    other.outbox.open();
    expect(other.texts).toEqual([]);
    tab.outbox.stop();
    await settle();
    expect(other.texts).toEqual(["1"]);
  });

  test("only one of several takes over", async () => {
    tab.say("1");
    const others = [new Tab("two"), new Tab("three")];
    for (const other of others) {
      await other.outbox.start();
      other.outbox.open();
    }
    tab.outbox.stop();
    await settle();
    expect(others.flatMap((other) => other.texts)).toEqual(["1"]);
  });

  test("without locks the next tab takes over at once", async () => {
    const old = new Tab("old", null);
    await old.outbox.start();
    old.say("1");
    const next = new Tab("next", null);
    await next.outbox.start();
    expect(next.states()).toEqual(["1 queued"]);
  });

  test("broken or forbidden storage costs the memory of it, not the message", async () => {
    browser.storage.setItem("box:odd", "{not json");
    browser.storage.setItem = () => {
      throw new Error("quota");
    };
    const next = new Tab("two");
    await next.outbox.start();
    next.outbox.open();
    next.say("1");
    expect(next.texts).toEqual(["1"]);
  });
});
