import type { SiteDepartment } from "../client/generated.ts";
import type { View } from "./view.ts";

/** Before the first message: a greeting, whom to ask, and one quiet line for who is asking. */
export function Intro({ view }: { view: View }) {
  const { visit, texts } = view;
  const departments = visit.state.value.site?.departments ?? [];
  const nobody = departments.length > 0 && departments.every((department) => !department.open);
  return (
    <div class="intro">
      <p class="greeting">{nobody ? texts.greetingNobody : texts.greeting}</p>
      {departments.length > 1 && <Departments view={view} departments={departments} />}
      <details>
        <summary>{texts.aboutYou}</summary>
        <Field view={view} name="name" label={texts.name} type="text" autocomplete="name" />
        <Field view={view} name="email" label={texts.email} type="email" autocomplete="email" />
      </details>
    </div>
  );
}

function Departments({ view: { visit, texts }, departments }: { view: View; departments: readonly SiteDepartment[] }) {
  const wished = visit.choice.value.department ?? (departments.find((one) => one.open) ?? departments[0])?.key;
  return (
    <fieldset>
      <legend>{texts.whom}</legend>
      {departments.map(({ key, name, open }) => (
        <label key={key} class={open ? "" : "shut"}>
          <input
            type="radio"
            name="department"
            value={key}
            checked={key === wished}
            onChange={() => (visit.choice.value = { ...visit.choice.value, department: key })}
          />
          <span>{name}</span>
          {!open && <small>{texts.closedNow}</small>}
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

/** The department a first message goes to, if the visitor leaves the choice as it stands. */
export function standing(departments: readonly SiteDepartment[]): string | null {
  return departments.length > 1 ? ((departments.find((one) => one.open) ?? departments[0])?.key ?? null) : null;
}
