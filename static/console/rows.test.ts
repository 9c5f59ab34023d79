import { expect, test } from "vitest";
import { eventText, rows, type Outgoing } from "./rows.ts";
import { ADA, ada, at, BEN, ben, entry, system, visitor } from "./testing/frames.ts";

const jo = visitor("jo");
const out = (clientId: string): Outgoing => ({ clientId, text: clientId, note: false, state: "sending", lost: false, why: "" });

test("notes stand where their time is, entries keep their order", () => {
  const all = rows([entry(1, jo, "a"), entry(4, jo, "b")], [entry(1, ada, "n", { at: at(2) }), entry(2, ada, "m", { at: at(8) })], [], ADA.id);
  expect(all.map((row) => row.key)).toEqual([expect.stringMatching(/^d-/), "e-1", "n-1", "e-4", "n-2"]);
});

test("messages of one person close together make a group", () => {
  const all = rows([entry(1, jo, "a"), entry(2, jo, "b"), entry(3, ada, "c"), entry(300, jo, "d")], [], [], ADA.id);
  const said = all.flatMap((row) => (row.is === "said" ? [[row.first, row.last, row.mine]] : []));
  expect(said).toEqual([[true, false, false], [false, true, false], [true, true, true], [true, true, false]]);
});

test("what is on its way is last, and gone once its entry is there", () => {
  const all = rows([entry(1, ada, "a", { client_id: "x" })], [], [out("x"), out("y")], ADA.id);
  expect(all.at(-1)).toMatchObject({ is: "outgoing", outgoing: { clientId: "y" } });
  expect(all.filter((row) => row.is === "outgoing")).toHaveLength(1);
});

test("a day begins with a line, today needs none", () => {
  const today = new Date().toISOString();
  expect(rows([entry(1, jo, "a", { at: today })], [], [], ADA.id).map((row) => row.is)).toEqual(["said"]);
  expect(rows([entry(1, jo, "a"), entry(2, jo, "b", { at: today })], [], [], ADA.id).map((row) => row.is)).toEqual(["day", "said", "day", "said"]);
});

test("events in words", () => {
  expect(eventText(entry(1, ada, "", { kind: "joined" }), ADA.id)).toBe("You joined");
  expect(eventText(entry(1, ben, "", { kind: "transferred", to: ADA }), ADA.id)).toBe("Ben transferred to you");
  expect(eventText(entry(1, ada, "", { kind: "transferred", to: BEN }), ADA.id)).toBe("You transferred to Ben");
  expect(eventText(entry(1, { ...jo, name: "" }, "", { kind: "closed" }), ADA.id)).toBe("The visitor closed the conversation");
  expect(eventText(entry(1, system, "", { kind: "closed", reason: "idle" }), ADA.id)).toBe("Closed: it had been quiet for a while");
  expect(eventText(entry(1, ben, "", { kind: "left", reason: "agent_gone" }), ADA.id)).toBe("Ben left: the connection was lost");
  expect(eventText(entry(1, system, "You are number 2", { kind: "notice" }), ADA.id)).toBe("You are number 2");
});
