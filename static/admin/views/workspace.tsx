import type { Addresses, Limits as Values, Rate } from "../records.ts";
import { LIMITS, ofWorkspace } from "../sections.ts";
import { CheckField, Field, idOf, NumberField, NumberInput, SelectField, TextField, wrongAt, type Keys } from "./fields.tsx";
import { PageHead } from "./page.tsx";
import { useFile } from "./place.ts";
import { Section, type Form } from "./section.tsx";

const ADDRESS_OPTIONS: { value: Addresses; label: string }[] = [
  { value: "short", label: "Shortened to the network" },
  { value: "full", label: "Whole" },
  { value: "none", label: "Not at all" },
];

/** What holds for all departments. */
export function Workspace() {
  const { department, workspace } = useFile();
  return (
    <>
      <PageHead title="Workspace" lead={`Key ${workspace.key} · what holds for all departments`} />
      <Section of={ofWorkspace("name", "Workspace", ["name", "timezone", "language", "default_department"])} title="Name and place">
        {(form) => (
          <div class="pairs">
            <TextField form={form} name="name" label="Name" />
            <TextField form={form} name="timezone" label="Time zone" hint="Opening hours and rules are in it, such as Europe/Copenhagen." list="timezones" />
            <TextField form={form} name="language" label="Language" hint="Of messages when nothing better is known, such as en." />
            <SelectField form={form} name="default_department" label="Where visitors go by default" options={department.map((one) => ({ value: one.key, label: one.name }))} />
            <datalist id="timezones">{zones().map((zone) => <option key={zone} value={zone} />)}</datalist>
          </div>
        )}
      </Section>
      <Section of={ofWorkspace("lost", "Lost connections", ["grace_seconds", "blip_seconds", "hold_place_seconds", "reoffer_seconds"])} title="When a connection is lost">
        {(form) => (
          <div class="pairs">
            <NumberField form={form} name="grace_seconds" label="An agent may be gone for" unit="seconds" hint="Then visitors who wait for a reply go back to the line, with their place." />
            <NumberField form={form} name="blip_seconds" label="A visitor may be gone for" unit="seconds" hint="Then nobody is asked for them: a page change takes less." />
            <NumberField form={form} name="hold_place_seconds" label="A place is kept for" unit="seconds" hint="Then the conversation is closed; what was typed stays readable." />
            <NumberField form={form} name="reoffer_seconds" label="A refusal holds for" unit="seconds" hint="So long, who declined or missed a conversation is not asked again." />
          </div>
        )}
      </Section>
      <Section of={ofWorkspace("kept", "What is kept", ["mask_cards", "retention_days", "addresses"])} title="What is kept">
        {(form) => (
          <div class="pairs">
            <CheckField form={form} name="mask_cards" label="Mask card numbers" hint="Before anything else happens to what somebody types: •••• 4242. Nobody can look it up later." />
            <NumberField form={form} name="retention_days" label="Closed conversations are kept for" unit="days" max={36500} hint="Then they are removed for good, with visitors who have none left. 0: for ever." />
            <SelectField form={form} name="addresses" label="Network addresses of logins" options={ADDRESS_OPTIONS} />
          </div>
        )}
      </Section>
      <Section of={LIMITS} title="Limits">
        {(form) => (
          <>
            <p class="hint">So many at once, then so many a minute; 0 and 0: no limit. Whoever is above is told when to try again, and nothing is lost. They hold as soon as they are saved.</p>
            <div class="pairs">
              <RateField form={form} name="messages_per_visitor" label="Messages of one visitor" />
              <RateField form={form} name="messages_per_agent" label="Messages and steps of one agent" />
              <RateField form={form} name="messages_per_bot" label="Messages and steps of one bot" hint="It may answer thousands at once." />
              <RateField form={form} name="messages_per_bot_conversation" label="Messages of one bot in one conversation" hint="The pieces of a message that grows count for nothing." />
              <RateField form={form} name="messages_per_address" label="Messages from one address" hint="A whole office may share one." />
              <RateField form={form} name="messages_per_site" label="Messages of a site's visitors together" />
              <RateField form={form} name="starts_per_visitor" label="New conversations of one visitor" />
              <RateField form={form} name="starts_per_address" label="New conversations from one address" />
              <RateField form={form} name="signals_per_person" label="Signs of typing and reading, of one person" hint="What is above is dropped." />
              <RateField form={form} name="reads_per_connection" label="Pages of history on one connection" />
              <RateField form={form} name="requests_per_address" label="Requests of the API from one address" />
              <NumberField form={form} name="text_chars" label="A message may have" unit="characters" min={1} max={8000} />
              <NumberField form={form} name="connections_per_visitor" label="Open pages of one visitor" hint="0: no limit." />
              <NumberField form={form} name="connections_per_agent" label="Open consoles of one agent" hint="0: no limit." />
              <NumberField form={form} name="connections_per_bot" label="Connections of one bot" hint="0: no limit." />
            </div>
          </>
        )}
      </Section>
    </>
  );
}

function RateField({ form, name, label, hint }: { form: Form<Values>; name: Keys<Values, Rate>; label: string; hint?: string }) {
  const [atOnce, perMinute] = form.value[name];
  const id = idOf(form, name);
  const set = (rate: Rate): void => form.set({ [name]: rate } as Partial<Values>);
  return (
    <Field id={id} label={label} hint={hint} problem={wrongAt(form, name)}>
      <span class="line-of-fields">
        <NumberInput id={id} value={atOnce} unit="at once" problem={wrongAt(form, name)} hint={hint} onChange={(n) => set([n, perMinute])} />
        <NumberInput id={`${id}-minute`} label={`${label}, a minute`} value={perMinute} unit="a minute" onChange={(n) => set([atOnce, n])} />
      </span>
    </Field>
  );
}

function zones(): readonly string[] {
  return typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
}
