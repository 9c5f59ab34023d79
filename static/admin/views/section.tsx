import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import type { Problem } from "../api.ts";
import type { Draft, Section as SectionOf } from "../settings.ts";
import { inWords } from "../words.ts";
import { useSettings } from "./place.ts";

/** What fields need of the section they stand in. `V` are the keys saved together. */
export interface Form<V> {
  value: V;
  set(change: Partial<V>): void;
  /** What is wrong with the value at `at`, or with something inside it. */
  problem(at: string): Problem | undefined;
  id: string;
}

interface Props<V> {
  of: SectionOf<V>;
  title: string;
  /** One sentence under the title. */
  lead?: string;
  children: (form: Form<V>) => ComponentChildren;
}

/** A card with fields that are saved together, at once and live. */
export function Section<V extends object>({ of, title, lead, children }: Props<V>) {
  const settings = useSettings();
  const id = useId();
  const frame = useRef<HTMLFormElement>(null);
  const value = settings.value(of);
  const draft = settings.drafts.value[of.id];
  const problems = draft?.problems ?? [];
  useEffect(() => {
    if (draft !== undefined && (draft.trouble !== "" || draft.theirs !== undefined)) toTheTrouble(frame.current);
  }, [draft?.trouble, draft?.problems, draft?.theirs]);
  if (value === null) return null;
  const form: Form<V> = {
    value,
    id,
    set: (change) => settings.change(of, { ...value, ...change }),
    problem: (at) => problems.find((one) => one.at === at) ?? problems.find((one) => one.at.startsWith(`${at}.`)),
  };
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    // The button goes with the change; whoever pressed it hears what came of it and walks on from there.
    void settings.save(of).then((saved) => { if (saved) frame.current?.querySelector<HTMLElement>(".saved")?.focus(); });
  };
  const undo = (): void => {
    settings.discard(of.id);
    frame.current?.querySelector<HTMLElement>("h2")?.focus();
  };
  return (
    <form ref={frame} class="section" aria-labelledby={`${id}-title`} noValidate onSubmit={save}>
      <div class="section-head">
        <h2 id={`${id}-title`} tabIndex={-1}>{title}</h2>
        {lead !== undefined && <p class="soft">{lead}</p>}
      </div>
      {children(form)}
      {draft?.theirs !== undefined && <Conflict of={of} draft={draft} />}
      <Foot of={of} draft={draft} onUndo={undo} />
    </form>
  );
}

/** To the first field that is wrong, else to the words that say what is. */
function toTheTrouble(frame: HTMLFormElement | null): void {
  const wrong = frame?.querySelector<HTMLElement>("[aria-invalid=true]:not([type=hidden])");
  (wrong ?? frame?.querySelector<HTMLElement>(".section-trouble"))?.focus();
}

function Foot<V>({ of, draft, onUndo }: { of: SectionOf<V>; draft: Draft | undefined; onUndo: () => void }) {
  const settings = useSettings();
  const said = settings.said.value?.id === of.id ? settings.said.value.text : "";
  const changed = draft !== undefined;
  return (
    <div class={changed || said !== "" ? "section-foot" : "section-foot at-rest"}>
      {draft !== undefined && draft.trouble !== "" && <Trouble draft={draft} />}
      <div class="tools">
        {changed && <Button type="submit" look="main" disabled={draft.saving}>{draft.saving ? "Saving …" : "Save"}</Button>}
        {changed && <Button onClick={onUndo}>Undo changes</Button>}
        <span role="status" class="saved" tabIndex={-1}>{said}{changed && !draft.saving && draft.trouble === "" ? "Not saved yet" : ""}</span>
      </div>
    </div>
  );
}

function Trouble({ draft }: { draft: Draft }) {
  const { problems, trouble } = draft;
  return (
    <div class="section-trouble" role="alert" tabIndex={-1}>
      <b>Not saved.</b> {problems.length === 0 ? trouble : problems.length === 1 ? "One thing is not right:" : `${problems.length} things are not right:`}
      {problems.length > 0 && <ul>{problems.map((one) => <li key={one.at + one.message}>{inWords(one)}</li>)}</ul>}
    </div>
  );
}

/** Somebody else was faster with the same section. Nothing is overwritten without asking. */
function Conflict<V>({ of, draft }: { of: SectionOf<V>; draft: Draft }) {
  const settings = useSettings();
  const theirs = draft.theirs;
  const mine = draft.value as Record<string, unknown>;
  const changed = theirs === null ? [] : Object.entries(theirs as object).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(mine[key]));
  return (
    <div class="section-trouble" role="alert" tabIndex={-1}>
      <b>Somebody else saved this meanwhile.</b>{" "}
      {theirs === null ? "They removed it." : "Nothing of yours is lost. Where you differ, theirs is:"}
      {changed.length > 0 && <ul>{changed.map(([key, value]) => <li key={key}><code>{key}</code> {brief(value)}</li>)}</ul>}
      <div class="tools">
        <Button onClick={() => settings.discard(of.id)}>Take theirs</Button>
        {theirs !== null && <Button onClick={() => void settings.save(of, true)}>Save mine over it</Button>}
      </div>
    </div>
  );
}

function brief(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text || "(empty)";
}
