import { expect, test } from "vitest";
// Written by the server's own types: tests/settings/test_defaults.py.
import defaults from "../../tests/settings/defaults.json";
import { keyOf, NEW_MEMBER, NEW_MESSAGE, NEW_RULE, NEW_STEP, newAgent, newBot, newDepartment } from "./records.ts";

test("new records have the defaults of the server", () => {
  expect(newDepartment("k", "K")).toEqual(defaults.department);
  expect(newAgent("k", "K", "k@example.org")).toEqual(defaults.agent);
  expect(newBot("k", "K")).toEqual(defaults.bot);
  expect({ department: "k", ...NEW_MEMBER }).toEqual(defaults.member);
  expect({ ...NEW_RULE, name: "r", when: "true" }).toEqual(defaults.rule);
  expect({ ...NEW_MESSAGE, when: "queued" }).toEqual(defaults.message);
  expect(Object.keys(NEW_STEP).sort()).toEqual(Object.keys(defaults.widen).sort());
});

test("a key is made from a name", () => {
  expect(["Sales, Nordic", "Größe", "  Ärger & Co. ", "日本", "a".repeat(80)].map(keyOf)).toEqual(["sales-nordic", "gro-e", "arger-co", "", "a".repeat(64)]);
});
