import { useState } from "preact/hooks";
import type { Agent } from "../../../widget/client/generated.ts";
import { Button } from "../../ui/button.tsx";
import { useFocus } from "../../ui/focus.ts";
import { Menu, MenuItem } from "../../ui/menu.tsx";
import { usePlace } from "./desk-context.ts";

const NAMES: Record<Agent["status"], string> = { available: "Available", busy: "Busy", away: "Away", offline: "Offline" };
const REASONS = ["break", "lunch", "meeting"] as const;

/** What the button says: the status and, when away, why. */
export function statusText(agent: Pick<Agent, "status" | "reason">): string {
  return agent.reason === "" ? NAMES[agent.status] : `${NAMES[agent.status]} · ${agent.reason}`;
}

export function StatusMenu() {
  const { desk } = usePlace();
  const [asking, setAsking] = useState(false);
  const agent = desk.state.value?.agent;
  if (agent === undefined) return null;
  const open = desk.connection.value.name === "open";
  const face = (
    <>
      <i class={`dot ${open ? agent.status : "offline"}`} aria-hidden="true" />
      <span class="status-text">{open ? statusText(agent) : "Not connected"}</span>
      <span aria-hidden="true" class="caret">▾</span>
    </>
  );
  return (
    <span class="status-menu">
      <Menu label={`Status: ${open ? statusText(agent) : "not connected"}`} look="button status" face={face}>
        {(shut) => <Choices agent={agent} onAsk={() => { shut(); setAsking(true); }} onPick={(status, reason) => { shut(); void desk.setStatus(status, reason); }} />}
      </Menu>
      {asking && <OtherReason onDone={(reason) => { setAsking(false); if (reason !== "") void desk.setStatus("away", reason); }} />}
    </span>
  );
}

interface ChoicesProps {
  agent: Agent;
  onPick: (status: Agent["status"], reason?: string) => void;
  onAsk: () => void;
}

function Choices({ agent, onPick, onAsk }: ChoicesProps) {
  const away = (reason: string): boolean => agent.status === "away" && agent.reason === reason;
  const dot = (status: Agent["status"]) => <i class={`dot ${status}`} aria-hidden="true" />;
  return (
    <>
      <MenuItem checked={agent.status === "available"} onPick={() => onPick("available")} hint="We ring you here">{dot("available")} Available</MenuItem>
      <MenuItem checked={agent.status === "busy"} onPick={() => onPick("busy")} hint="Finishing mine, nothing new">{dot("busy")} Busy</MenuItem>
      {REASONS.map((reason) => (
        <MenuItem key={reason} checked={away(reason)} onPick={() => onPick("away", reason)}>{dot("away")} Away · {reason}</MenuItem>
      ))}
      <MenuItem onPick={onAsk}>{dot("away")} Away · something else …</MenuItem>
      <MenuItem checked={agent.status === "offline"} onPick={() => onPick("offline")} hint="Your conversations go back to the line">{dot("offline")} Offline</MenuItem>
    </>
  );
}

function OtherReason({ onDone }: { onDone: (reason: string) => void }) {
  const [reason, setReason] = useState("");
  const field = useFocus<HTMLInputElement>();
  return (
    <form
      class="sheet ask"
      aria-label="Why are you away?"
      onSubmit={(event) => { event.preventDefault(); onDone(reason.trim()); }}
      onKeyDown={(event) => { if (event.key === "Escape") { event.stopPropagation(); onDone(""); } }}
    >
      <label class="field">
        Away because of
        <input class="input" maxLength={60} value={reason} ref={field} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
      <div class="tools">
        <Button type="submit" look="main" small disabled={reason.trim() === ""}>Set away</Button>
        <Button small onClick={() => onDone("")}>Cancel</Button>
      </div>
    </form>
  );
}
