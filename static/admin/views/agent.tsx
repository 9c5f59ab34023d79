import { ROLES, type Member } from "../records.ts";
import { ofAgent } from "../sections.ts";
import { ROLE } from "../words.ts";
import { Chosen, Field, idOf, Levels, LinesField, NumberField, NumberInput, SelectField, TextField, wrongAt } from "./fields.tsx";
import { Login, useLogins } from "./login.tsx";
import { Empty, Gone, PageHead } from "./page.tsx";
import { useFile } from "./place.ts";
import { Remove } from "./remove.tsx";
import { Section, type Form } from "./section.tsx";

/** One person: what they may do, how much at once, what they know. */
export function Agent({ of: key }: { of: string }) {
  const file = useFile();
  const record = file.agent.find((one) => one.key === key);
  const { may, again } = useLogins();
  if (record === undefined) return <Gone what="agent" />;
  return (
    <>
      <PageHead title={record.name} lead={`Key ${key} · ${record.email}`} />
      {may[key] !== undefined && may[key] !== "yes" && <p class="over-warn">{record.name} cannot sign in: {may[key] === "disabled" ? "they are disabled." : "they have no password yet. Set one below, under “Signing in”."}</p>}
      <Slots of={key} />
      <Skills of={key} />
      <Departments of={key} />
      <Away of={key} />
      <Who of={key} />
      <Login of={key} name={record.name} may={may[key]} onChange={again} />
      <Remove path={`agents/${key}`} what={record.name} back="#/people" />
    </>
  );
}

function Slots({ of }: { of: string }) {
  return (
    <Section of={ofAgent(of, "slots", "Slots", ["max_slots", "rings_at_once", "breathing"])} title="How much at once">
      {(form) => (
        <>
          <div class="pairs">
            <NumberField form={form} name="max_slots" label="Slots" unit="conversations" min={1} max={1000} hint="Never exceeded. Fewer slots end nothing that runs." />
            <NumberField form={form} name="rings_at_once" label="Rings at once" unit="offers" min={1} />
            <NumberField form={form} name="breathing" label="Breath between two" unit="seconds" hint="Rest after each new conversation." />
          </div>
          <Drawn slots={form.value.max_slots} />
        </>
      )}
    </Section>
  );
}

function Drawn({ slots }: { slots: number }) {
  const shown = Math.min(24, Math.max(0, slots));
  return <div class="drawn" aria-hidden="true">{Array.from({ length: shown }, (_, i) => <i key={i} class="slot active" />)}{slots > shown && <small class="soft">and {slots - shown} more</small>}</div>;
}

function Skills({ of }: { of: string }) {
  const known = [...new Set(useFile().agent.flatMap((one) => Object.keys(one.skills)))].sort();
  return (
    <Section of={ofAgent(of, "skills", "Skills", ["skills"])} title="Skills" lead="Levels from 1 to 10. Rules ask for a level; more than asked for counts no more.">
      {(form) => {
        const id = idOf(form, "skills");
        const problem = wrongAt(form, "skills");
        return (
          <div class="setting">
            {Object.keys(form.value.skills).length === 0 && <Empty title="No skills yet">Name what this person knows: a language, a product. Rules can then send the right visitors.</Empty>}
            <Levels id={id} value={form.value.skills} onChange={(skills) => form.set({ skills })} what="skill" number="Level" max={10} known={known} problem={problem} />
            {problem !== "" && <p class="wrong" id={`${id}-wrong`}>{problem}</p>}
          </div>
        );
      }}
    </Section>
  );
}

function Departments({ of }: { of: string }) {
  const { department } = useFile();
  return (
    <Section of={ofAgent(of, "departments", "Departments", ["member"])} title="Departments">
      {(form) => (
        <>
          {form.value.member.length === 0 && <Empty title="In no department">Nothing rings here until this person is a member somewhere.</Empty>}
          {form.value.member.map((member, i) => <OneMember key={member.department} form={form} at={i} member={member} />)}
          <Chosen
            id={idOf(form, "add")} add="Add a department" chosen={[]}
            options={department.filter((one) => !form.value.member.some((member) => member.department === one.key)).map((one) => ({ value: one.key, label: one.name }))}
            onChange={([key]) => { if (key !== undefined) form.set({ member: [...form.value.member, { department: key, priority: 50, max_slots: 0 }] }); }}
          />
        </>
      )}
    </Section>
  );
}

function OneMember({ form, at, member }: { form: Form<{ member: Member[] }>; at: number; member: Member }) {
  const id = idOf(form, `member.${at}`);
  const name = useFile().department.find((one) => one.key === member.department)?.name ?? member.department;
  const set = (change: Partial<Member> | null): void => {
    form.set({ member: form.value.member.flatMap((one, i) => (i === at ? (change === null ? [] : [{ ...one, ...change }]) : [one])) });
  };
  const problem = wrongAt(form, `member.${at}`);
  return (
    <div class="item-card">
      <div class="line-of-fields">
        <b>{name}</b>
        <span>priority</span><NumberInput id={`${id}-p`} label={`Priority in ${name}`} value={member.priority} min={1} max={100} problem={problem} onChange={(priority) => set({ priority })} />
        <span>at most</span><NumberInput id={`${id}-c`} label={`Cap in ${name}, 0 for none`} value={member.max_slots} onChange={(max_slots) => set({ max_slots })} unit={member.max_slots === 0 ? "(no cap)" : "at once"} />
        <button type="button" class="chip-off" aria-label={`Leave ${name}`} onClick={() => set(null)}>×</button>
      </div>
      {problem !== "" && <p class="wrong" id={`${id}-p-wrong`}>{problem}</p>}
    </div>
  );
}

function Away({ of }: { of: string }) {
  const others = useFile().agent.filter((one) => one.key !== of).map((one) => ({ value: one.key, label: one.name }));
  return (
    <Section of={ofAgent(of, "away", "Substitutes and leave", ["substitutes", "leave"])} title="Substitutes and leave" lead="Who is asked when somebody wants this person, who is away, full or on leave.">
      {(form) => (
        <>
          <Field id={idOf(form, "substitutes")} label="Substitutes, in this order" problem={wrongAt(form, "substitutes")}>
            <Chosen id={idOf(form, "substitutes")} options={others} chosen={form.value.substitutes} add="Add a substitute" ordered problem={wrongAt(form, "substitutes")} onChange={(substitutes) => form.set({ substitutes })} />
          </Field>
          <LinesField form={form} name="leave" label="On leave" placeholder="2026-12-01/2026-12-14" hint="One line each: a date, or two with a slash between." />
        </>
      )}
    </Section>
  );
}

function Who({ of }: { of: string }) {
  const self = useFile().agent.find((one) => one.key === of);
  return (
    <Section of={ofAgent(of, "who", "Name and role", ["name", "email", "role"])} title="Name and role">
      {(form) => (
        <div class="pairs">
          <TextField form={form} name="name" label="Name visitors see" />
          <TextField form={form} name="email" label="E-mail" type="email" hint="They sign in with it." />
          <SelectField form={form} name="role" label="Role" options={ROLES.map((role) => ({ value: role, label: ROLE[role] }))} hint={self?.role === "admin" ? "There is always one admin left: nobody takes the role from themselves." : "Supervisors see everybody's conversations, admins change settings."} />
        </div>
      )}
    </Section>
  );
}

