import { useState } from "preact/hooks";
import type { Agent, Colleague } from "../../../widget/client/generated.ts";
import { Button } from "../../ui/button.tsx";
import { Menu, MenuItem } from "../../ui/menu.tsx";
import { Since } from "../../ui/time.tsx";
import { nameOf } from "../attention.ts";
import { seen, type Running } from "../team.ts";
import { usePlace } from "./desk-context.ts";
import { steers, useTeam } from "./team-context.ts";

const STATUS: readonly { is: Agent["status"]; name: string; hint: string }[] = [
  { is: "available", name: "Available", hint: "Rings at them" },
  { is: "busy", name: "Busy", hint: "They finish theirs, nothing new" },
  { is: "away", name: "Away", hint: "Nothing new rings" },
  { is: "offline", name: "Offline", hint: "Their conversations go back to the line" },
];
const NAMES = Object.fromEntries(STATUS.map(({ is, name }) => [is, name.toLowerCase()])) as Record<Agent["status"], string>;

/** For supervisors: the colleagues, what each has, and the way to look on. */
export function Team() {
  const { desk } = usePlace();
  return steers(desk.state.value?.agent.role) ? <Colleagues /> : null;
}

function Colleagues() {
  const { desk } = usePlace();
  const team = useTeam();
  const [all, setAll] = useState(false);
  const state = desk.state.value;
  if (state === null) return null;
  const { members, gone, bots } = seen(state.agents, team.running.value ?? [], state.agent.id);
  return (
    <section class="line team" aria-label="Team">
      <h2 class="heading">Team · {members.length} there</h2>
      <ul>
        {members.map(({ colleague, running }) => (
          <li key={colleague.id}><Member colleague={colleague} /><Conversations running={running} who={colleague.name} /></li>
        ))}
        {bots.map(({ bot, running }) => (
          <li key={bot.id}>
            <div class="member"><span class="line-name"><b class="cut">{bot.name}</b><small class="soft">automated</small></span></div>
            <Conversations running={running} who={bot.name} />
          </li>
        ))}
        {all && gone.map((colleague) => <li key={colleague.id}><Member colleague={colleague} /></li>)}
      </ul>
      {gone.length > 0 && <button type="button" class="link" aria-expanded={all} onClick={() => setAll(!all)}>{all ? "Hide" : "Show"} {gone.length} offline</button>}
      {team.failed.value && <p class="empty" role="status">Who has what may be out of date: no answer just now.</p>}
    </section>
  );
}

function Member({ colleague }: { colleague: Colleague }) {
  const { desk } = usePlace();
  const { name, status, reachable, free } = colleague;
  const resting = desk.busy.value.has(`status ${colleague.id}`) || desk.connection.value.name !== "open";
  return (
    <div class="member">
      <i class={`dot ${status}`} aria-hidden="true" />
      <span class="line-name">
        <b class="cut">{name}</b>
        <small class="soft cut">{NAMES[status]}{!reachable && status !== "offline" ? ", not connected" : ""} · {free} free</small>
      </span>
      <Menu label={`${name} is ${NAMES[status]}. Set their status`} look="button bare small" floating face={<span aria-hidden="true">▾</span>}>
        {(shut) => (
          <>
            <div class="sheet-head" role="presentation">{name}<small>They are told, and it is recorded</small></div>
            {STATUS.map((one) => (
              <MenuItem key={one.is} checked={one.is === status} hint={one.hint} onPick={() => { shut(); if (!resting) void desk.setStatusOf(colleague, one.is); }}>
                <i class={`dot ${one.is}`} aria-hidden="true" /> {one.name}
              </MenuItem>
            ))}
          </>
        )}
      </Menu>
    </div>
  );
}

function Conversations({ running, who }: { running: readonly Running[]; who: string }) {
  const { desk } = usePlace();
  const open = desk.connection.value.name === "open";
  return (
    <ul class="theirs-list">
      {running.map((one) => {
        const name = nameOf({ id: one.visitor_id, name: one.visitor });
        const on = desk.watching.is(one.id) && desk.selected.value === one.id;
        return (
          <li key={one.id} class={on ? "line-item on" : "line-item"}>
            <span class="line-name"><span class="cut">{name}</span><small class="soft cut">{one.department.name}</small></span>
            <Since at={one.started_at} />
            <Button
              small look={on ? "plain" : "bare"} disabled={!open || desk.busy.value.has(one.id)}
              label={`${on ? "Leave" : "Look on"} ${name} with ${who}`} onClick={() => (on ? desk.select(null) : void desk.watch(one.id))}
            >
              {on ? "Leave" : "Look on"}
            </Button>
          </li>
        );
      })}
    </ul>
  );
}
