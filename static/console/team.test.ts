import { expect, test, vi } from "vitest";
import { ADA, BEN, colleague, SUPPORT } from "./testing/frames.ts";
import { seen, Team, type Running } from "./team.ts";

const FAQ = { id: "b_faq", key: "faq", name: "FAQ" };
const CLEO = { id: "a_cleo", key: "cleo", name: "Cleo" };

function running(id: string, more: Partial<Running> = {}): Running {
  return { id, state: "active", department: SUPPORT, agent: ADA, bot: null, visitor: id, visitor_id: `v_${id}`, started_at: "2020-11-03T09:00:00.000Z", ...more };
}

test("who has most comes first, who is offline with nothing steps back, oneself is not listed", () => {
  const agents = [colleague(ADA), colleague(BEN), colleague(CLEO, { status: "offline", reachable: false })];
  const found = seen(agents, [running("c_1", { agent: BEN }), running("c_2", { agent: CLEO }), running("c_3", { agent: CLEO })], ADA.id);
  expect(found.members.map(({ colleague: one, running: its }) => [one.name, its.length])).toEqual([["Cleo", 2], ["Ben", 1]]);
  expect(seen(agents, [], ADA.id).gone.map((one) => one.name)).toEqual(["Cleo"]);
});

test("what waits belongs to nobody; what bots have stands with the bot", () => {
  const all = [running("c_1", { state: "offered", agent: null }), running("c_2", { state: "bot", agent: null, bot: FAQ }), running("c_3", { state: "bot", agent: null, bot: FAQ })];
  const found = seen([colleague(ADA)], all, BEN.id);
  expect(found.members.map((one) => one.running)).toEqual([[]]);
  expect(found.bots.map(({ bot, running: its }) => [bot.name, its.map((one) => one.id)])).toEqual([["FAQ", ["c_2", "c_3"]]]);
});

test("the newest answer counts, and an answer that does not come is said", async () => {
  const answers: ((found: readonly Running[]) => void)[] = [];
  const fetch = vi.fn(() => new Promise<readonly Running[]>((done) => answers.push(done)));
  const team = new Team(fetch);
  const both = [team.ask(), team.ask()];
  answers[1]?.([running("c_new")]);
  answers[0]?.([running("c_old")]);
  await Promise.all(both);
  expect(team.running.value?.map((one) => one.id)).toEqual(["c_new"]);
  fetch.mockRejectedValueOnce(new Error("HTTP 503"));
  await team.ask();
  expect([team.failed.value, team.running.value?.length]).toEqual([true, 1]);
});
