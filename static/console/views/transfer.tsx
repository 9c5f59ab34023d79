import { useState } from "preact/hooks";
import type { Colleague, Conversation, TransferTo } from "../../../widget/client/generated.ts";
import { Button } from "../../ui/button.tsx";
import { lastBot } from "../bots.ts";
import { usePlace } from "./desk-context.ts";

interface Target {
  to: TransferTo;
  name: string;
  detail: string;
  status: Colleague["status"] | null;
  /** Why not, if not. */
  not: string;
}

/** Why a colleague cannot be rung just now; empty when they can. */
export function whyNot({ status, reachable, free }: Colleague): string {
  if (status !== "available") return status === "busy" ? "busy" : status;
  if (!reachable) return "not connected";
  return free > 0 ? "" : "no free slot";
}

/** To whom, and what they should know. */
export function Transfer({ conversation }: { conversation: Conversation }) {
  const { desk, panels } = usePlace();
  const [note, setNote] = useState("");
  const [chosen, setChosen] = useState<Target | null>(null);
  const state = desk.state.value;
  if (state === null) return null;
  const departments = state.departments.map((one): Target => ({
    to: { department: one.id }, name: one.name, status: null, not: "", detail: one.waiting === 0 ? "nobody waiting" : `${one.waiting} waiting`,
  }));
  const colleagues = state.agents.filter((one) => one.id !== state.agent.id).map((one): Target => ({
    to: { agent: one.id }, name: one.name, status: one.status, not: one.id === conversation.transfer?.to.id ? "rings there" : whyNot(one), detail: `${one.free} free ${one.free === 1 ? "slot" : "slots"}`,
  }));
  const bot = lastBot(desk.talks.entries(conversation.id));
  const bots = bot === null ? [] : [{ to: { bot: bot.id }, name: bot.name, status: null, not: "", detail: "automated" }];
  const go = (): void => {
    if (chosen === null) return;
    panels.open.value = null;
    void desk.transfer(conversation.id, chosen.to, chosen, note.trim());
  };
  return (
    <form class="panel" aria-label="Transfer" onSubmit={(event) => { event.preventDefault(); go(); }}>
      <div class="targets">
        <Targets name="Colleagues" targets={colleagues} chosen={chosen} onChoose={setChosen} />
        <div>
          <Targets name="Departments" targets={departments} chosen={chosen} onChoose={setChosen} />
          <Targets name="Give back" targets={bots} chosen={chosen} onChoose={setChosen} />
        </div>
      </div>
      <label class="field">
        Note for them, never shown to the visitor
        <input class="input" value={note} maxLength={8000} onInput={(event) => setNote(event.currentTarget.value)} />
      </label>
      <div class="tools">
        <Button type="submit" look="main" disabled={chosen === null}>{doing(chosen)}</Button>
        <Button onClick={() => { panels.open.value = null; }}>Cancel</Button>
      </div>
    </form>
  );
}

function doing(chosen: Target | null): string {
  if (chosen === null) return "Choose to whom";
  if (chosen.to.bot !== undefined) return `Give back to ${chosen.name}`;
  return chosen.status === null ? `Transfer to ${chosen.name}` : `Ring ${chosen.name}`;
}

interface TargetsProps {
  name: string;
  targets: readonly Target[];
  chosen: Target | null;
  onChoose: (target: Target) => void;
}

function Targets({ name, targets, chosen, onChoose }: TargetsProps) {
  if (targets.length === 0) return null;
  return (
    <fieldset>
      <legend class="heading">{name}</legend>
      {targets.map((target) => (
        <label key={target.name} class={target.not === "" ? "target" : "target not"}>
          <input type="radio" name="target" disabled={target.not !== ""} checked={same(chosen, target)} onChange={() => onChoose(target)} />
          {target.status !== null && <i class={`dot ${target.status}`} aria-hidden="true" />}
          <span class="cut">{target.name}</span>
          <small class="soft">{target.not === "" ? target.detail : target.not}</small>
        </label>
      ))}
    </fieldset>
  );
}

function same(one: Target | null, other: Target): boolean {
  return one !== null && one.to.agent === other.to.agent && one.to.department === other.to.department && one.to.bot === other.to.bot;
}
