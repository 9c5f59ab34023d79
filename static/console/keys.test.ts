import { expect, test } from "vitest";
import { deedOf, placeOf, type Press } from "./keys.ts";

function press(key: string, more: Partial<Press> = {}): Press {
  return { key, altKey: false, ctrlKey: false, metaKey: false, repeat: false, ...more };
}

test.each([
  ["Enter", "accept"], ["d", "decline"], ["D", "decline"], ["j", "next"], ["k", "previous"], ["/", "write"], ["?", "help"],
  ["Escape", "shut"],
])("%s on the page", (key, deed) => {
  expect(deedOf(press(key), "page")).toBe(deed);
});

test("single keys never fire while typing", () => {
  for (const key of ["Enter", "d", "j", "k", "/", "?"]) expect(deedOf(press(key), "text")).toBeNull();
});

test("keys with Alt and Escape work everywhere", () => {
  expect(deedOf(press("Enter", { altKey: true }), "text")).toBe("accept");
  expect(deedOf(press("ArrowDown", { altKey: true }), "text")).toBe("next");
  expect(deedOf(press("ArrowUp", { altKey: true }), "text")).toBe("previous");
  expect(deedOf(press("n", { altKey: true }), "text")).toBe("note");
  expect(deedOf(press("Escape"), "text")).toBe("shut");
});

test("Enter on a button presses that button", () => {
  expect(deedOf(press("Enter"), "control")).toBeNull();
  expect(deedOf(press("d"), "control")).toBe("decline");
});

test("the browser's own keys stay the browser's, and a held key acts once", () => {
  expect(deedOf(press("d", { ctrlKey: true }), "page")).toBeNull();
  expect(deedOf(press("k", { metaKey: true }), "page")).toBeNull();
  expect(deedOf(press("Enter", { repeat: true }), "page")).toBeNull();
});

test("places", () => {
  document.body.replaceChildren();
  const textarea = document.body.appendChild(document.createElement("textarea"));
  const button = document.body.appendChild(document.createElement("button"));
  const inner = button.appendChild(document.createElement("span"));
  expect(placeOf(textarea)).toBe("text");
  expect(placeOf(inner)).toBe("control");
  expect(placeOf(document.body)).toBe("page");
  expect(placeOf(null)).toBe("page");
});
