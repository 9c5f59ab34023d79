import { expect, test } from "vitest";
import { accentCss } from "./accent.ts";

test("a light colour gets dark letters, a dark one light ones", () => {
  expect(accentCss("#ffd400")).toContain("--accent-ink:#000");
  expect(accentCss("#024")).toContain("--accent-ink:#fff");
});

test.each([null, "", "red", "#12", "#ffff", "#fff}*{display:none", "url(//x)"])("%s is not taken", (accent) => {
  expect(accentCss(accent)).toBe("");
});
