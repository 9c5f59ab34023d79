import { ofWorkspace } from "../sections.ts";
import { NumberField, SelectField, TextField } from "./fields.tsx";
import { PageHead } from "./page.tsx";
import { useFile } from "./place.ts";
import { Section } from "./section.tsx";

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
    </>
  );
}

function zones(): readonly string[] {
  return typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
}
