import { useState } from "preact/hooks";
import type { Agent, Department, LineItem } from "../../../widget/client/generated.ts";
import { Button } from "../../ui/button.tsx";
import { Since } from "../../ui/time.tsx";
import { nameOf } from "../attention.ts";
import { takes } from "../desk.ts";
import { usePlace } from "./desk-context.ts";

/** As many of a line as one looks at; the rest on request. */
const SHOWN = 5;

/** The departments' lines: who waits for anyone, to be picked by hand. */
export function Line() {
  const { desk } = usePlace();
  const waiting = (desk.state.value?.departments ?? []).filter((department) => department.line.length > 0);
  const agent = desk.state.value?.agent;
  const not = agent === undefined || waiting.length === 0 ? "" : whyNotPick(agent);
  return (
    <>
      {waiting.map((department) => <DepartmentLine key={department.id} department={department} />)}
      {not !== "" && <p class="line-why">{not}.</p>}
    </>
  );
}

function DepartmentLine({ department }: { department: Department }) {
  const [all, setAll] = useState(false);
  const shown = all ? department.line : department.line.slice(0, SHOWN);
  const more = department.line.length - shown.length;
  return (
    <section class="line" aria-label={`${department.name}: ${department.waiting} in line`}>
      <h2 class="heading">{department.name} · {department.waiting} in line</h2>
      <ol>
        {shown.map((item) => <Waiting key={item.conversation} item={item} />)}
      </ol>
      {more > 0 && <button type="button" class="link" onClick={() => setAll(true)}>{more} more</button>}
    </section>
  );
}

/** One that rings may be picked too, but somebody is about to take it: the button steps back. */
function Waiting({ item }: { item: LineItem }) {
  const { desk, panels } = usePlace();
  const agent = desk.state.value?.agent;
  const mine = desk.offers.value.some((offer) => offer.conversation.id === item.conversation);
  const not = agent === undefined ? "" : whyNotPick(agent);
  const name = nameOf(item.visitor);
  return (
    <li class="line-item">
      <span class="line-name">
        {agent !== undefined && agent.role !== "agent"
          ? <button type="button" class="link cut look-on" title="Look on" aria-label={`Look on ${name} in line`} onClick={() => void desk.watch(item.conversation)}>{name}</button>
          : <span class="cut">{name}</span>}
        {(mine || item.ringing === true) && <small class="rings">{mine ? "rings at you" : "rings at somebody"}</small>}
      </span>
      <Since at={item.entered_at} />
      {agent !== undefined && agent.role !== "agent" && (
        <Button small look="bare" label={`Why does ${nameOf(item.visitor)} wait?`} onClick={() => { panels.asked.value = { id: item.conversation, name: nameOf(item.visitor) }; }}>Why?</Button>
      )}
      {!mine && (
        <Button
          small
          look={item.ringing === true ? "bare" : "plain"}
          disabled={not !== "" || desk.busy.value.has(item.conversation) || desk.connection.value.name !== "open"}
          title={not || "Take this one out of the line"}
          label={`Pick ${nameOf(item.visitor)}`}
          onClick={() => void desk.pick(item.conversation)}
        >
          Pick
        </Button>
      )}
    </li>
  );
}

/** Why one cannot pick just now; empty when one can. */
export function whyNotPick({ status, slots }: Pick<Agent, "status" | "slots">): string {
  if (!takes(status)) return "Set yourself available or busy to pick";
  return slots.used >= slots.max ? "You have no free slot" : "";
}
