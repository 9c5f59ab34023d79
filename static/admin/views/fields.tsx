// Fields that belong to a form of `section.tsx`: each shows what is wrong with it right under itself.
import type { ComponentChildren } from "preact";
import { Button } from "../../ui/button.tsx";
import { inWords } from "../words.ts";
import type { Form } from "./section.tsx";

/** The keys of `V` whose values are of the type `T`. */
export type Keys<V, T> = { [K in keyof V]: V[K] extends T ? K : never }[keyof V] & string;

interface Around {
  id: string;
  label: string;
  hint?: string | undefined;
  problem?: string;
  children: ComponentChildren;
}

/** Label above, hint and trouble below. */
export function Field({ id, label, hint, problem = "", children }: Around) {
  return (
    <div class="setting">
      <label for={id}>{label}</label>
      {children}
      {hint !== undefined && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      <Wrong id={id} problem={problem} />
    </div>
  );
}

export function Wrong({ id, problem }: { id: string; problem: string }) {
  return problem === "" ? null : <p class="wrong" id={`${id}-wrong`}>{problem}</p>;
}

/** What ties a control to its words for those who cannot see them. */
export function tied(id: string, problem: string, hint?: string): Record<string, string | boolean> {
  const by = [hint === undefined ? "" : `${id}-hint`, problem === "" ? "" : `${id}-wrong`].filter(Boolean).join(" ");
  return { id, ...(problem === "" ? {} : { "aria-invalid": "true" }), ...(by === "" ? {} : { "aria-describedby": by }) };
}

interface Of<V, K> {
  form: Form<V>;
  name: K;
  label: string;
  hint?: string;
}

export function wrongAt<V>(form: Form<V>, at: string): string {
  const found = form.problem(at);
  return found === undefined ? "" : inWords(found);
}

/** An id that holds for one field of one section. */
export function idOf<V>(form: Form<V>, at: string): string {
  return `${form.id}-${at.replace(/[^A-Za-z0-9_-]/g, "_")}`;
}

interface NumberProps {
  id: string;
  value: number;
  onChange: (value: number) => void;
  unit?: string | undefined;
  min?: number;
  max?: number | undefined;
  problem?: string;
  hint?: string | undefined;
  label?: string;
}

/** A whole number with its unit beside it. An empty field is nothing, which the server calls by its name. */
export function NumberInput({ id, value, onChange, unit, min = 0, max, problem = "", hint, label }: NumberProps) {
  return (
    <span class="number">
      <input
        class="input" type="number" inputMode="numeric" min={min} {...(max === undefined ? {} : { max })} value={value}
        {...tied(id, problem, hint)} {...(label === undefined ? {} : { "aria-label": label })}
        onInput={(event) => onChange(event.currentTarget.value === "" ? (null as never) : Number(event.currentTarget.value))}
      />
      {unit !== undefined && <span class="unit">{unit}</span>}
    </span>
  );
}

export function NumberField<V>({ form, name, label, hint, unit, min, max }: Of<V, Keys<V, number>> & { unit?: string; min?: number; max?: number }) {
  const id = idOf(form, name);
  const problem = wrongAt(form, name);
  return (
    <Field id={id} label={label} hint={hint} problem={problem}>
      <NumberInput
        id={id} value={form.value[name] as number} unit={unit} {...(min === undefined ? {} : { min })} max={max} problem={problem} hint={hint}
        onChange={(value) => form.set({ [name]: value } as Partial<V>)}
      />
    </Field>
  );
}

export function TextField<V>({ form, name, label, hint, type = "text", list }: Of<V, Keys<V, string>> & { type?: "text" | "email"; list?: string }) {
  const id = idOf(form, name);
  const problem = wrongAt(form, name);
  return (
    <Field id={id} label={label} hint={hint} problem={problem}>
      <input
        class="input" type={type} value={form.value[name] as string} autocomplete="off" dir="auto" {...tied(id, problem, hint)}
        {...(list === undefined ? {} : { list })}
        onInput={(event) => form.set({ [name]: event.currentTarget.value } as Partial<V>)}
      />
    </Field>
  );
}

export interface Option {
  value: string;
  label: string;
}

export function SelectField<V>({ form, name, label, hint, options }: Of<V, Keys<V, string>> & { options: readonly Option[] }) {
  const id = idOf(form, name);
  const problem = wrongAt(form, name);
  return (
    <Field id={id} label={label} hint={hint} problem={problem}>
      <select
        class="input" value={form.value[name] as string} {...tied(id, problem, hint)}
        onChange={(event) => form.set({ [name]: event.currentTarget.value } as Partial<V>)}
      >
        {options.map((one) => <option key={one.value} value={one.value}>{one.label}</option>)}
      </select>
    </Field>
  );
}

export function CheckField<V>({ form, name, label, hint }: Of<V, Keys<V, boolean>>) {
  const id = idOf(form, name);
  return (
    <Check id={id} label={label} hint={hint} checked={form.value[name] as boolean} onChange={(on) => form.set({ [name]: on } as Partial<V>)} />
  );
}

interface CheckProps {
  id: string;
  label: ComponentChildren;
  hint?: string | undefined;
  checked: boolean;
  onChange: (on: boolean) => void;
}

export function Check({ id, label, hint, checked, onChange }: CheckProps) {
  return (
    <div class="check">
      <input type="checkbox" checked={checked} {...tied(id, "", hint)} onChange={(event) => onChange(event.currentTarget.checked)} />
      <label for={id}>{label}</label>
      {hint !== undefined && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

/** A list of texts, one a line, as people write opening hours. */
export function LinesField<V>({ form, name, label, hint, placeholder }: Of<V, Keys<V, string[]>> & { placeholder?: string }) {
  const id = idOf(form, name);
  const problem = wrongAt(form, name);
  const lines = form.value[name] as string[];
  return (
    <Field id={id} label={label} hint={hint} problem={problem}>
      <textarea
        class="input" rows={Math.max(2, lines.length + 1)} value={lines.join("\n")} placeholder={placeholder} spellcheck={false} {...tied(id, problem, hint)}
        onInput={(event) => form.set({ [name]: written(event.currentTarget.value) } as Partial<V>)}
        onBlur={() => { if (lines.includes("")) form.set({ [name]: lines.filter((line) => line !== "") } as Partial<V>); }}
      />
    </Field>
  );
}

/** The lines of a text. While one still writes, some may be empty; those are dropped when one leaves the field. */
export function written(text: string): string[] {
  return text === "" ? [] : text.split("\n").map((line) => line.replace(/^\s+/, ""));
}

interface OneOfMany {
  options: readonly Option[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
  /** What choosing is called: "Add a department". */
  add: string;
  id: string;
  ordered?: boolean;
  problem?: string;
}

/** Some out of many, shown as chips that can be removed; in an order if that matters. */
export function Chosen({ options, chosen, onChange, add, id, ordered = false, problem = "" }: OneOfMany) {
  const left = options.filter((one) => !chosen.includes(one.value));
  const name = (value: string): string => options.find((one) => one.value === value)?.label ?? value;
  return (
    <div class="chosen">
      {chosen.map((value, i) => (
        <span key={value} class="chip">
          {ordered && <b>{i + 1}</b>}{name(value)}
          <button type="button" class="chip-off" aria-label={`Remove ${name(value)}`} onClick={() => onChange(chosen.filter((one) => one !== value))}>×</button>
        </span>
      ))}
      {left.length > 0 && (
        <select
          class="input small-select" value="" aria-label={add} {...tied(id, problem)}
          onChange={(event) => {
            const { value } = event.currentTarget;
            event.currentTarget.value = "";
            if (value !== "") onChange([...chosen, value]);
          }}
        >
          <option value="">{add} …</option>
          {left.map((one) => <option key={one.value} value={one.value}>{one.label}</option>)}
        </select>
      )}
    </div>
  );
}

interface LevelsProps {
  id: string;
  value: Readonly<Record<string, number>>;
  onChange: (value: Record<string, number>) => void;
  /** What one entry is: "skill". */
  what: string;
  /** What its number is: "Level". */
  number: string;
  max: number;
  /** Names to choose from. */
  known: readonly string[];
  problem?: string;
}

/** Names with a number each: skills with levels, preferences with weights. */
export function Levels({ id, value, onChange, what, number, max, known, problem = "" }: LevelsProps) {
  const entries = Object.entries(value);
  const replace = (at: number, entry: [string, number] | null): void => {
    const next = entries.flatMap((one, i) => (i === at ? (entry === null ? [] : [entry]) : [one]));
    onChange(Object.fromEntries(next));
  };
  return (
    <div class="levels">
      {entries.map(([name, level], i) => (
        <div class="level" key={i}>
          <input
            class="input" value={name} aria-label={`Name of ${what} ${i + 1}`} list={`${id}-known`} autocomplete="off" id={i === 0 ? id : `${id}-${i}`}
            {...(problem === "" ? {} : { "aria-invalid": "true" })}
            onChange={(event) => replace(i, event.currentTarget.value.trim() === "" ? null : [event.currentTarget.value.trim(), level])}
          />
          <NumberInput id={`${id}-n${i}`} label={`${number} of ${name}`} value={level} min={1} max={max} onChange={(n) => replace(i, [name, n])} />
          <Button small label={`Remove ${name}`} onClick={() => replace(i, null)}>×</Button>
        </div>
      ))}
      <datalist id={`${id}-known`}>{known.map((name) => <option key={name} value={name} />)}</datalist>
      <AddName id={`${id}-new`} what={what} known={`${id}-known`} taken={Object.keys(value)} onAdd={(name) => onChange({ ...value, [name]: 1 })} />
    </div>
  );
}

function AddName({ id, what, known, taken, onAdd }: { id: string; what: string; known: string; taken: readonly string[]; onAdd: (name: string) => void }) {
  const add = (input: HTMLInputElement | null): void => {
    const name = input?.value.trim() ?? "";
    if (name === "" || taken.includes(name) || input === null) return;
    input.value = "";
    onAdd(name);
  };
  const box = (): HTMLInputElement | null => document.getElementById(id) as HTMLInputElement | null;
  return (
    <div class="level add">
      <input
        class="input" id={id} list={known} autocomplete="off" aria-label={`New ${what}`} placeholder={`New ${what}`}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          add(event.currentTarget);
        }}
      />
      <Button small onClick={() => add(box())}>Add {what}</Button>
    </div>
  );
}
