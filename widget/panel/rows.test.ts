import { describe, expect, test } from "vitest";
import type { Entry } from "../client/generated.ts";
import type { Item } from "../client/outbox.ts";
import { rowsOf, RUN_MS } from "./rows.ts";

const noon = Date.parse("2026-03-04T12:00:00.000Z");

function entry(seq: number, role: Entry["from"]["role"], more: Partial<Entry> & { after?: number } = {}): Entry {
  const { after = 0, ...rest } = more;
  return { conversation: "c_1", seq, kind: "message", from: { role, id: role, name: role }, text: `${seq}`, at: new Date(noon + after).toISOString(), ...rest };
}

function item(id: string, state: Item["state"]): Item {
  return { client_id: id, draft: { do: "message.send", conversation: "c_1", text: id }, at: noon, state, stored: null, error: null };
}

describe("what is drawn", () => {
  test("stored first, then what is on its way; nothing twice", () => {
    const rows = rowsOf([entry(1, "visitor", { client_id: "m1" }), entry(2, "agent")], [item("m1", "sent"), item("m2", "sending"), item("m3", "queued")], 0);
    expect(rows.map((row) => [row.key, row.kind === "message" ? row.state : row.kind])).toEqual([
      ["m1", "sent"], ["entry 2", "sent"], ["m2", "sending"], ["m3", "queued"],
    ]);
  });

  test("a message keeps its key when it is stored, so that its line stays the same", () => {
    expect(rowsOf([], [item("m1", "sending")], 0)[0]?.key).toBe(rowsOf([entry(1, "visitor", { client_id: "m1" })], [], 0)[0]?.key);
  });

  test("read is what others have read", () => {
    const rows = rowsOf([entry(1, "visitor"), entry(2, "visitor")], [], 1);
    expect(rows.map((row) => row.kind === "message" && row.state)).toEqual(["read", "sent"]);
  });
});

describe("runs", () => {
  const ends = (entries: Entry[]) => rowsOf(entries, [], 0).map((row) => (row.kind === "message" ? `${row.first ? "[" : ""}${row.text}${row.last ? "]" : ""}` : row.kind));

  test("of one sender, not too far apart, not across what happened", () => {
    expect(ends([entry(1, "agent"), entry(2, "agent"), entry(3, "visitor"), entry(4, "visitor", { kind: "joined" }), entry(5, "visitor")])).toEqual(["[1", "2]", "[3]", "event", "[5]"]);
    expect(ends([entry(1, "agent"), entry(2, "agent", { after: RUN_MS })])).toEqual(["[1]", "[2]"]);
  });

  test("a new day is said", () => {
    expect(ends([entry(1, "agent"), entry(2, "agent", { after: 86_400_000 })])).toEqual(["[1]", "day", "[2]"]);
  });
});
