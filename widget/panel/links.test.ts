import { expect, test } from "vitest";
import { partsOf } from "./links.ts";

const links = (text: string) => partsOf(text).flatMap((part) => (part.href === null ? [] : [part.href]));

test.each([
  ["see https://a.example/x?y=1.", "https://a.example/x?y=1"],
  ["(https://a.example/b)", "https://a.example/b"],
  ["https://a.example/b_(c), then", "https://a.example/b_(c)"],
  ["mail ada@demo.example!", "mailto:ada@demo.example"],
  ["mailto:ada@demo.example", "mailto:ada@demo.example"],
])("%s", (text, href) => {
  expect(links(text)).toEqual([href]);
  expect(partsOf(text).map((part) => part.text).join("")).toBe(text);
});

test.each(["javascript:alert(1)", "data:text/html,x", "ftp://a.example", "vbscript:x", "https://", "<img src=x onerror=alert(1)>", "a@b", ""])(
  "%s is no link, and stays as written",
  (text) => {
    expect(links(text)).toEqual([]);
    expect(partsOf(text).map((part) => part.text).join("")).toBe(text);
  },
);
