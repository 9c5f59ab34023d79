import { describe, expect, test } from "vitest";
import type { Candidate, Named, Offer, Why } from "../../widget/client/generated.ts";
import { ADA, BEN, ben, entry } from "../console/testing/frames.ts";
import { circumstances, theOne, whyThem, whyYou, whyYours } from "./why.ts";

const ME = "a_ada";

function candidate(name: string, more: Partial<Candidate> = {}): Candidate {
  const id = `a_${name.toLowerCase()}`;
  return { agent: { id, key: name.toLowerCase(), name }, excluded: null, running: 1, used: 1, max: 3, priority: 50, ...more };
}

function offer(why: Partial<Why>, transfer_from: Offer["transfer_from"] = null): Pick<Offer, "why" | "transfer_from"> {
  const base: Why = {
    method: "average_utilization", reason: "method", takeable: 3, chosen: candidate("Ada"), runner_up: null, excluded: {},
    candidates: [], widening_step: 0, rules: [],
  };
  return { why: { ...base, ...why }, transfer_from };
}

describe("the sentence", () => {
  test.each([
    ["average_utilization", "Fewest running (1) of 3 who could take it."],
    ["max_utilization", "Most running (1) with a free slot of 3 who could take it."],
    ["priority", "Best priority (50) of 3 who could take it."],
    ["random", "Drawn at random from 3 who could take it."],
    ["round_robin", "Your turn among 3 who could take it."],
    ["longest_idle", "Longest without a new conversation among 3 who could take it."],
    ["ring_all", "Rings at all 3 who can take it; the first to accept has it."],
  ])("%s", (method, said) => {
    expect(whyYou(offer({ method }), ME).why).toBe(said);
  });

  test("nobody else could", () => {
    expect(whyYou(offer({ takeable: 1 }), ME).why).toBe("You are the only one who can take it.");
    expect(whyYou(offer({ takeable: 1, method: "ring_all" }), ME).why).toBe("You are the only one who can take it.");
  });

  test("reasons above the method", () => {
    expect(whyYou(offer({ reason: "previous_agent" }), ME).why).toBe("You had this conversation before.");
    expect(whyYou(offer({ reason: "pick" }), ME).why).toBe("You picked it from the line.");
    const ben = { id: "a_ben", key: "ben", name: "Ben" };
    expect(whyYou(offer({ reason: "transfer", excluded: { full: 2 }, runner_up: candidate("Cleo") }, ben), ME)).toEqual({ why: "Ben hands it to you.", next: "" });
    expect(whyYou(offer({ reason: "transfer" }, ben), ME).why).toBe("Ben hands it to you.");
  });

  test("a method this console does not know", () => {
    expect(whyYou(offer({ method: "by_the_moon" }), ME).why).toBe("Chosen of 3 who could take it.");
  });
});

describe("the others", () => {
  test("are named with their reason, not oneself, not other departments", () => {
    const candidates = [
      candidate("Ada"),
      candidate("Ben", { excluded: "full", used: 3 }),
      candidate("Cleo", { excluded: "skills" }),
      candidate("Dag", { excluded: "not_member" }),
    ];
    expect(whyYou(offer({ candidates }), ME).why).toBe(
      "Fewest running (1) of 3 who could take it. Ben full 3/3, Cleo without the skill.",
    );
  });

  test("are counted beyond three", () => {
    const candidates = ["Ben", "Cleo", "Dag", "Eva", "Fay"].map((name) => candidate(name, { excluded: "status" }));
    expect(whyYou(offer({ candidates }), ME).why).toMatch(/Ben not available, Cleo .*, Dag not available and 2 more\.$/);
  });

  test("are only counted when their table was not kept", () => {
    expect(whyYou(offer({ excluded: { full: 12, status: 3, not_member: 40 } }), ME).why).toBe(
      "Fewest running (1) of 3 who could take it. 12 full, 3 not available.",
    );
  });

  test("an unknown clause is shown as it is", () => {
    expect(whyYou(offer({ candidates: [candidate("Ben", { excluded: "on_the_moon" })] }), ME).why).toContain("Ben on the moon.");
  });
});

describe("a conversation one has", () => {
  const { why } = offer({ method: "ring_all" });
  const yours = (given: Why | null, agent: Named | null = ADA, entries = [entry(3, ben, "", { kind: "transferred", to: ADA })]) =>
    whyYours({ why: given, agent }, entries, ME)?.why;

  test("says it as something past", () => {
    expect(yours(why)).toBe("It rang at all 3 who could take it; you were the first.");
    expect(yours({ ...why, takeable: 1 })).toBe("You were the only one who could take it.");
  });

  test("that was handed over names who did it", () => {
    expect(yours({ ...why, reason: "transfer" })).toBe("Ben handed it to you.");
    expect(yours({ ...why, reason: "transfer" }, ADA, [])).toBe("A colleague handed it to you.");
  });

  test("without a decision was picked", () => {
    expect(yours(null)).toBe("You picked it from the line.");
  });

  test("of somebody else has another reason", () => {
    expect(yours(why, BEN)).toBeUndefined();
    expect(yours(why, null)).toBeUndefined();
  });
});

test("who would have been next", () => {
  expect(whyYou(offer({ runner_up: candidate("Dag", { running: 3 }) }), ME).next).toBe("Next would have been Dag (3 running).");
  expect(whyYou(offer({ method: "priority", runner_up: candidate("Dag", { priority: 60 }) }), ME).next).toBe(
    "Next would have been Dag (priority 60).",
  );
  expect(whyYou(offer({ runner_up: null }), ME).next).toBe("");
});

describe("of a colleague, afterwards", () => {
  const why = (more: Partial<Why>): Why => offer(more).why;

  test.each([
    [{ takeable: 3 }, "Fewest running (1) of 3 who could take it."],
    [{ takeable: 1 }, "Ada was the only one who could take it."],
    [{ method: "round_robin" }, "Ada’s turn among 3 who could take it."],
    [{ reason: "reserved" }, "It was kept for Ada."],
    [{ reason: "previous_agent" }, "Ada had this conversation before."],
    [{ reason: "pick" }, "Ada picked it from the line."],
    [{ method: "ring_all", chosen: null }, "It rang at all 3 who could take it."],
  ] as const)("%o", (more, said) => {
    expect(whyThem(why(more)).why).toBe(said);
  });

  test("nobody could: what kept each from it", () => {
    const candidates = [candidate("Ada", { excluded: "status" }), candidate("Ben", { excluded: "full", used: 3 })];
    expect(whyThem(why({ chosen: null, takeable: 0, candidates }))).toEqual({
      why: "Nobody could take it just then.", next: "Ada not available, Ben full 3/3.",
    });
  });

  test("who rings alone is named although ring_all chooses nobody", () => {
    const candidates = [candidate("Ada", { excluded: "status" }), candidate("Ben")];
    const rings = why({ method: "ring_all", chosen: null, takeable: 1, candidates });
    expect(theOne(rings)?.agent.name).toBe("Ben");
    expect(whyThem(rings).why).toBe("Ben was the only one who could take it. Ada not available.");
    expect(theOne(why({ method: "ring_all", chosen: null, takeable: 2, candidates }))).toBeNull();
  });

  test("preferred skills decide before the method", () => {
    const better = { ...candidate("Ada"), preference: 3 } as Candidate;
    const next = { ...candidate("Ben"), preference: 1 } as Candidate;
    expect(whyYou(offer({ chosen: better, runner_up: next }), ME).why).toBe("Best fit for what the visitor prefers, of 3 who could take it.");
    expect(whyYou(offer({ chosen: better, runner_up: { ...next, preference: 3 } as Candidate }), ME).why).toBe("Fewest running (1) of 3 who could take it.");
  });
});

test("rules and waiting bore on it, if they did", () => {
  expect(circumstances({ widening_step: 0, rules: [] })).toEqual([]);
  expect(circumstances({ widening_step: 2, rules: ["prices"] })).toEqual([
    "It had waited long enough to be opened to more people (step 2).", "Rule: prices.",
  ]);
  expect(circumstances({ widening_step: 0, rules: ["prices", "danish"] })).toEqual(["Rules: prices, danish."]);
});
