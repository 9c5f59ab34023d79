import { useEffect, useState } from "preact/hooks";
import { newClientId } from "../../widget/client/client-id.ts";
import type { Item } from "../../widget/client/outbox.ts";
import { browserStore, OutboxStore } from "../../widget/client/outbox-store.ts";
import { logout, seat } from "../ui/accounts.ts";
import { Login } from "../ui/login.tsx";
import { Desk } from "./desk.ts";
import { SIGNED_OUT, ticket } from "./http.ts";
import { listen } from "./keyboard.ts";
import { Panels } from "./panels.ts";
import { attend } from "./ringing.ts";
import { PlaceContext, type Place } from "./views/desk-context.ts";
import { Sitting } from "./views/sitting.tsx";

const REVOKED = 4501;

/** The login form or the desk behind it. */
export function App() {
  const [agent, setAgent] = useState(seat());
  const [reason, setReason] = useState("");
  const out = (why: string): void => {
    setReason(why);
    setAgent("");
  };
  const sitDown = (key: string): void => {
    history.replaceState(null, "", `?as=${encodeURIComponent(key)}`);
    setReason("");
    setAgent(key);
  };
  return agent === "" ? <Login reason={reason} onIn={sitDown} /> : <Seat key={agent} agent={agent} onOut={out} />;
}

function Seat({ agent, onOut }: { agent: string; onOut: (why: string) => void }) {
  const [place] = useState(() => newPlace(agent));
  const { desk, panels } = place;

  useEffect(() => {
    const stops = [attend(desk, agent), listen(desk, panels)];
    desk.start();
    return () => {
      desk.stop();
      for (const stop of stops) stop();
    };
  }, []);

  const stopped = desk.connection.value;
  useEffect(() => {
    if (stopped.name === "stopped") onOut(whyOut(stopped.code, stopped.reason));
  }, [stopped]);

  const leave = (): void => {
    const left = (): void => {
      desk.outbox.erase();
      panels.erase();
      onOut("You are logged out.");
    };
    logout(agent).then(left, () => desk.say("We could not log you out. Try again."));
  };
  return <PlaceContext.Provider value={place}><Sitting onLogout={leave} /></PlaceContext.Provider>;
}

function newPlace(agent: string): Place {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const store = new OutboxStore<Item>(browserStore(`frontdesk.console.${agent}.`, newClientId()));
  const desk = new Desk(
    { url: `${scheme}//${location.host}/ws/agent`, identify: async () => ({ token: await ticket(agent) }) },
    store,
  );
  return { desk, panels: new Panels(agent) };
}

function whyOut(code: number | null, reason: string): string {
  if (code === REVOKED) return "You were logged out: the login ended or the password changed.";
  if (reason === SIGNED_OUT || reason === "unauthorised") return "Sign in to sit down.";
  if (code === 4504) return "This login is open in too many places.";
  if (code === 4502) return "Frontdesk was updated. Reload the page.";
  return `The server ended this session${code === null ? "" : ` (${code})`}. Sign in again.`;
}
