import type { Department } from "../../../widget/client/generated.ts";
import { Avatar, initials } from "../../ui/avatar.tsx";
import { Button } from "../../ui/button.tsx";
import { Menu, MenuItem } from "../../ui/menu.tsx";
import { Slots } from "../../ui/slots.tsx";
import { setSound, soundOn, soundReady } from "../../ui/sound.ts";
import { Since } from "../../ui/time.tsx";
import { testSound } from "../ringing.ts";
import { usePlace } from "./desk-context.ts";
import { StatusMenu } from "./status.tsx";

/** How full am I, how long are the lines, what do I choose to be. */
export function Header({ onLogout }: { onLogout: () => void }) {
  const { desk } = usePlace();
  const state = desk.state.value;
  if (state === null) return <header class="bar"><h1 class="brand">Frontdesk</h1></header>;
  return (
    <header class="bar">
      <h1 class="brand">Frontdesk</h1>
      <Slots holds={state.agent.holds} slots={state.agent.slots} />
      <span class="grow" />
      <Lines departments={state.departments} />
      <OneClick />
      <StatusMenu />
      <Me onLogout={onLogout} />
    </header>
  );
}

function Lines({ departments }: { departments: readonly Department[] }) {
  const waiting = departments.filter((department) => department.waiting > 0);
  if (waiting.length === 0) return <span class="lines soft">Nobody is waiting</span>;
  return (
    <span class="lines soft">
      {waiting.map((department) => (
        <span key={department.id} class="line-sum">
          {department.name}: {department.waiting} waiting
          {department.oldest_at !== null && <>, oldest <Since at={department.oldest_at} /></>}
        </span>
      ))}
    </span>
  );
}

/** In the bar and not in a banner: it goes away at a click anywhere, and nothing must move under that click. */
function OneClick() {
  const { desk } = usePlace();
  const needed = desk.state.value?.agent.status === "available" && soundOn.value && !soundReady.value;
  return needed ? (
    <span class="one-click">
      <Button small onClick={() => void testSound()}><span class="long">We need one click to ring you</span><span class="short">Let it ring</span></Button>
    </span>
  ) : null;
}

function Me({ onLogout }: { onLogout: () => void }) {
  const { desk, panels } = usePlace();
  const agent = desk.state.value?.agent;
  if (agent === undefined) return null;
  return (
    <Menu label={`${initials(agent.name)}, ${agent.name}: sound, shortcuts, log out`} look="face" face={<Avatar name={agent.name} />}>
      {(shut) => (
        <>
          <div class="sheet-head" role="presentation">{agent.name}<small>{agent.role}</small></div>
          <MenuItem onPick={() => setSound(!soundOn.value)} checked={soundOn.value} hint={soundOn.value ? "Rings and messages sound" : "Silent"}>
            Sound
          </MenuItem>
          <MenuItem onPick={() => void testSound()} hint={soundReady.value ? "So you know how it rings" : "We need one click to ring you"}>
            Try the ring
          </MenuItem>
          <MenuItem onPick={() => { shut(); panels.open.value = "shortcuts"; }}>Shortcuts</MenuItem>
          <MenuItem onPick={() => { shut(); panels.open.value = "password"; }}>Change password</MenuItem>
          {agent.role === "admin" && <MenuItem onPick={() => location.assign(`/settings?as=${encodeURIComponent(agent.key)}`)}>Settings</MenuItem>}
          <MenuItem onPick={() => { shut(); onLogout(); }}>Log out</MenuItem>
        </>
      )}
    </Menu>
  );
}
