import { expect, test } from "vitest";
import type { Person } from "../../widget/client/generated.ts";
import { handedOver, lastBot } from "./bots.ts";
import { eventText } from "./rows.ts";
import { unread } from "./attention.ts";
import { ada, agent, entry, visitor } from "./testing/frames.ts";

const faq: Person = { role: "bot", id: "b_faq", name: "FAQ" };
const jo = visitor("jo");
const talk = [
  entry(1, jo, "Hello"),
  entry(2, faq, "", { kind: "joined" }),
  entry(3, faq, "Try the help page"),
  entry(4, faq, "", { kind: "left", reason: "asked" }),
];
const summary = entry(1, faq, "Wants a refund", { kind: "handoff", at: entry(4, faq, "").at });

test("what a bot says of the talk, and why it came to people", () => {
  expect(handedOver(talk, [summary])).toEqual({ bot: "FAQ", why: "the visitor asked for a person", summary: "Wants a refund", note: 1 });
  expect(handedOver(talk, [])?.summary).toBe("");
  expect(handedOver([entry(1, jo, "Hello"), entry(2, ada, "", { kind: "joined" })], [])).toBeNull();
});

test("given back and handed over once more, the new summary counts, and none is none", () => {
  const back = [...talk, entry(5, ada, "", { kind: "transferred" }), entry(6, faq, "", { kind: "joined" })];
  expect(handedOver(back, [summary])).toBeNull();
  const again = [...back, entry(7, faq, "", { kind: "left", reason: "unanswered" })];
  expect(handedOver(again, [summary])).toEqual({ bot: "FAQ", why: "it did not answer in time", summary: "", note: 0 });
});

test("it is given back to the bot that had it", () => {
  expect(lastBot(talk)).toEqual({ id: "b_faq", name: "FAQ" });
  expect(lastBot([entry(1, jo, "Hello")])).toBeNull();
});

test("what bots do is told as theirs, and nothing of it is unread", () => {
  expect(talk.map((one) => eventText(one, "a_ada")).slice(1)).toEqual(["FAQ answers, automated", "Try the help page", "FAQ handed over: the visitor asked for a person"]);
  expect(unread(agent(), talk, 1)).toBe(0);
});
