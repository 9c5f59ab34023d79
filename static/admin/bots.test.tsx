import { render } from "preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Api } from "./api.ts";
import { byReason, matching, took, tryOut, type Frame, type Running } from "./bots.ts";
import { newBot } from "./records.ts";
import { Settings } from "./settings.ts";
import { workspace } from "./testing.ts";
import { Bot } from "./views/bot.tsx";
import { SettingsContext } from "./views/place.ts";
import { firstOptions } from "./views/first.ts";
import { share } from "./views/bots.tsx";

const FAQ: Running = {
  key: "faq", name: "FAQ", conversations: 3, waiting: 1, oldest_unanswered_at: null, last_error: { code: "not_owner", at: new Date().toISOString() },
  answered: 40, answer_p50_ms: 420, answer_p95_ms: 2600, started: 9, handed_over: { asked: 2, handoff: 1 }, failed: { nobody: 1 }, deflected: 5,
  connections: [
    { session: "s_1", since: "2020-11-03T09:00:00.000Z", address: "192.0.2.1", name: "<b>worker</b>", lag_ms: 12, last_frame_at: null },
  ],
  tokens: [{ id: "t_1", label: "server", good: true, made_at: "2020-11-03T09:00:00.000Z", used_at: null, expires_at: null }],
};

function frame(dir: Frame["dir"], text: string): Frame {
  return { at: "2020-11-03T09:00:00.123Z", dir, frame: text, bytes: text.length };
}

const FRAMES = [frame("in", '{"do":"message.send","text":"Hello <img src=x>"}'), frame("out", '{"re":"1","ok":true}'), frame("out", '{"on":"entry","text":"Hello"}')];
const LOGS = [
  { session: "s_0", name: "old", since: "2020-11-03T08:00:00.000Z", ended: "2020-11-03T08:30:00.000Z", frames: FRAMES.slice(0, 1) },
  { session: "s_1", name: "<b>worker</b>", since: "2020-11-03T09:00:00.000Z", ended: null, frames: FRAMES },
];

let asked: string[];
let settings: Settings;

beforeEach(async () => {
  document.body.replaceChildren();
  asked = [];
  const file = { ...workspace(), bot: [newBot("faq", "FAQ")] };
  const answers: Record<string, unknown> = {
    "GET /api/v1/settings": file, "GET /api/v1/bots": [FAQ], "GET /api/v1/bots/faq/frames": LOGS, "GET /api/v1/bots/faq/days?days=7": [{ day: "2020-11-02", ended: 0, deflected: 0 }, { day: "2020-11-03", ended: 4, deflected: 3 }],
    "POST /api/v1/bots/faq/tokens": { id: "t_2", token: "fdb_secret" }, "POST /api/v1/bots/faq/trial": { ticket: "trial.x", url: "/chat/demo#trial=trial.x" },
    "DELETE /api/v1/bots/faq/tokens/t_1": {}, "PUT /api/v1/bots/faq": {},
  };
  const fetcher = (async (path: string, init: { method: string; body?: string }) => {
    asked.push(`${init.method} ${path}${init.body === undefined ? "" : ` ${init.body}`}`);
    const found = answers[`${init.method} ${path}`];
    return new Response(JSON.stringify(found ?? { error: { message: "no" } }), { status: found === undefined ? 404 : 200, headers: { etag: '"1"' } });
  }) as unknown as typeof fetch;
  settings = new Settings(new Api("root", fetcher));
  await settings.load();
});

afterEach(() => render(null, document.body));

async function open(): Promise<void> {
  render(<SettingsContext.Provider value={settings}><Bot of="faq" /></SettingsContext.Provider>, document.body);
  await until(() => expect(document.querySelector("[aria-label='Day by day']")).not.toBeNull());
}

/** However long it takes to be drawn. */
async function until(check: () => void): Promise<void> {
  await vi.waitFor(check, { timeout: 8000, interval: 10 });
}

async function pressed(name: string): Promise<void> {
  await until(() => button(name));
  button(name).click();
}

async function one<E extends Element>(selector: string): Promise<E> {
  await until(() => expect(document.querySelector(selector)).not.toBeNull());
  return document.querySelector(selector) as E;
}

function button(name: string): HTMLButtonElement {
  const found = [...document.querySelectorAll("button")].find((one) => one.textContent === name);
  if (found === undefined) throw new Error(`no button ${name} in ${document.body.textContent}`);
  return found;
}

test("a bot is shown as it does, whatever it calls itself", async () => {
  await open();
  const said = document.querySelector(".kept")?.textContent ?? "";
  for (const one of ["420 ms at the median, 95 % within 2.6 s, of 40", "9 conversations", "5 (63 % of 8 that are over)", "2: the visitor asked · 1: by itself", "1: nobody was there", "not_owner", "Since the server started"]) {
    expect(said).toContain(one);
  }
  expect(document.querySelector("th b")).toBeNull();
  expect(document.body.textContent).toContain("<b>worker</b>");
  expect(document.querySelector("[aria-label='Day by day'] tbody")?.textContent).toMatch(/^Tue,? 3 Nov4375 %$/);
});

test("a token is shown once, copied, and gone when one is done", async () => {
  const copied = vi.fn(async () => undefined);
  vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText: copied } });
  await open();
  document.querySelector("form[aria-label='A new token']")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  expect((await one<HTMLInputElement>(".once input")).value).toBe("fdb_secret");
  await pressed("Copy");
  await until(() => expect(copied).toHaveBeenCalledWith("fdb_secret"));
  await pressed("Done");
  await until(() => expect(document.querySelector(".once")).toBeNull());
  expect(document.body.innerHTML).not.toContain("fdb_secret");
  vi.unstubAllGlobals();
});

test("revoking asks once more", async () => {
  await open();
  await pressed("Revoke …");
  await until(() => button("Revoke now"));
  expect(asked.some((each) => each.startsWith("DELETE"))).toBe(false);
  await pressed("Revoke now");
  await until(() => expect(asked).toContain("DELETE /api/v1/bots/faq/tokens/t_1"));
});

test("frames are text, and can be narrowed down", async () => {
  await open();
  expect(asked.some((each) => each.includes("/frames"))).toBe(false);
  await pressed("Show the frames");
  await until(() => expect(document.querySelectorAll(".frame-list li")).toHaveLength(3));
  expect(document.querySelector(".frame-list img")).toBeNull();
  const which = await one<HTMLSelectElement>("[aria-label=Connection]");
  which.value = "s_0";
  which.dispatchEvent(new Event("change", { bubbles: true }));
  await until(() => expect(document.querySelectorAll(".frame-list li")).toHaveLength(1));
  expect(matching(FRAMES, "hello", "").length).toBe(2);
  expect(matching(FRAMES, "HELLO entry", "out").map((each) => each.frame)).toEqual(['{"on":"entry","text":"Hello"}']);
  expect(matching(FRAMES, "", "in")).toHaveLength(1);
});

test("a try-out is a frame of our own chat page and of nothing else", async () => {
  await open();
  await pressed("Open a chat");
  expect((await one("iframe")).getAttribute("src")).toBe("/chat/demo#trial=trial.x");
  expect(asked).toContain('POST /api/v1/bots/faq/trial {"site":"demo"}');
  const other = { post: async () => ({ url: "https://elsewhere.example/chat/demo" }) } as unknown as Api;
  await expect(tryOut(other, "faq", "demo")).rejects.toThrow("not one of our pages");
});

test("words for a person are saved by language, as settings are", async () => {
  await open();
  const field = await one<HTMLInputElement>("[aria-label='Another language']");
  field.value = "DA";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await until(() => {
    button("Add a language").click();
    expect(document.querySelector(".words textarea")).not.toBeNull();
  });
  const words = await one<HTMLTextAreaElement>(".words textarea");
  words.value = "menneske\nrigtig person";
  words.dispatchEvent(new Event("input", { bubbles: true }));
  await until(() => expect(settings.unsaved.value).toHaveLength(1));
  await pressed("Save");
  const body = JSON.stringify({ ...newBot("faq", "FAQ"), human_words: { da: ["menneske", "rigtig person"] } });
  await until(() => expect(asked).toContain(`PUT /api/v1/bots/faq ${body}`));
});

test("figures are said as people compare them", () => {
  expect([null, 80, 999, 1400, 99_000, 120_000].map(took)).toEqual(["–", "80 ms", "999 ms", "1.4 s", "99.0 s", "2 min"]);
  expect(byReason({ asked: 1, something_new: 3, handoff: 0 })).toEqual(["3: something new", "1: the visitor asked"]);
  expect(share({ deflected: 0, handed_over: {} })).toBe("–");
});

test("who answers first is chosen by name, and what is not there stays to be seen", () => {
  expect(firstOptions([newBot("faq", "FAQ")], "bot:old").map((one) => one.label)).toEqual(["People", "FAQ, a bot", "bot:old"]);
});
