import { describe, expect, test } from "vitest";
import type { Entry } from "../../widget/client/generated.ts";
import { inOrder, nameOf, preview, sections, shortName, unread } from "./attention.ts";
import { ada, agent, at, ben, conversation, entry, hold, system, visitor } from "./testing/frames.ts";

const jo = visitor("jo");
const joined = (seq: number): Entry => entry(seq, ada, "", { kind: "joined" });

function one(entries: Entry[], kind: "active" | "wrap_up" = "active") {
  const me = agent([hold("c_1", kind, at(90))]);
  return inOrder(sections(me, [conversation("c_1")], () => entries, () => 0))[0];
}

describe("who waits", () => {
  test("for me, since the first unanswered message", () => {
    const item = one([joined(1), entry(2, ada, "Hi"), entry(3, jo, "a"), entry(4, jo, "b")]);
    expect(item).toMatchObject({ side: "me", since: at(3), unread: 2, preview: "b" });
  });

  test("for me, but not from before I came", () => {
    expect(one([entry(1, jo, "a"), joined(5)])).toMatchObject({ side: "me", since: at(5) });
  });

  test("for me, when I have not said a word yet", () => {
    expect(one([joined(1)])).toMatchObject({ side: "me", since: at(1) });
    expect(one([entry(1, jo, "a"), entry(2, ben, "b"), joined(3)])).toMatchObject({ side: "me", since: at(3) });
  });

  test("for them, since my last word; notices change nothing", () => {
    const item = one([joined(1), entry(2, jo, "a"), entry(3, ada, "b"), entry(4, system, "Still there?", { kind: "notice" })]);
    expect(item).toMatchObject({ side: "them", since: at(3), preview: "You: b", unread: 0 });
  });

  test("for nobody in wrap-up", () => {
    expect(one([joined(1), entry(2, jo, "a"), entry(3, jo, "", { kind: "closed" })], "wrap_up")).toMatchObject({ side: "wrap_up", since: at(3) });
  });
});

test("who waits longest is on top", () => {
  const talks: Record<string, Entry[]> = { c_1: [joined(1), entry(9, jo, "a")], c_2: [joined(1), entry(5, jo, "b")], c_3: [joined(1), entry(7, ada, "c")] };
  const me = agent([hold("c_1"), hold("c_2"), hold("c_3")]);
  const all = sections(me, ["c_1", "c_2", "c_3"].map((id) => conversation(id)), (id) => talks[id] ?? [], () => 0);
  expect(inOrder(all).map((item) => item.conversation.id)).toEqual(["c_2", "c_1", "c_3"]);
});

test("unread ends where one has read or answered", () => {
  const entries = [entry(1, jo, "a"), entry(2, ada, "b"), entry(3, jo, "c"), entry(4, jo, "d"), entry(5, ben, "e")];
  expect(unread(agent(), entries, 0)).toBe(2);
  expect(unread(agent(), entries, 3)).toBe(1);
  expect(unread(agent(), entries, 9)).toBe(0);
});

test("previews are one line", () => {
  expect(preview(agent(), [entry(1, jo, "a\n\n  b ")])).toBe("a b");
  expect(preview(agent(), [entry(1, ben, "c")])).toBe("Ben: c");
  expect(preview(agent(), [])).toBe("");
});

test("names", () => {
  expect(nameOf({ id: "v_abc4172", name: " " })).toBe("Visitor 4172");
  expect(shortName({ id: "v_1", name: "Jonas Ojala" })).toBe("Jonas");
  expect(shortName({ id: "v_1", name: "" })).toBe("the visitor");
});
