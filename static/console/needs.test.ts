import { expect, test } from "vitest";
import { needsOf } from "./needs.ts";

test("needs are read as one says them", () => {
  expect(needsOf({})).toEqual({ required: [], preferred: [] });
  expect(needsOf({ needs: {} })).toEqual({ required: [], preferred: [] });
  expect(needsOf({ needs: { require: { danish: 3, billing: 1 }, prefer: { sales: 10 } } })).toEqual({ required: ["danish 3", "billing"], preferred: ["sales"] });
});
