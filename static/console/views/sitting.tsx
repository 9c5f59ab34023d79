import { useEffect } from "preact/hooks";
import { PasswordDialog } from "../../ui/password.tsx";
import { Announcer } from "./announcer.tsx";
import { Banners } from "./banners.tsx";
import { AskedWhy } from "./decided.tsx";
import { usePlace } from "./desk-context.ts";
import { Header } from "./header.tsx";
import { List } from "./list.tsx";
import { Shortcuts } from "./shortcuts.tsx";
import { Talk } from "./talk.tsx";
import { TeamContext, useFollowed } from "./team-context.ts";
import { Visitor } from "./visitor.tsx";

/** A line that said enough goes away by itself. */
const SAID_FOR_MS = 7000;

/** The console of an agent who sits down: three panes and what lies over them. */
export function Sitting({ onLogout }: { onLogout: () => void }) {
  const { desk } = usePlace();
  const team = useFollowed(desk);
  const stale = desk.connection.value.name !== "open";
  const names = ["desk", stale && "stale", desk.selected.value !== null && "talking"].filter(Boolean).join(" ");
  return (
    <div class={names}>
      <Header onLogout={onLogout} />
      <Banners />
      {desk.state.value === null ? <main class="talk none"><p class="soft" role="status">Sitting down …</p></main> : (
        <TeamContext.Provider value={team}>
          <List />
          <Talk />
          <Visitor />
        </TeamContext.Provider>
      )}
      <Said />
      <Shortcuts />
      <AskedWhy />
      <Password />
      <Announcer />
    </div>
  );
}

function Password() {
  const { desk, panels } = usePlace();
  const agent = desk.state.value?.agent.key;
  if (panels.open.value !== "password" || agent === undefined) return null;
  const done = (changed: boolean): void => {
    panels.open.value = null;
    if (changed) desk.say("Your password is changed. Your other logins have ended.");
  };
  return <PasswordDialog agent={agent} onDone={done} />;
}

function Said() {
  const { desk } = usePlace();
  const said = desk.said.value;
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => { desk.said.value = null; }, SAID_FOR_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return <div class="toast" role="status" hidden={said === null}>{said?.text}</div>;
}
