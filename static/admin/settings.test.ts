import { beforeEach, describe, expect, test } from "vitest";
import { Api, within } from "./api.ts";
import { LIMITS, membersOf, ofDepartment, RULES } from "./sections.ts";
import { Settings } from "./settings.ts";
import { Server } from "./testing.ts";
import { NEW_RULE, type Department } from "./records.ts";

const RINGING = ofDepartment("support", "ringing", "Ringing", ["ring_seconds", "miss_limit"]);
const LINE = ofDepartment("support", "line", "The line", ["max_line"]);

let server: Server;
let settings: Settings;

beforeEach(async () => {
  server = new Server();
  settings = new Settings(new Api("root", server.fetch));
  await settings.load();
});

function support(): Department {
  return server.file.department.find((one) => one.key === "support") as Department;
}

test("what is saved is shown, and whose cookie is meant is said", () => {
  expect(settings.phase.value).toBe("in");
  expect(settings.value(RINGING)).toEqual({ ring_seconds: 30, miss_limit: 3 });
  expect(server.headers.every((one) => one["frontdesk-agent"] === "root")).toBe(true);
});

describe("a change", () => {
  test("is a draft until it is saved, and then it is the server's", async () => {
    settings.change(RINGING, { ring_seconds: 20, miss_limit: 3 });
    expect(settings.unsaved.value).toEqual([{ id: "department/support/ringing", title: "Ringing (support)" }]);
    expect(support().ring_seconds).toBe(30);
    expect(await settings.save(RINGING)).toBe(true);
    expect(support()).toMatchObject({ ring_seconds: 20, miss_limit: 3, name: "Support", method: "average_utilization" });
    expect(settings.unsaved.value).toEqual([]);
    expect(settings.said.value?.id).toBe(RINGING.id);
    expect(server.asked.at(-1)).toBe("GET settings");
  });

  test("of the limits is saved as one table, and what is wrong with one of them is beside it", async () => {
    const limits = settings.value(LIMITS)!;
    settings.change(LIMITS, { ...limits, messages_per_visitor: [5, 0] });
    const problems = [{ path: ["limits", "messages_per_visitor"], record: "limits", message: "must be …", hint: "" }];
    server.refuses.push({ status: 400, error: { code: "bad_request", message: "no", field: "messages_per_visitor", problems } });
    expect(await settings.save(LIMITS)).toBe(false);
    expect(settings.drafts.value[LIMITS.id]?.problems.map((one) => one.at)).toEqual(["messages_per_visitor"]);
    settings.change(LIMITS, { ...limits, messages_per_visitor: [5, 60] });
    expect(await settings.save(LIMITS)).toBe(true);
    expect(server.file.limits).toEqual({ ...limits, messages_per_visitor: [5, 60] });
    expect(server.asked).toContain("PUT limits");
  });

  test("taken back by hand is none", () => {
    settings.change(RINGING, { ring_seconds: 20, miss_limit: 3 });
    settings.change(RINGING, { ring_seconds: 30, miss_limit: 3 });
    expect(settings.unsaved.value).toEqual([]);
  });

  test("is not lost when the server cannot be reached", async () => {
    settings.change(RINGING, { ring_seconds: 20, miss_limit: 3 });
    server.refuses.push({ status: 0 });
    expect(await settings.save(RINGING)).toBe(false);
    expect(settings.drafts.value[RINGING.id]).toMatchObject({ saving: false, trouble: "We could not reach the server. Try again." });
    expect(settings.value(RINGING)).toEqual({ ring_seconds: 20, miss_limit: 3 });
    expect(await settings.save(RINGING)).toBe(true);
  });

  test("that is refused names the fields", async () => {
    settings.change(RINGING, { ring_seconds: 0, miss_limit: 3 });
    const problems = [{ path: ["department", "support", "ring_seconds"], record: "", message: "must be above 0", hint: "" }];
    server.refuses.push({ status: 400, error: { code: "bad_request", message: "no", field: "ring_seconds", problems } });
    expect(await settings.save(RINGING)).toBe(false);
    expect(settings.drafts.value[RINGING.id]?.problems).toMatchObject([{ at: "ring_seconds", message: "must be above 0" }]);
  });

  test("after the login has ended shows the form, not an error", async () => {
    settings.change(RINGING, { ring_seconds: 20, miss_limit: 3 });
    server.refuses.push({ status: 401 });
    await settings.save(RINGING);
    expect(settings.phase.value).toBe("out");
  });
});

describe("somebody else saved meanwhile", () => {
  test("another section: ours goes on top of theirs", async () => {
    settings.change(RINGING, { ring_seconds: 20, miss_limit: 3 });
    server.save("departments/support", { ...support(), max_line: 9 });
    expect(await settings.save(RINGING)).toBe(true);
    expect(support()).toMatchObject({ ring_seconds: 20, max_line: 9 });
  });

  test("the same section: nothing is overwritten without asking", async () => {
    settings.change(RINGING, { ring_seconds: 20, miss_limit: 3 });
    server.save("departments/support", { ...support(), ring_seconds: 40 });
    expect(await settings.save(RINGING)).toBe(false);
    expect(settings.drafts.value[RINGING.id]?.theirs).toEqual({ ring_seconds: 40, miss_limit: 3 });
    expect(support().ring_seconds).toBe(40);
    expect(await settings.save(RINGING, true)).toBe(true);
    expect(support().ring_seconds).toBe(20);
  });

  test("again and again: it gives up instead of going round for ever", async () => {
    settings.change(LINE, { max_line: 5 });
    for (let i = 0; i < 4; i += 1) {
      server.refuses.push({ status: 412 });
      // The look in between is answered rightly.
      server.refuses.push(undefined as never);
    }
    expect(await settings.save(LINE)).toBe(false);
    expect(settings.drafts.value[LINE.id]?.trouble).toBe("Others are saving at the same time. Try again.");
    expect(server.asked.filter((one) => one.startsWith("PUT"))).toHaveLength(4);
  });

  test("the record is gone: it shows nothing", async () => {
    server.file = { ...server.file, department: [] };
    await settings.load();
    expect(settings.value(RINGING)).toBeNull();
  });
});

describe("who may not", () => {
  test.each([[401, "out"], [403, "forbidden"], [0, "lost"], [500, "lost"]] as const)("%i is %s", async (status, phase) => {
    const fresh = new Settings(new Api("ada", server.fetch));
    server.refuses.push({ status });
    await fresh.load();
    expect(fresh.phase.value).toBe(phase);
  });
});

describe("members", () => {
  const MEMBERS = membersOf("support");

  test("are kept with the agents; only those who change are saved", async () => {
    settings.change(MEMBERS, { members: { ada: { priority: 10, max_slots: 2 }, ben: { priority: 50, max_slots: 0 } } });
    await settings.save(MEMBERS);
    expect(server.asked.filter((one) => one.startsWith("PUT"))).toEqual(["PUT agents/ada", "PUT agents/ben"]);
    expect(server.file.agent.map((one) => one.member)).toEqual([
      [{ department: "support", priority: 10, max_slots: 2 }], [{ department: "support", priority: 50, max_slots: 0 }],
    ]);
    settings.change(MEMBERS, { members: { ben: { priority: 50, max_slots: 0 } } });
    await settings.save(MEMBERS);
    expect(server.asked.filter((one) => one.startsWith("PUT"))).toHaveLength(3);
    expect(server.file.agent[0]?.member).toEqual([]);
  });

  test("a problem is shown at the person", async () => {
    settings.change(MEMBERS, { members: { ada: { priority: 101, max_slots: 0 } } });
    const problems = [{ path: ["agent", "ada", "member", 0, "priority"], message: "from 1 to 100" }];
    server.refuses.push({ status: 400, error: { problems } });
    await settings.save(MEMBERS);
    expect(settings.drafts.value[MEMBERS.id]?.problems).toMatchObject([{ at: "ada.priority" }]);
  });
});

test("rules are saved as one list, their problems keep their number", async () => {
  settings.change(RULES, { rule: [{ ...NEW_RULE, name: "one", when: "true" }] });
  await settings.save(RULES);
  expect(server.file.rule).toHaveLength(1);
  expect([within(["rule", "1", "when"]), within(["department", "support", "message", "0", "text", "da"]), within(["workspace", "timezone"]), within(["key"])])
    .toEqual(["rule.1.when", "message.0.text.da", "timezone", "key"]);
});
