import { render } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ManualClock, settle } from "../../../widget/client/testing/clock.ts";
import { ScriptedServer } from "../../../widget/client/testing/server.ts";
import { OutboxStore } from "../../../widget/client/outbox-store.ts";
import type { Item } from "../../../widget/client/outbox.ts";
import { neverWake } from "../../../widget/client/wake.ts";
import { Desk } from "../desk.ts";
import { listen } from "../keyboard.ts";
import { Panels } from "../panels.ts";
import { ada, agent, at, colleague, conversation, department, entry, hold, identified, offer, visitor } from "../testing/frames.ts";
import { PlaceContext } from "./desk-context.ts";
import { Sitting } from "./sitting.tsx";

let server: ScriptedServer;
let clock: ManualClock;
let desk: Desk;
let stop: () => void;

beforeEach(async () => {
  document.body.replaceChildren();
  sessionStorage.clear();
  vi.stubGlobal("fetch", async () => new Response("[]"));
  server = new ScriptedServer();
  clock = new ManualClock();
  desk = new Desk(
    { url: "ws://x/ws/agent", identify: () => ({ token: "t" }), WebSocket: server.WebSocket, clock, random: () => 0, wake: neverWake },
    new OutboxStore<Item>({ storage: null, prefix: "p.", tab: "t", locks: null }),
  );
  const panels = new Panels("ada");
  stop = listen(desk, panels);
  render(<PlaceContext.Provider value={{ desk, panels }}><Sitting onLogout={() => undefined} /></PlaceContext.Provider>, document.body);
  desk.start();
});

afterEach(() => {
  render(null, document.body);
  stop();
  desk.stop();
  vi.unstubAllGlobals();
});

async function sitDown(...given: Parameters<typeof identified>): Promise<void> {
  await server.last.hello();
  const { re: _re, ok: _ok, ...reply } = identified(...given);
  await server.last.answers("identify", reply);
  await drawn();
}

async function drawn(): Promise<void> {
  await settle();
  await new Promise((done) => setTimeout(done, 60));
}

function $(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`no ${selector} in ${document.body.textContent}`);
  return found;
}

function press(key: string, target: Element = document.body, more: KeyboardEventInit = {}): void {
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
}

const evil = "<img src=x onerror=alert(1)> https://example.org";
const talking = {
  agent: agent([hold("c_1")]),
  conversations: [conversation("c_1", { visitor: { id: "v_1", name: "<b>Jo</b>" }, page: { url: "javascript:alert(1)", title: evil }, top: { entries: 2, notes: 0 } })],
};
const said = { missed: [entry(1, ada, "", { kind: "joined" as const }), entry(2, visitor("jo"), evil)] };

test("a ring shows who, what and why, and Enter takes it", async () => {
  await sitDown(10, { offers: [offer("o_1", { text: "It burns" })] });
  expect($(".ringing-card").textContent).toContain("It burns");
  expect($(".ringing-card").textContent).toContain("Why you? You are the only one who can take it.");
  press("Enter");
  await drawn();
  expect(server.last.asked("offer.accept")[0]?.["offer"]).toBe("o_1");
});

test("no key pressed while writing answers a ring", async () => {
  await sitDown(10, { ...talking, offers: [offer("o_1")] }, said);
  $(".row").click();
  await drawn();
  for (const key of ["d", "Enter", "j"]) press(key, $("textarea"));
  await drawn();
  expect(server.last.asked("offer.accept")).toEqual([]);
  expect(server.last.asked("offer.decline")).toEqual([]);
});

test("what visitors send is text, whatever it looks like", async () => {
  await sitDown(10, talking, said);
  $(".row").click();
  await drawn();
  expect(document.querySelector("img, .row b b, .visitor a")).toBeNull();
  expect($(".theirs .bubble").textContent).toContain("<img src=x");
  expect($(".theirs .bubble a").getAttribute("rel")).toBe("noopener noreferrer");
});

test("Enter sends, the draft stays with its conversation, a failed message can be sent again", async () => {
  await sitDown(10, talking, said);
  $(".row").click();
  await drawn();
  const area = $("textarea") as HTMLTextAreaElement;
  area.value = "Hello";
  area.dispatchEvent(new Event("input", { bubbles: true }));
  await drawn();
  desk.select(null);
  await drawn();
  desk.select("c_1");
  await drawn();
  expect(($("textarea") as HTMLTextAreaElement).value).toBe("Hello");
  press("Enter", $("textarea"));
  await drawn();
  await server.last.refuses("message.send", "closed");
  await drawn();
  expect($(".meta.failed").textContent).toContain("Not sent.");
  $(".meta.failed .link").click();
  await drawn();
  const ids = server.last.asked("message.send").map((frame) => frame["client_id"]);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(2);
});

describe("what is stale says so", () => {
  test("a lost connection", async () => {
    await sitDown(10, talking, said);
    expect(document.querySelector(".stale")).toBeNull();
    await server.last.drops();
    await drawn();
    expect($(".stale .banner").textContent).toContain("Reconnecting");
    expect($(".status-text").textContent).toBe("Not connected");
  });

  test("the way back after missed offers", async () => {
    await sitDown(10, { agent: agent([], { status: "away", reason: "missed offers" }) });
    $(".banner .button").click();
    await drawn();
    expect(server.last.asked("status.set")[0]).toMatchObject({ status: "available" });
  });
});

test("who cannot take a transfer is shown with the reason", async () => {
  const ben = colleague({ id: "a_ben", key: "ben", name: "Ben" }, { free: 0 });
  await sitDown(10, { ...talking, agents: [ben, colleague({ id: "a_c", key: "c", name: "Cleo" })], departments: [department(["c_7"])] }, said);
  $(".row").click();
  await drawn();
  [...document.querySelectorAll<HTMLElement>(".top .button")].find((one) => one.textContent === "Transfer")?.click();
  await drawn();
  expect($(".target.not").textContent).toContain("Ben");
  expect($(".target.not").textContent).toContain("no free slot");
  expect(document.querySelectorAll(".target:not(.not)")).toHaveLength(2);
});

test("a transfer that rings at a colleague says so, here and in the list, and can be handed to somebody else", async () => {
  const [ben, cleo] = [{ id: "a_ben", key: "ben", name: "Ben" }, { id: "a_c", key: "c", name: "Cleo" }];
  const ringing = { conversations: [conversation("c_1", { transfer: { to: ben, expires_at: at(121) } })], agents: [colleague(ben), colleague(cleo)] };
  await sitDown(10, { ...talking, ...ringing }, said);
  $(".row").click();
  await drawn();
  expect($(".strip").textContent).toMatch(/^Ringing at Ben, yours until they accept0:2/);
  expect($(".row .rings").textContent).toBe("Ringing at Ben");
  $(".strip .button").click();
  await drawn();
  expect($(".target.not").textContent).toBe("Benrings there");
  await server.last.says({ on: "conversation", v: 11, conversation: conversation("c_1", { transfer: null }) });
  await drawn();
  expect(document.querySelector(".strip, .rings")).toBeNull();
});

test("what Frontdesk tells the team is no note of somebody", async () => {
  const told = entry(1, { role: "system", id: "", name: "" }, "Ben declined.", { kind: "notice", notice: "transfer_declined" });
  await sitDown(10, talking, { ...said, missed_notes: [told] });
  $(".row").click();
  await drawn();
  expect($(".event.team").textContent).toMatch(/^Only for the team: Ben declined\. · /);
  expect(document.querySelector(".note-text")).toBeNull();
});

test("the line: what rings is picked quietly, what rings here is answered above", async () => {
  const line = department(["c_o_1", "c_7", "c_8"]);
  line.line.forEach((item, i) => { item.ringing = i < 2; });
  await sitDown(10, { offers: [offer("o_1")], departments: [line] });
  const items = [...document.querySelectorAll(".line-item")];
  expect(items.map((item) => item.querySelector(".rings")?.textContent)).toEqual(["rings at you", "rings at somebody", undefined]);
  expect(items.map((item) => item.querySelector(".button")?.className)).toEqual([undefined, "button bare small", "button small"]);
});

test("who is away cannot pick, and is told why", async () => {
  await sitDown(10, { agent: agent([], { status: "away" }), departments: [department(["c_7"])] });
  const pick = $(".line-item .button") as HTMLButtonElement;
  expect([pick.disabled, pick.title]).toEqual([true, "Set yourself available or busy to pick"]);
  expect($(".line-why").textContent).toBe("Set yourself available or busy to pick.");
});

test("wrap-up counts down and ends with the outcome", async () => {
  const closed = { agent: agent([hold("c_1", "wrap_up", at(130))]), conversations: [conversation("c_1", { state: "closed" })] };
  await sitDown(10, closed, said);
  $(".row").click();
  await drawn();
  const input = $(".wrap-up input") as HTMLInputElement;
  input.value = "solved";
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await drawn();
  $(".wrap-up").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  await drawn();
  expect(server.last.asked("wrap_up.end")[0]).toMatchObject({ conversation: "c_1", outcome: "solved" });
});

test("who looks on sees that they only do, and what they meant for the agent never stands before the visitor", async () => {
  const sue = agent([], { id: "a_sue", key: "sue", name: "Sue", role: "supervisor" });
  await sitDown(10, { agent: sue, departments: [department(["c_7"])] });
  $(".look-on").click();
  await drawn();
  const c_7 = conversation("c_7", { top: { entries: 1, notes: 0 } });
  await server.last.answers("conversation.watch", { conversation: c_7, entries: [entry(1, visitor("Jo"), "Hello", { conversation: "c_7" })], notes: [], at: at(2) });
  await drawn();
  expect($(".strip.watched").textContent).toContain("You look on · Ada answers");
  expect(document.querySelector(".composer:not(.noting)")).toBeNull();
  const area = $(".noting textarea") as HTMLTextAreaElement;
  area.value = "Offer the refund";
  area.dispatchEvent(new Event("input", { bubbles: true }));
  await drawn();
  const taken = { ...c_7, agent: { id: "a_sue", key: "sue", name: "Sue" } };
  await server.last.says({ on: "agent", v: 11, agent: { ...sue, holds: [hold("c_7")] } });
  await server.last.says({ on: "conversation", v: 11, conversation: taken });
  await drawn();
  expect($("textarea").getAttribute("aria-label")).toMatch(/^Write to/);
  expect(($("textarea") as HTMLTextAreaElement).value).toBe("");
});

test("a supervisor with nothing chosen sees the lines and who has what, and looks on from there", async () => {
  const running = { id: "c_7", state: "active", department: { id: "d_support", key: "support", name: "Support" }, agent: { id: "a_ben", key: "ben", name: "Ben" }, bot: null, visitor: "Jo", visitor_id: "v_1", started_at: at(40) };
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify([running])));
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], now: Date.now() });
  try {
    const sue = agent([], { id: "a_sue", key: "sue", name: "Sue", role: "supervisor", status: "offline" });
    const ben = colleague({ id: "a_ben", key: "ben", name: "Ben" }, { free: 2 });
    await server.last.hello();
    const { re: _re, ok: _ok, ...reply } = identified(10, { agent: sue, departments: [department(["c_8", "c_9"])], agents: [ben, colleague({ id: "a_c", key: "c", name: "Cleo" }, { status: "offline" })] });
    await server.last.answers("identify", reply);
    await vi.advanceTimersByTimeAsync(600);
  } finally {
    vi.useRealTimers();
  }
  await drawn();
  expect($(".over-head p").textContent).toBe("1 of the others available, 2 free slots. You are offline: nothing rings at you.");
  expect($(".over-lines li").textContent).toMatch(/^Support2 waitingthe oldest for /);
  expect($(".over-free").textContent).toBe("2 free");
  expect($(".over-gone").textContent).toBe("Offline: Cleo");
  $(".over-team .button").click();
  await drawn();
  expect(server.last.asked("conversation.watch")[0]).toMatchObject({ conversation: "c_7" });
});

test("a whisper is sent and leaves its field empty", async () => {
  const sue = agent([], { id: "a_sue", key: "sue", name: "Sue", role: "supervisor" });
  await sitDown(10, { agent: sue, departments: [department(["c_7"])] });
  $(".look-on").click();
  await drawn();
  await server.last.answers("conversation.watch", { conversation: conversation("c_7"), entries: [], notes: [], at: at(2) });
  await drawn();
  const area = $(".noting textarea") as HTMLTextAreaElement;
  area.value = "Offer the refund";
  area.dispatchEvent(new Event("input", { bubbles: true }));
  await drawn();
  press("Enter", area);
  await drawn();
  expect(server.last.asked("whisper")[0]).toMatchObject({ conversation: "c_7", text: "Offer the refund" });
  await server.last.answers("whisper", { seq: 1, at: at(3) });
  await drawn();
  expect(($(".noting textarea") as HTMLTextAreaElement).value).toBe("");
  ([...document.querySelectorAll<HTMLElement>(".strip .button")].find((one) => one.textContent === "Leave") as HTMLElement).click();
  await drawn();
  expect(document.querySelector(".strip.watched")).toBeNull();
});

test("what the visitor thought of it stands under the last word", async () => {
  const rated = conversation("c_1", { state: "closed", rating: { score: 4, comment: "<b>Quick</b>" }, visitor: { id: "v_1", name: "Jo Lind" } });
  await sitDown(10, { agent: agent([hold("c_1", "wrap_up")]), conversations: [rated] }, said);
  $(".row").click();
  await drawn();
  expect($(".event.rated").textContent).toBe("★★★★☆ Jo rated this 4 of 5: “<b>Quick</b>”");
});

test("of a bot's talk the summary comes first, its words are marked, and what it showed is text", async () => {
  const faq = { role: "bot" as const, id: "b_faq", name: "FAQ" };
  const shown = {
    replies: ["Yes <b>please</b>"],
    cards: [{ title: "<i>Refunds</i>", text: evil, links: [{ text: "Read", url: "https://example.org/a" }, { text: "Bad", url: "javascript:alert(1)" }] as never }],
  };
  await sitDown(10, { agent: agent([hold("c_1")]), conversations: [conversation("c_1", { top: { entries: 4, notes: 1 } })] }, {
    missed: [entry(1, visitor("jo"), "Refund!"), entry(2, faq, "Here is how", shown), entry(3, faq, "", { kind: "left", reason: "asked" }), entry(4, ada, "", { kind: "joined" })],
    missed_notes: [entry(1, faq, "Wants a refund", { kind: "handoff" })],
  });
  $(".row").click();
  await drawn();
  expect($(".handed-over").textContent).toBe("FAQ handed over: the visitor asked for a personWants a refund");
  expect(($(".handed-over") as HTMLDetailsElement).open).toBe(true);
  expect($(".log").textContent).not.toContain("Wants a refund");
  expect($(".automated .who").textContent).toBe("FAQautomated");
  expect(document.querySelector(".log img, .log i, .reply b")).toBeNull();
  expect([...document.querySelectorAll(".bot-card li a")].map((one) => one.getAttribute("href"))).toEqual(["https://example.org/a"]);
  expect($(".offered .reply").textContent).toBe("Yes <b>please</b>");
  [...document.querySelectorAll<HTMLElement>(".top .button")].find((one) => one.textContent === "Transfer")?.click();
  await drawn();
  const back = [...document.querySelectorAll<HTMLElement>(".target")].find((one) => one.textContent === "FAQautomated")?.querySelector("input");
  back?.click();
  await drawn();
  $("form.panel").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  await drawn();
  expect(server.last.asked("conversation.transfer")[0]).toMatchObject({ conversation: "c_1", to: { bot: "b_faq" } });
});

test("a ring after a bot shows the bot's summary before the visitor's words", async () => {
  await sitDown(10, { offers: [offer("o_1", { text: "Hello", note: "Wants a refund" })] });
  expect($(".offer-note").textContent).toBe("Before you, a bot: Wants a refund");
});
