import { render, type ComponentChild } from "preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Api } from "./api.ts";
import { Settings } from "./settings.ts";
import { workspace } from "./testing.ts";
import { Agent } from "./views/agent.tsx";
import { People } from "./views/people.tsx";
import { SettingsContext } from "./views/place.ts";
import { Site, Sites } from "./views/sites.tsx";

let asked: string[];
let login: string;
let settings: Settings;
let fetcher: typeof fetch;

beforeEach(async () => {
  document.body.replaceChildren();
  asked = [];
  login = "no_password";
  fetcher = (async (path: string, init: { method: string; body?: string }) => {
    asked.push(`${init.method} ${path.replace("/api/v1/", "")}${init.body === undefined ? "" : ` ${init.body}`}`);
    if (path.includes("/api/v1/agents/ada/")) return new Response(null, { status: 204 });
    const found = path === "/api/v1/accounts" ? [{ agent: "ada", login }, { agent: "ben", login: "yes" }] : path === "/api/v1/settings" ? workspace() : {};
    return new Response(JSON.stringify(found), { status: 200, headers: { etag: '"1"' } });
  }) as unknown as typeof fetch;
  settings = new Settings(new Api("root", fetcher));
  await settings.load();
});

afterEach(() => render(null, document.body));

function open(page: ComponentChild): void {
  render(<SettingsContext.Provider value={settings}>{page}</SettingsContext.Provider>, document.body);
}

function button(words: string): HTMLButtonElement {
  const found = [...document.querySelectorAll<HTMLButtonElement>("button")].find((one) => one.textContent === words);
  if (found === undefined) throw new Error(`no button ${words} in ${document.body.textContent}`);
  return found;
}

function write(selector: string, text: string): void {
  const field = document.querySelector(selector) as HTMLInputElement;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

test("a site says where it may be embedded and what to paste", async () => {
  open(<Sites />);
  expect(document.querySelector(".snippet")?.textContent).toMatch(/^<script async src="http.*\/widget.js" data-site="demo"><\/script>$/);
  expect(document.body.textContent).toContain("http://127.0.0.1:8080");
});

test("its origins are saved with what else it has", async () => {
  open(<Site of="demo" />);
  write("textarea", "https://shop.example\nhttps://www.shop.example");
  await vi.waitFor(() => button("Save").click());
  await vi.waitFor(() => expect(asked).toContain(
    'PUT sites/demo {"key":"demo","name":"Demo shop","origins":["https://shop.example","https://www.shop.example"],"departments":["support"]}',
  ));
});

test("whoever cannot sign in is marked, and gets a password on their page", async () => {
  open(<People />);
  await vi.waitFor(() => expect(document.querySelectorAll(".no-login")).toHaveLength(1));
  expect(document.querySelector(".no-login")?.textContent).toBe("cannot sign in yet: no password");
  open(<Agent of="ada" />);
  await vi.waitFor(() => expect(document.querySelector(".over-warn")?.textContent).toContain("no password yet"));
  write("#login-password", "short");
  await vi.waitFor(() => { button("Set it").click(); expect(document.querySelector("#login-password-wrong")?.textContent).toBe("It needs at least 8 characters."); });
  write("#login-password", "a long one");
  login = "yes";
  await vi.waitFor(() => { if (!asked.some((one) => one.includes("/password"))) button("Set it").click(); expect(asked).toContain('POST agents/ada/password {"password":"a long one"}'); });
  await vi.waitFor(() => expect(document.querySelector(".over-warn")).toBeNull());
  expect((document.querySelector("#login-password") as HTMLInputElement).value).toBe("");
});

test("disabling asks once more", async () => {
  login = "yes";
  open(<Agent of="ada" />);
  await vi.waitFor(() => expect(document.body.textContent).toContain("Ada can sign in."));
  button("Disable …").click();
  await vi.waitFor(() => button("Disable Ada"));
  expect(asked.filter((one) => one.startsWith("POST"))).toEqual([]);
  button("Disable Ada").click();
  await vi.waitFor(() => expect(asked).toContain("POST agents/ada/disable"));
});

test("nobody disables themselves or sets their own password here", async () => {
  settings = new Settings(new Api("ada", fetcher));
  await settings.load();
  open(<Agent of="ada" />);
  expect(document.body.textContent).toContain("Your own password is changed in the menu at the top.");
  expect(document.querySelector("#login-password")).toBeNull();
});
