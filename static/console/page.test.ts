import { expect, test } from "vitest";
import { mailLink } from "./page.ts";

test("an address is a link to one's own mail, and nothing else is", () => {
  expect(mailLink("jo.lind+shop@example.org")).toBe("mailto:jo.lind+shop@example.org");
  expect(mailLink("jørgen@æble.dk")).toBe("mailto:jørgen@æble.dk");
  for (const other of ["", "jo", "a@b?bcc=all@example.org", "a@b&subject=x", "a b@c", "<jo@example.org>", "javascript:alert(1)@x"]) expect(mailLink(other)).toBeNull();
});
