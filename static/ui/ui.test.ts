import { describe, expect, test } from "vitest";
import { initials } from "./avatar.tsx";
import { pieces, webAddress } from "./linkify.tsx";
import { marks } from "./slots.tsx";
import { minutes, span } from "./time.tsx";

describe("linkify", () => {
  test("cuts a text into words and web addresses", () => {
    expect(pieces("See https://example.org/a?b=1, or (http://example.org/x_(y)).")).toEqual([
      { text: "See " },
      { text: "https://example.org/a?b=1", href: "https://example.org/a?b=1" },
      { text: ", or (" },
      { text: "http://example.org/x_(y)", href: "http://example.org/x_(y)" },
      { text: ")." },
    ]);
  });

  test("loses no letter of the text", () => {
    for (const text of ["", "https://", "a https://x.y/…", "javascript:alert(1)", "https://a.b https://c.d", "http://[bad"]) {
      expect(pieces(text).map((piece) => piece.text).join("")).toBe(text);
    }
  });

  test("only the web is a link", () => {
    expect(webAddress("https://example.org")).toBe("https://example.org/");
    for (const bad of ["javascript:alert(1)", "data:text/html,x", "file:///etc", "/relative", "", "vbscript:x"]) expect(webAddress(bad)).toBeNull();
  });
});

test("spans", () => {
  expect([0, 9_999, 108_000, 3_599_999, 7_500_000, 200_000_000, -5].map(span)).toEqual(["0:00", "0:09", "1:48", "59:59", "2 h 05", "2 d", "0:00"]);
  expect([20_000, 720_000, 4_000_000].map(minutes)).toEqual(["under a minute", "12 min", "1 h 06"]);
});

test("initials", () => {
  expect(["Jonas Ojala", "ada", "Eleni P.", "", "José María de la Cruz", "王 伟"].map(initials)).toEqual(["JO", "A", "EP", "V", "JC", "王伟"]);
});

test("slots: held first, wrap-up and rings after, one mark a slot", () => {
  const hold = (kind: "active" | "offer" | "wrap_up", cost = 1) => ({ conversation: "c", kind, cost, until: null });
  expect(marks([hold("offer"), hold("active", 2)], 4)).toEqual(["active", "active", "offer", "free"]);
  expect(marks([hold("wrap_up"), hold("active")], 1)).toEqual(["active", "wrap_up"]);
});
