import { expect, test } from "vitest";
import { browserWake } from "./wake.ts";

test("asks when the network comes, when it goes, and when the page is seen again, until it is stopped", () => {
  let asked = 0;
  const stop = browserWake(() => (asked += 1));
  for (const event of ["online", "offline", "pageshow"]) window.dispatchEvent(new Event(event));
  document.dispatchEvent(new Event("visibilitychange"));
  expect(asked).toBe(4);
  stop();
  for (const event of ["online", "offline", "pageshow"]) window.dispatchEvent(new Event(event));
  document.dispatchEvent(new Event("visibilitychange"));
  expect(asked).toBe(4);
});
