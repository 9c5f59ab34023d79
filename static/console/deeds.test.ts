import { expect, test } from "vitest";
import { RequestError } from "../../widget/client/request-error.ts";
import { inWords, persist, type Line } from "./deeds.ts";

function line(...outcomes: (string | Error)[]): { line: Line; ids: string[]; slept: number[] } {
  const ids: string[] = [];
  const slept: number[] = [];
  const send = async <T>(ask: { client_id: string }): Promise<T> => {
    ids.push(ask.client_id);
    const outcome = outcomes.shift();
    if (outcome instanceof Error) throw outcome;
    return outcome as T;
  };
  return { line: { open: async () => undefined, send, sleep: async (ms) => void slept.push(ms) }, ids, slept };
}

const lost = RequestError.unavailable("connection lost");

test("one name through all attempts, so that it is done once", async () => {
  const { line: one, ids } = line(lost, lost, "yes");
  expect(await persist(one, { do: "wrap_up.end" })).toBe("yes");
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(1);
});

test("a final refusal is not asked twice", async () => {
  const { line: one, ids } = line(new RequestError({ code: "gone", message: "" }), "yes");
  await expect(persist(one, {})).rejects.toMatchObject({ code: "gone" });
  expect(ids).toHaveLength(1);
});

test("the server's time to wait is kept, and patience ends", async () => {
  const busy = new RequestError({ code: "rate_limited", message: "", retry_after_ms: 1234 });
  const { line: one, slept } = line(busy, lost, lost, lost, lost, "never");
  await expect(persist(one, {})).rejects.toMatchObject({ code: "unavailable" });
  expect(slept[0]).toBe(1234);
});

test("words without blame", () => {
  expect(inWords(new RequestError({ code: "gone", message: "" }))).toMatch(/^Too late/);
  expect(inWords(new RequestError({ code: "conflict", message: "" }), { conflict: "Ben cannot take it just now." })).toBe("Ben cannot take it just now.");
  expect(inWords(new Error("x"))).toBe("That did not work. Try again.");
});
