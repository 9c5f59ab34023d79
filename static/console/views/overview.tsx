import type { Agent, Colleague, Department } from "../../../widget/client/generated.ts";
import { Button } from "../../ui/button.tsx";
import { Since } from "../../ui/time.tsx";
import { nameOf } from "../attention.ts";
import { seen, type Running } from "../team.ts";
import { usePlace } from "./desk-context.ts";
import { useTeam } from "./team-context.ts";

/** What a supervisor has before the eyes while nothing is chosen: the lines, and who has what. */
export function Overview() {
  const { desk } = usePlace();
  const team = useTeam();
  const state = desk.state.value;
  if (state === null) return null;
  const { members, gone, bots } = seen(state.agents, team.running.value ?? [], state.agent.id);
  return (
    <main class="talk overview" aria-label="Overview">
      <div class="over-head">
        <h2>Right now</h2>
        <p class="soft">{lead(state.agent.status, members.map(({ colleague }) => colleague))}</p>
        {state.agent.status !== "available" && <Button small onClick={() => void desk.setStatus("available")}>Set available</Button>}
      </div>
      <ul class="over-lines">{state.departments.map((one) => <OneLine key={one.id} department={one} />)}</ul>
      {members.length + bots.length === 0 ? <p class="soft">Nobody of the team is there.</p> : (
        <table class="over-team">
          <thead><tr><th scope="col">Who</th><th scope="col">Slots</th><th scope="col">Talks with</th></tr></thead>
          <tbody>
            {members.map(({ colleague, running }) => <Row key={colleague.id} colleague={colleague} running={running} />)}
            {bots.map(({ bot, running }) => (
              <tr key={bot.id}><th scope="row"><b class="cut">{bot.name}</b><small class="soft">automated</small></th><td /><td><Talks running={running} who={bot.name} /></td></tr>
            ))}
          </tbody>
        </table>
      )}
      {gone.length > 0 && <p class="soft over-gone">Offline: {gone.map(({ name }) => name).join(", ")}</p>}
      {team.failed.value && <p class="soft" role="status">Who has what may be out of date: no answer just now.</p>}
    </main>
  );
}

/** How much room there is, and whether one is rung oneself. */
function lead(status: Agent["status"], there: readonly Colleague[]): string {
  const ready = there.filter((one) => one.status === "available" && one.reachable);
  const free = ready.reduce((sum, one) => sum + one.free, 0);
  const room = ready.length === 0 ? "Nobody of the others is available" : `${ready.length} of the others available, ${free} free ${free === 1 ? "slot" : "slots"}`;
  return status === "available" ? `${room}.` : `${room}. You are ${status}: nothing rings at you.`;
}

function OneLine({ department }: { department: Department }) {
  return (
    <li>
      <span class="cut">{department.name}</span>
      <b>{department.waiting === 0 ? "nobody waits" : `${department.waiting} waiting`}</b>
      <small class="soft">{department.oldest_at === null ? "" : <>the oldest for <Since at={department.oldest_at} /></>}</small>
    </li>
  );
}

function Row({ colleague, running }: { colleague: Colleague; running: readonly Running[] }) {
  const { name, status, reachable, free } = colleague;
  return (
    <tr>
      <th scope="row">
        <i class={`dot ${status}`} aria-hidden="true" /><b class="cut">{name}</b>
        <small class="soft">{status}{!reachable && status !== "offline" ? ", not connected" : ""}</small>
      </th>
      <td class="over-free">{free === 0 ? "none free" : `${free} free`}</td>
      <td><Talks running={running} who={name} /></td>
    </tr>
  );
}

function Talks({ running, who }: { running: readonly Running[]; who: string }) {
  const { desk } = usePlace();
  const open = desk.connection.value.name === "open";
  return (
    <>
      {running.map((one) => {
        const name = nameOf({ id: one.visitor_id, name: one.visitor });
        return (
          <span key={one.id} class="over-talk">
            <Button small title={`Look on · ${one.department.name}`} label={`Look on ${name} with ${who}`} disabled={!open || desk.busy.value.has(one.id)} onClick={() => void desk.watch(one.id)}>
              <span class="cut">{name}</span>
            </Button>
            <small class="soft"><Since at={one.started_at} /></small>
          </span>
        );
      })}
    </>
  );
}
