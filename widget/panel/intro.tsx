import type { SiteDepartment } from "../client/generated.ts";
import type { Texts } from "./texts.ts";
import { momentOf, type View } from "./view.ts";

/** Before the first message: a greeting, whom to ask, and one quiet line for who is asking, unless a form asks it already. */
export function Intro({ view, asked }: { view: View; asked: boolean }) {
  const { visit, texts } = view;
  const departments = visit.state.value.site?.departments ?? [];
  const nobody = departments.length > 0 && !departments.some(served) && !visit.trial;
  return (
    <div class="intro">
      <p class="greeting">{nobody ? texts.greetingNobody : texts.greeting}</p>
      {departments.length > 1 && !visit.trial && <Departments view={view} departments={departments} />}
      {!asked && (
        <details>
          <summary>{texts.aboutYou}</summary>
          <Field view={view} name="name" label={texts.name} type="text" autocomplete="name" />
          <Field view={view} name="email" label={texts.email} type="email" autocomplete="email" />
        </details>
      )}
    </div>
  );
}

function Departments({ view: { visit, texts }, departments }: { view: View; departments: readonly SiteDepartment[] }) {
  const wished = wishedOf(departments, visit.choice.value.department)?.key;
  return (
    <fieldset>
      <legend>{texts.whom}</legend>
      {departments.map((department) => (
        <label key={department.key}>
          <input
            type="radio"
            name="department"
            value={department.key}
            checked={department.key === wished}
            onChange={() => (visit.choice.value = { ...visit.choice.value, department: department.key })}
          />
          <span>{department.name}</span>
          <small>{meets(texts, department)}</small>
        </label>
      ))}
    </fieldset>
  );
}

interface FieldProps {
  view: View;
  name: string;
  label: string;
  type: "text" | "email";
  autocomplete: "name" | "email";
  required?: boolean;
}

export function Field({ view: { visit }, name, label, type, autocomplete, required = false }: FieldProps) {
  const { form } = visit.choice.value;
  const change = (value: string) => (visit.choice.value = { ...visit.choice.value, form: { ...form, [name]: value } });
  const shared = { name, autocomplete, required, maxLength: 200, value: form[name] ?? "" };
  return (
    <label class="field">
      <span>{label}</span>
      {type === "email" ? (
        <input type="email" {...shared} onInput={(event) => change(event.currentTarget.value)} />
      ) : (
        <input type="text" {...shared} onInput={(event) => change(event.currentTarget.value)} />
      )}
    </label>
  );
}

/** Whether somebody answers now: a person, or a bot before them. */
export function served({ open, bot }: SiteDepartment): boolean {
  return open || bot === true;
}

/** Whom one meets there now, where that is not simply somebody. */
export function meets(texts: Texts, { open, bot, in_hours, opens_at }: Pick<SiteDepartment, "open" | "bot" | "in_hours" | "opens_at">, now = Date.now()): string {
  if (bot === true) return texts.bot;
  if (open) return "";
  if (in_hours) return texts.noOneHere;
  return opens_at === null ? texts.closedNow : texts.opens(momentOf(Date.parse(opens_at), now));
}

/** The department a first message goes to: the one chosen, else the first where somebody answers. */
export function wishedOf(departments: readonly SiteDepartment[], chosen: string | null): SiteDepartment | undefined {
  return departments.find(({ key }) => key === chosen) ?? departments.find(served) ?? departments[0];
}

/** The department a first message goes to, if the visitor leaves the choice as it stands. */
export function standing(departments: readonly SiteDepartment[]): string | null {
  return departments.length > 1 ? (wishedOf(departments, null)?.key ?? null) : null;
}
