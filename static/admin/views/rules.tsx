import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { NEW_RULE, type Rule } from "../records.ts";
import { RULES } from "../sections.ts";
import { counted, inWords, language, seconds } from "../words.ts";
import { Field, idOf, Levels, NumberInput, tied, wrongAt } from "./fields.tsx";
import { firstOptions } from "./first.ts";
import { Empty, PageHead } from "./page.tsx";
import { pointed } from "./pointed.ts";
import { useFile } from "./place.ts";
import { Section, type Form } from "./section.tsx";

type Value = { rule: Rule[] };

/** The rules, in the order in which they are tried. */
export function Rules() {
  return (
    <>
      <PageHead title="Rules" lead="What is known of a visitor decides where they go. For each question the first rule that matches and answers it counts; tags of all that match add up." />
      <Section of={RULES} title="In this order">
        {(form) => <List form={form} />}
      </Section>
      <Vocabulary />
    </>
  );
}

function List({ form }: { form: Form<Value> }) {
  const { rule: rules } = form.value;
  const [open, setOpen] = useState<number | null>(null);
  const [said, setSaid] = useState("");
  const set = (at: number, change: Partial<Rule> | null): void => {
    form.set({ rule: rules.flatMap((one, i) => (i === at ? (change === null ? [] : [{ ...one, ...change }]) : [one])) });
  };
  const move = (at: number, by: number): void => {
    const next = [...rules];
    const [moved] = next.splice(at, 1);
    if (moved === undefined) return;
    next.splice(at + by, 0, moved);
    form.set({ rule: next });
    setOpen(open === at ? at + by : null);
    setSaid(`${moved.name || "The rule"} is number ${at + by + 1} now.`);
  };
  const add = (): void => {
    form.set({ rule: [...rules, { ...NEW_RULE, name: `rule ${rules.length + 1}` }] });
    setOpen(rules.length);
  };
  return (
    <>
      {rules.length === 0 && <Empty title="No rules yet">Everybody goes to the department they choose, and needs nothing special. A rule such as <code>page.path.startsWith("/pricing")</code> sends visitors of some pages to the right people.</Empty>}
      <ol class="rules">
        {rules.map((rule, i) => (
          <li key={i} class="item-card rule">
            <div class="rule-head">
              <b class="rule-no">{i + 1}</b>
              <div class="rule-said"><b>{rule.name || "(no name)"}</b><code class="cut">{rule.when}</code><span class="soft">{deeds(rule)}</span></div>
              <Button small disabled={i === 0} label={`Move ${rule.name} up`} onClick={() => move(i, -1)}>↑</Button>
              <Button small disabled={i === rules.length - 1} label={`Move ${rule.name} down`} onClick={() => move(i, 1)}>↓</Button>
              <Button small expanded={open === i} label={`${open === i ? "Done with" : "Change"} ${rule.name}`} onClick={() => setOpen(open === i ? null : i)}>{open === i ? "Done" : "Change"}</Button>
            </div>
            {(open === i || form.problem(`rule.${i}`) !== undefined) && <Fields form={form} at={i} rule={rule} set={(change) => set(i, change)} />}
          </li>
        ))}
      </ol>
      <p class="unseen" role="status">{said}</p>
      <div class="tools"><Button small onClick={add}>Add a rule</Button></div>
    </>
  );
}

/** What a rule does, on one line. */
function deeds(rule: Rule): string {
  const done = [
    rule.department !== null && `to ${rule.department}`,
    rule.agent !== null && `kept for ${rule.agent} ${seconds(rule.agent_seconds)}`,
    rule.require !== null && `requires ${levels(rule.require)}`,
    rule.prefer !== null && `prefers ${Object.keys(rule.prefer).join(", ")}`,
    rule.head_start !== null && `${seconds(rule.head_start)} head start`,
    rule.language !== null && `speaks ${language(rule.language)}`,
    rule.first !== null && (rule.first === "" ? "people first" : `${rule.first} first`),
    rule.tags.length > 0 && `tags ${rule.tags.join(", ")}`,
  ].filter(Boolean);
  return done.length === 0 ? "does nothing yet" : done.join(" · ");
}

function levels(skills: Readonly<Record<string, number>>): string {
  return Object.entries(skills).map(([name, level]) => `${name} ${level}`).join(", ");
}

interface RuleProps {
  form: Form<Value>;
  at: number;
  rule: Rule;
  set: (change: Partial<Rule> | null) => void;
}

function Fields({ form, at, rule, set }: RuleProps) {
  const file = useFile();
  const path = `rule.${at}`;
  const id = idOf(form, path);
  const known = [...new Set(file.agent.flatMap((one) => Object.keys(one.skills)))].sort();
  return (
    <div class="rule-fields">
      <Field id={`${id}-name`} label="Name" problem={wrongAt(form, `${path}.name`)}>
        <input class="input" value={rule.name} autocomplete="off" {...tied(`${id}-name`, wrongAt(form, `${path}.name`))} onInput={(event) => set({ name: event.currentTarget.value })} />
      </Field>
      <When form={form} at={at} rule={rule} set={set} />
      <div class="pairs">
        <Pick id={`${id}-department`} label="Goes to" none="wherever they chose" value={rule.department} problem={wrongAt(form, `${path}.department`)} options={file.department} onPick={(department) => set({ department })} />
        <Pick id={`${id}-agent`} label="Kept for" none="nobody in particular" value={rule.agent} problem={wrongAt(form, `${path}.agent`)} options={file.agent} onPick={(agent) => set({ agent })} />
        {rule.agent !== null && (
          <Field id={`${id}-kept`} label="Kept so long" hint="Then anybody may take it." problem={wrongAt(form, `${path}.agent_seconds`)}>
            <NumberInput id={`${id}-kept`} value={rule.agent_seconds} unit="seconds" hint="x" problem={wrongAt(form, `${path}.agent_seconds`)} onChange={(agent_seconds) => set({ agent_seconds })} />
          </Field>
        )}
        <Field id={`${id}-head`} label="Head start" hint="Counts as if they had waited this long already." problem={wrongAt(form, `${path}.head_start`)}>
          <NumberInput id={`${id}-head`} value={rule.head_start ?? (null as never)} unit="seconds" hint="x" problem={wrongAt(form, `${path}.head_start`)} onChange={(n) => set({ head_start: n as number | null })} />
        </Field>
        <Text id={`${id}-language`} label="Language" hint="Such as da or pt-BR; empty: theirs." value={rule.language ?? ""} problem={wrongAt(form, `${path}.language`)} onText={(text) => set({ language: text === "" ? null : text })} />
        <Text id={`${id}-tags`} label="Tags" hint="With commas between." value={rule.tags.join(", ")} problem={wrongAt(form, `${path}.tags`)} onText={(text) => set({ tags: text.split(",").map((tag) => tag.trim()).filter((tag, i, all) => tag !== "" || i === all.length - 1 && i > 0) })} />
        <First id={`${id}-first`} value={rule.first} problem={wrongAt(form, `${path}.first`)} onPick={(first) => set({ first })} />
      </div>
      <div class="pairs">
        <div class="setting" role="group" aria-label="Required skills"><span class="label">Requires, at least at this level</span>
          <Levels id={`${id}-require`} value={rule.require ?? {}} what="skill" number="Level" max={10} known={known} problem={wrongAt(form, `${path}.require`)} onChange={(require) => set({ require: some(require) })} />
        </div>
        <div class="setting" role="group" aria-label="Preferred skills"><span class="label">Prefers, with this weight</span>
          <Levels id={`${id}-prefer`} value={rule.prefer ?? {}} what="preferred skill" number="Weight" max={1000} known={known} problem={wrongAt(form, `${path}.prefer`)} onChange={(prefer) => set({ prefer: some(prefer) })} />
        </div>
      </div>
      <div class="tools"><Button small label={`Remove this rule, ${rule.name}`} onClick={() => set(null)}>Remove this rule</Button></div>
    </div>
  );
}

/** Three answers: as the department says, people whatever it says, or this bot. */
function First({ id, value, problem, onPick }: { id: string; value: string | null; problem: string; onPick: (first: string | null) => void }) {
  const options = firstOptions(useFile().bot, value ?? "");
  return (
    <Field id={id} label="Who answers first" problem={problem}>
      <select
        class="input" value={value === null ? AS_DEPARTMENT : value} {...tied(id, problem)}
        onChange={(event) => onPick(event.currentTarget.value === AS_DEPARTMENT ? null : event.currentTarget.value)}
      >
        <option value={AS_DEPARTMENT}>as the department says</option>
        {options.map((one) => <option key={one.value} value={one.value}>{one.label}</option>)}
      </select>
    </Field>
  );
}

const AS_DEPARTMENT = "-";

function some(skills: Record<string, number>): Record<string, number> | null {
  return Object.keys(skills).length === 0 ? null : skills;
}

/** The condition. What is wrong with it is shown at its place: the line, and under it where the trouble begins. */
function When({ form, at, rule, set }: RuleProps) {
  const path = `rule.${at}.when`;
  const id = idOf(form, path);
  const found = form.problem(path);
  const at_ = found === undefined ? null : pointed(found.message, rule.when);
  return (
    <div class="setting">
      <label for={id}>When</label>
      <textarea
        class="input code" rows={Math.max(2, rule.when.split("\n").length)} value={rule.when} spellcheck={false} autocapitalize="off" dir="ltr" {...tied(id, found === undefined ? "" : "x", "x")}
        onInput={(event) => set({ when: event.currentTarget.value })}
      />
      <p class="hint" id={`${id}-hint`}>A condition in CEL, such as <code>visitor.country == "DK" && text.contains("refund")</code></p>
      {found !== undefined && (
        <div class="wrong" id={`${id}-wrong`}>
          {at_ !== null && <pre class="pointed" aria-hidden="true">{at_.line}{"\n"}{" ".repeat(at_.column - 1)}^</pre>}
          {inWords(found)}
        </div>
      )}
    </div>
  );
}

interface PickProps {
  id: string;
  label: string;
  none: string;
  value: string | null;
  problem: string;
  options: readonly { key: string; name: string }[];
  onPick: (key: string | null) => void;
}

function Pick({ id, label, none, value, problem, options, onPick }: PickProps) {
  return (
    <Field id={id} label={label} problem={problem}>
      <select class="input" value={value ?? ""} {...tied(id, problem)} onChange={(event) => onPick(event.currentTarget.value === "" ? null : event.currentTarget.value)}>
        <option value="">{none}</option>
        {options.map((one) => <option key={one.key} value={one.key}>{one.name}</option>)}
      </select>
    </Field>
  );
}

function Text({ id, label, hint, value, problem, onText }: { id: string; label: string; hint: string; value: string; problem: string; onText: (text: string) => void }) {
  return (
    <Field id={id} label={label} hint={hint} problem={problem}>
      <input class="input" value={value} autocomplete="off" {...tied(id, problem, hint)} onInput={(event) => onText(event.currentTarget.value)} />
    </Field>
  );
}

const VOCABULARY: readonly (readonly [string, string])[] = [
  ["page", "url, path, query, title, referrer"],
  ["visitor", "language, timezone, country, name, email, visits, returning, repeat, verified, attributes"],
  ["text", "the first message"],
  ["form", "what they filled in"],
  ["now", "weekday, hour, minute, date in the workspace's time zone"],
  ["site, department", "keys"],
];

function Vocabulary() {
  return (
    <details class="section quiet">
      <summary>What a condition can ask about ({counted(VOCABULARY.length, "thing")})</summary>
      <dl class="facts-list">{VOCABULARY.map(([name, holds]) => <Fragment key={name}><dt><code>{name}</code></dt><dd>{holds}</dd></Fragment>)}</dl>
    </details>
  );
}
