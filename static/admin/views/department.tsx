import { METHODS, type Department as Record, type Method } from "../records.ts";
import { ofDepartment } from "../sections.ts";
import { METHOD } from "../words.ts";
import { CheckField, Chosen, Field, idOf, LinesField, NumberField, NumberInput, SelectField, TextField, tied, wrongAt } from "./fields.tsx";
import { firstOptions } from "./first.ts";
import { Members } from "./members.tsx";
import { Gone, PageHead } from "./page.tsx";
import { Picture } from "./picture.tsx";
import { useFile } from "./place.ts";
import { Section, type Form } from "./section.tsx";
import { WaitMessages } from "./wait-messages.tsx";
import { Widening } from "./widening.tsx";

/** Everything about one department, in the order in which a visitor meets it. */
export function Department({ of: key }: { of: string }) {
  const file = useFile();
  const record = file.department.find((one) => one.key === key);
  if (record === undefined) return <Gone what="department" />;
  return (
    <>
      <PageHead title={record.name} lead={`Key ${key} · every section is saved by itself and holds at once`} />
      <Choosing of={key} />
      <Members of={key} />
      <Ringing of={key} />
      <Line of={key} />
      <WaitMessages of={key} name={record.name} />
      <Widening of={key} />
      <Hours of={key} />
      <Rest of={key} />
    </>
  );
}

type Choice = Pick<Record, "method" | "measure" | "tiers" | "order" | "accept">;

function Choosing({ of }: { of: string }) {
  const section = ofDepartment(of, "choosing", "Who gets it", ["method", "measure", "tiers", "order", "accept"]);
  return (
    <Section of={section} title="Who gets it" lead="Among those who are available, connected and have a free slot.">
      {(form) => (
        <>
          <Methods form={form} />
          {form.value.method === "average_utilization" && (
            <SelectField
              form={form} name="measure" label="Compare"
              options={[{ value: "count", label: "the number of conversations" }, { value: "share", label: "how full people are, as a share of their slots" }]}
            />
          )}
          <CheckField form={form} name="tiers" label="Better priorities first" hint="Among the members, those with the lowest priority number are asked first; the method above decides among equals." />
          <SelectField
            form={form} name="accept" label="How it begins"
            options={[{ value: "ring", label: "It rings, and the agent accepts" }, { value: "auto", label: "It is assigned at once, without asking" }]}
          />
          <SelectField
            form={form} name="order" label="Who is next in line"
            options={[{ value: "head_start", label: "Whoever waits longest, head starts of rules included" }, { value: "strict", label: "Strictly in the order of arrival" }]}
          />
        </>
      )}
    </Section>
  );
}

function Methods({ form }: { form: Form<Choice> }) {
  const name = idOf(form, "method");
  return (
    <fieldset class="methods">
      <legend class="unseen">Routing method</legend>
      {METHODS.map((method) => <OneMethod key={method} form={form} group={name} method={method} />)}
    </fieldset>
  );
}

function OneMethod({ form, group, method }: { form: Form<Choice>; group: string; method: Method }) {
  const { name, says } = METHOD[method];
  const id = `${group}-${method}`;
  return (
    <label class="method" for={id}>
      <input id={id} type="radio" name={group} value={method} checked={form.value.method === method} onChange={() => form.set({ method })} aria-describedby={`${id}-says`} />
      <Picture method={method} />
      <span class="method-name">{name}</span>
      <span class="hint" id={`${id}-says`}>{says}</span>
    </label>
  );
}

function Ringing({ of }: { of: string }) {
  const section = ofDepartment(of, "ringing", "Ringing", ["ring_seconds", "ring_waves", "reject_delay", "miss_delay", "miss_limit", "wrap_up"]);
  const method = useFile().department.find((one) => one.key === of)?.method;
  return (
    <Section of={section} title="Ringing and wrap-up">
      {(form) => (
        <>
          <div class="pairs">
            <NumberField form={form} name="ring_seconds" label="Rings for" unit="seconds" min={1} hint="Then it is a missed offer, and the next agent is asked." />
            <NumberField form={form} name="wrap_up" label="Wrap-up after a close" unit="seconds" hint="Holds one slot while the agent writes down what happened. 0: none." />
            <NumberField form={form} name="reject_delay" label="Rest after declining" unit="seconds" />
            <NumberField form={form} name="miss_delay" label="Rest after a missed offer" unit="seconds" />
            <NumberField form={form} name="miss_limit" label="Set away after" unit="missed in a row" hint="0: never." />
          </div>
          {(method === "ring_all" || form.value.ring_waves.length > 0) && <Waves form={form} />}
        </>
      )}
    </Section>
  );
}

function Waves({ form }: { form: Form<Pick<Record, "ring_waves">> }) {
  const waves = form.value.ring_waves;
  const set = (at: number, wave: [number, number] | null): void => {
    form.set({ ring_waves: waves.flatMap((one, i) => (i === at ? (wave === null ? [] : [wave]) : [one])) });
  };
  const last = waves.at(-1);
  const problem = wrongAt(form, "ring_waves");
  const id = idOf(form, "ring_waves");
  return (
    <div class="setting" role="group" aria-labelledby={`${id}-label`} {...tied(id, problem, "x")}>
      <span class="label" id={`${id}-label`}>Ring waves</span>
      {waves.map(([after, agents], i) => (
        <div class="line-of-fields" key={i}>
          After <NumberInput id={`${id}-a${i}`} label={`Wave ${i + 1}, after seconds`} value={after} onChange={(n) => set(i, [n, agents])} /> s ring
          <NumberInput id={`${id}-n${i}`} label={`Wave ${i + 1}, agents`} value={agents} onChange={(n) => set(i, [after, n])} /> agents
          <button type="button" class="chip-off" aria-label={`Remove wave ${i + 1}`} onClick={() => set(i, null)}>×</button>
        </div>
      ))}
      <div class="tools">
        <button type="button" class="button small" onClick={() => form.set({ ring_waves: [...waves, last === undefined ? [0, 1] : [last[0] + 15, 0]] })}>Add a wave</button>
      </div>
      <p class="hint" id={`${id}-hint`}>{waves.length === 0 ? "Without waves it rings at everybody at once." : "0 agents means everybody. Each wave rings more people than the one before."}</p>
      {problem !== "" && <p class="wrong" id={`${id}-wrong`}>{problem}</p>}
    </div>
  );
}

function Line({ of }: { of: string }) {
  const section = ofDepartment(of, "line", "The line", ["max_line", "overflow", "prefer_last_agent", "repeat_days"]);
  const others = useFile().department.filter((one) => one.key !== of).map((one) => ({ value: one.key, label: one.name }));
  return (
    <Section of={section} title="The line" lead="How long it may get, and where visitors go when it is full or nobody is there.">
      {(form) => (
        <>
          <div class="pairs">
            <NumberField form={form} name="max_line" label="At most" unit="waiting" hint="0: no limit." />
            <NumberField form={form} name="prefer_last_agent" label="Keep for the last agent" unit="seconds" hint="Who talked to this visitor before is asked first for so long. 0: off." />
            <NumberField form={form} name="repeat_days" label="A repeat within" unit="days" hint="Rules see visitors who come back within this as “repeat”." />
          </div>
          <Field id={idOf(form, "overflow")} label="Then try, in this order" problem={wrongAt(form, "overflow")} hint="With nothing here, the visitor is offered to leave a message.">
            <Chosen
              id={idOf(form, "overflow")} options={others} chosen={form.value.overflow} add="Add a department" ordered problem={wrongAt(form, "overflow")}
              onChange={(overflow) => form.set({ overflow })}
            />
          </Field>
        </>
      )}
    </Section>
  );
}

function Hours({ of }: { of: string }) {
  const section = ofDepartment(of, "hours", "Opening hours", ["hours", "holidays"]);
  const zone = useFile().workspace.timezone;
  return (
    <Section of={section} title="Opening hours" lead={`In the workspace's time zone, ${zone.replaceAll("_", " ")}.`}>
      {(form) => (
        <div class="pairs">
          <LinesField form={form} name="hours" label="Open" placeholder="mon-fri 08:00-18:00" hint="One line each, such as “mon-fri 08:00-18:00”. Empty: always open." />
          <LinesField form={form} name="holidays" label="Closed on" placeholder="2026-12-25" hint="One date each, such as “2026-12-25”." />
        </div>
      )}
    </Section>
  );
}

function Rest({ of }: { of: string }) {
  const { bot } = useFile();
  const section = ofDepartment(of, "rest", "Name and silence", ["name", "first", "idle_seconds", "idle_close_seconds", "service_level"]);
  return (
    <Section of={section} title="Name, bots and silence">
      {(form) => {
        const [share, within] = form.value.service_level;
        const id = idOf(form, "service_level");
        return (
          <div class="pairs">
            <TextField form={form} name="name" label="Name visitors see" />
            <SelectField form={form} name="first" label="Who answers first" options={firstOptions(bot, form.value.first)} hint={bot.length === 0 ? "A bot can: make one under Bots." : "A bot hands over to people; if it is not connected, they answer."} />
            <NumberField form={form} name="idle_seconds" label="Ask “still there?” after" unit="seconds" hint="When the visitor is silent though answered. 0: never." />
            <NumberField form={form} name="idle_close_seconds" label="Close after another" unit="seconds" min={1} />
            <Field id={id} label="Service level" hint="For reports: this share is to be answered within the time." problem={wrongAt(form, "service_level")}>
              <span class="line-of-fields">
                <NumberInput id={id} value={Math.round(share * 100)} min={1} max={100} unit="% within" hint="x" onChange={(n) => form.set({ service_level: [n / 100, within] })} />
                <NumberInput id={`${id}-within`} label="Service level, seconds" value={within} min={1} unit="s" onChange={(n) => form.set({ service_level: [share, n] })} />
              </span>
            </Field>
          </div>
        );
      }}
    </Section>
  );
}
