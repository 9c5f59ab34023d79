import { Button } from "../../ui/button.tsx";
import { NEW_STEP, type WidenStep } from "../records.ts";
import { ofDepartment } from "../sections.ts";
import { counted, seconds } from "../words.ts";
import { Check, Chosen, Field, idOf, NumberInput, wrongAt } from "./fields.tsx";
import { Empty } from "./page.tsx";
import { useFile } from "./place.ts";
import { Section, type Form } from "./section.tsx";

/** Who else may help, the longer a conversation waits. */
export function Widening({ of }: { of: string }) {
  return (
    <Section of={ofDepartment(of, "widen", "Widening", ["widen"])} title="Widening" lead="The longer somebody waits, the less has to fit. Each step adds to the ones before.">
      {(form) => (
        <>
          {form.value.widen.length === 0 && <Empty title="Nothing opens up">Conversations wait for members who meet all their needs, however long that takes.</Empty>}
          <ol class="steps-list">
            {form.value.widen.map((step, i) => <Step key={i} form={form} at={i} step={step} of={of} />)}
          </ol>
          <div class="tools">
            <Button small onClick={() => form.set({ widen: [...form.value.widen, { ...NEW_STEP, after: (form.value.widen.at(-1)?.after ?? 0) + 60 }] })}>Add a step</Button>
          </div>
        </>
      )}
    </Section>
  );
}

function Step({ form, at, step, of }: { form: Form<{ widen: WidenStep[] }>; at: number; step: WidenStep; of: string }) {
  const others = useFile().department.filter((one) => one.key !== of).map((one) => ({ value: one.key, label: one.name }));
  const path = `widen.${at}`;
  const id = idOf(form, path);
  const set = (change: Partial<WidenStep> | null): void => {
    form.set({ widen: form.value.widen.flatMap((one, i) => (i === at ? (change === null ? [] : [{ ...one, ...change }]) : [one])) });
  };
  return (
    <li class="item-card">
      <div class="line-of-fields">
        <b>After</b> <NumberInput id={`${id}-after`} label={`Step ${at + 1}, after seconds`} value={step.after} unit="s" problem={wrongAt(form, `${path}.after`)} onChange={(after) => set({ after })} />
        <span class="soft">{said(step)}</span>
      </div>
      {wrongAt(form, path) !== "" && <p class="wrong" id={`${id}-after-wrong`}>{wrongAt(form, path)}</p>}
      <Check id={`${id}-drop`} label="Preferred skills no longer count" checked={step.drop_preferred} onChange={(drop_preferred) => set({ drop_preferred })} />
      <div class="line-of-fields">Required levels are <NumberInput id={`${id}-lower`} label={`Step ${at + 1}, levels lower`} value={step.lower_levels} max={9} onChange={(lower_levels) => set({ lower_levels })} /> lower</div>
      {others.length > 0 && (
        <Field id={`${id}-add`} label="Members of these help too" problem={wrongAt(form, `${path}.add_departments`)}>
          <Chosen id={`${id}-add`} options={others} chosen={step.add_departments} add="Add a department" onChange={(add_departments) => set({ add_departments })} />
        </Field>
      )}
      <Check id={`${id}-any`} label="Anybody at all may take it" checked={step.any_agent} onChange={(any_agent) => set({ any_agent })} />
      <div class="tools"><Button small label={`Remove step ${at + 1}`} onClick={() => set(null)}>Remove</Button></div>
    </li>
  );
}

function said(step: WidenStep): string {
  const opens = [
    step.drop_preferred && "preferences fall away",
    step.lower_levels > 0 && `levels ${step.lower_levels} lower`,
    step.add_departments.length > 0 && `${counted(step.add_departments.length, "department")} more`,
    step.any_agent && "anybody",
  ].filter(Boolean);
  return `${seconds(step.after)}: ${opens.length === 0 ? "opens nothing yet" : opens.join(", ")}`;
}
