import { useEffect, useState } from "preact/hooks";
import { logout, seat } from "../ui/accounts.ts";
import { Login } from "../ui/login.tsx";
import { Button } from "../ui/button.tsx";
import { Api } from "./api.ts";
import { Settings } from "./settings.ts";
import { SettingsContext } from "./views/place.ts";
import { Shell } from "./views/shell.tsx";

/** The login form, or the settings behind it. */
export function App() {
  const [agent, setAgent] = useState(seat());
  const [reason, setReason] = useState("");
  const out = (why: string): void => {
    setReason(why);
    setAgent("");
  };
  const sitDown = (key: string): void => {
    history.replaceState(null, "", `?as=${encodeURIComponent(key)}${location.hash}`);
    setReason("");
    setAgent(key);
  };
  if (agent === "") return <Login title="Frontdesk settings" reason={reason} onIn={sitDown} />;
  return <Seat key={agent} agent={agent} onOut={out} />;
}

function Seat({ agent, onOut }: { agent: string; onOut: (why: string) => void }) {
  const [settings] = useState(() => new Settings(new Api(agent)));
  const phase = settings.phase.value;
  useEffect(() => {
    void settings.load();
    return watch(settings);
  }, []);
  useEffect(() => {
    if (phase === "out") onOut("Sign in to change settings.");
  }, [phase]);
  const leave = (): void => void logout(agent).then(() => onOut("You are logged out."), () => undefined);
  if (phase === "forbidden") return <Forbidden agent={agent} onOther={() => onOut("")} />;
  if (phase === "lost") return <Lost onAgain={() => { settings.phase.value = "loading"; void settings.load(); }} />;
  if (phase !== "in" || settings.file.value === null) return <main class="gate"><p class="soft" role="status">Opening the settings …</p></main>;
  return <SettingsContext.Provider value={settings}><Shell agent={agent} onLogout={leave} /></SettingsContext.Provider>;
}

/** Looks again whenever the page is looked at, and asks before unsaved changes are lost. */
function watch(settings: Settings): () => void {
  const look = (): void => {
    if (document.visibilityState === "visible" && settings.phase.peek() === "in") void settings.load();
  };
  const leaving = (event: BeforeUnloadEvent): void => {
    if (settings.unsaved.peek().length > 0) event.preventDefault();
  };
  document.addEventListener("visibilitychange", look);
  window.addEventListener("focus", look);
  window.addEventListener("beforeunload", leaving);
  return () => {
    document.removeEventListener("visibilitychange", look);
    window.removeEventListener("focus", look);
    window.removeEventListener("beforeunload", leaving);
  };
}

function Forbidden({ agent, onOther }: { agent: string; onOther: () => void }) {
  return (
    <main class="gate">
      <div class="card">
        <h1>Settings are for admins</h1>
        <p>You are signed in as <b>{agent}</b>, who has no admin role. An admin can give it to you under People, or change what you need.</p>
        <div class="tools">
          <a class="button main" href={`/console?as=${encodeURIComponent(agent)}`}>To the console</a>
          <Button onClick={onOther}>Sign in as somebody else</Button>
        </div>
      </div>
    </main>
  );
}

function Lost({ onAgain }: { onAgain: () => void }) {
  return (
    <main class="gate">
      <div class="card">
        <h1>No answer</h1>
        <p>We could not reach the server, so there is nothing to show yet.</p>
        <Button look="main" onClick={onAgain}>Try again</Button>
      </div>
    </main>
  );
}
