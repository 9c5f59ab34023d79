import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Launcher } from "./launcher.ts";

// The names and the silence of the launcher; pressing it for real is Chromium's part of the tests.
const asked = vi.fn();

function button(): HTMLButtonElement {
  const found = document.querySelector("frontdesk-launcher")?.shadowRoot?.querySelector("button");
  if (!found) throw new Error("no launcher");
  return found;
}

beforeEach(async () => {
  if (customElements.get("frontdesk-launcher") !== undefined) return;
  vi.stubGlobal("fetch", asked);
  vi.stubGlobal("WebSocket", asked);
  const script = document.createElement("script");
  script.dataset["site"] = "demo";
  script.dataset["language"] = "da";
  script.dataset["side"] = "left";
  script.type = "text/plain";
  script.setAttribute("src", "https://chat.example/widget.js");
  document.head.append(script);
  await import("./loader.ts");
});

afterEach(() => vi.unstubAllGlobals());

test("draws one named button, and does nothing else", () => {
  expect(button().type).toBe("button");
  expect(button().getAttribute("aria-label")).toBe("Chat med os");
  expect(button().getAttribute("aria-expanded")).toBe("false");
  expect(document.querySelectorAll("frontdesk-launcher, frontdesk-panel")).toHaveLength(1);
  expect([localStorage.length, sessionStorage.length, document.cookie]).toEqual([0, 0, ""]);
  expect(asked).not.toHaveBeenCalled();
});

test("takes its side from the script, without a style attribute", () => {
  const launcher = document.querySelector<HTMLElement>("frontdesk-launcher");
  expect(launcher?.dataset["side"]).toBe("left");
  expect(launcher?.shadowRoot?.innerHTML).not.toContain("style");
});

test("the number of unread messages is seen and said, but not while the panel is open", () => {
  const launcher = document.querySelector("frontdesk-launcher") as Launcher;
  launcher.unread = 120;
  expect(button().getAttribute("aria-label")).toBe("Chat med os, 120 ulæst");
  expect(button().textContent).toBe("99+");
  launcher.open = true;
  expect([button().getAttribute("aria-label"), button().getAttribute("aria-expanded"), button().textContent]).toEqual(["Luk chatten", "true", ""]);
  launcher.open = false;
  launcher.unread = 0;
});

test("the page is given five verbs", () => {
  const api = (window as unknown as { Frontdesk: { [verb: string]: (...given: unknown[]) => unknown } }).Frontdesk;
  expect(Object.keys(api).sort()).toEqual(["close", "identify", "on", "open", "toggle"]);
  expect(api["on"]?.("open", () => undefined)).toBeTypeOf("function");
});
