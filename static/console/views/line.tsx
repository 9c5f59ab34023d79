import { useState } from "preact/hooks";
import type { Department } from "../../../widget/client/generated.ts";
import { Button } from "../../ui/button.tsx";
import { Since } from "../../ui/time.tsx";
import { nameOf } from "../attention.ts";
import { usePlace } from "./desk-context.ts";

/** As many of a line as one looks at; the rest on request. */
const SHOWN = 5;

/** The departments' lines: who waits for anyone, to be picked by hand. */
export function Line() {
  const { desk } = usePlace();
  const waiting = (desk.state.value?.departments ?? []).filter((department) => department.line.length > 0);
  return <>{waiting.map((department) => <DepartmentLine key={department.id} department={department} />)}</>;
}

function DepartmentLine({ department }: { department: Department }) {
  const { desk } = usePlace();
  const [all, setAll] = useState(false);
  const agent = desk.state.value?.agent;
  const full = agent !== undefined && agent.slots.used >= agent.slots.max;
  const shown = all ? department.line : department.line.slice(0, SHOWN);
  const more = department.line.length - shown.length;
  return (
    <section class="line" aria-label={`${department.name}: ${department.waiting} in line`}>
      <h2 class="heading">{department.name} · {department.waiting} in line</h2>
      <ol>
        {shown.map((item) => (
          <li key={item.conversation} class="line-item">
            <span class="cut">{nameOf(item.visitor)}</span>
            <Since at={item.entered_at} />
            <Button
              small
              disabled={full || desk.busy.value.has(item.conversation) || desk.connection.value.name !== "open"}
              title={full ? "You have no free slot" : "Take this one out of the line"}
              label={`Pick ${nameOf(item.visitor)}`}
              onClick={() => void desk.pick(item.conversation)}
            >
              Pick
            </Button>
          </li>
        ))}
      </ol>
      {more > 0 && <button type="button" class="link" onClick={() => setAll(true)}>{more} more</button>}
    </section>
  );
}
