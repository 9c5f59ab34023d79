import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import type { Site as Record } from "../records.ts";
import { ofSite } from "../sections.ts";
import { Chosen, Field, idOf, LinesField, TextField, wrongAt } from "./fields.tsx";
import { Empty, Gone, PageHead } from "./page.tsx";
import { New } from "./people.tsx";
import { useFile } from "./place.ts";
import { Remove } from "./remove.tsx";
import { Section } from "./section.tsx";

/** Where the chat is embedded: every site with the line that does it. */
export function Sites() {
  const { site, department } = useFile();
  return (
    <>
      <PageHead title="Sites" lead="Websites with your chat: which may embed it, and whom their visitors may choose." />
      {site.length === 0 && <Empty title="No site yet">Make one, then paste its line into your pages.</Empty>}
      {site.map((one) => (
        <section key={one.key} class="section" aria-label={one.name}>
          <div class="section-head">
            <h2><a href={`#/site/${encodeURIComponent(one.key)}`}>{one.name}</a></h2>
            <p class="soft">{one.origins.length === 0 ? "May be embedded nowhere yet." : one.origins.join(", ")}</p>
          </div>
          <Snippet site={one} />
        </section>
      ))}
      <New
        title="A new site" add="Add the site" taken={site.map((one) => one.key)} lead="It may be embedded nowhere until you say where."
        make={(key, name) => ({ path: `sites/${key}`, body: madeFrom(key, name, department.map((one) => one.key)) })} done={(key) => `#/site/${key}`}
      />
    </>
  );
}

/** Its visitors may choose among all departments there are. */
function madeFrom(key: string, name: string, departments: string[]): Record {
  return { key, name, origins: [], departments };
}

/** One site. */
export function Site({ of: key }: { of: string }) {
  const record = useFile().site.find((one) => one.key === key);
  if (record === undefined) return <Gone what="site" />;
  return (
    <>
      <PageHead title={record.name} lead={`Key ${key} · every section is saved by itself and holds at once`} />
      <section class="section" aria-label="The line for your pages">
        <div class="section-head"><h2>The line for your pages</h2><p class="soft">Anywhere in the page, once; it loads after everything else.</p></div>
        <Snippet site={record} />
      </section>
      <Where of={key} />
      <Whom of={key} />
      <Remove path={`sites/${key}`} what={record.name} back="#/sites" />
    </>
  );
}

function Where({ of }: { of: string }) {
  return (
    <Section of={ofSite(of, "where", "Name and origins", ["name", "origins"])} title="Name and origins">
      {(form) => (
        <>
          <div class="pairs"><TextField form={form} name="name" label="Name visitors see" /></div>
          <LinesField form={form} name="origins" label="May be embedded by" placeholder="https://shop.example" hint="One address each, with https:// and without a path, such as “https://shop.example”. Every host counts by itself: “https://www.shop.example” is another one." />
        </>
      )}
    </Section>
  );
}

function Whom({ of }: { of: string }) {
  const { department } = useFile();
  return (
    <Section of={ofSite(of, "whom", "Departments", ["departments"])} title="Whom visitors may choose" lead="One, or none: they are not asked. Rules may send them elsewhere all the same.">
      {(form) => (
        <Field id={idOf(form, "departments")} label="Departments, in this order" problem={wrongAt(form, "departments")}>
          <Chosen
            id={idOf(form, "departments")} options={department.map((one) => ({ value: one.key, label: one.name }))} chosen={form.value.departments} add="Add a department" ordered
            problem={wrongAt(form, "departments")} onChange={(departments) => form.set({ departments })}
          />
        </Field>
      )}
    </Section>
  );
}

export function lineOf({ key }: Pick<Record, "key">): string {
  return `<script async src="${location.origin}/widget.js" data-site="${key}"></script>`;
}

function Snippet({ site }: { site: Record }) {
  const [copied, setCopied] = useState(false);
  const copy = (): void => void navigator.clipboard.writeText(lineOf(site)).then(() => setCopied(true), () => setCopied(false));
  return (
    <div class="snippet-row">
      <pre class="snippet" tabIndex={0} aria-label={`The line that embeds ${site.name}`}>{lineOf(site)}</pre>
      <Button small label={`Copy the line that embeds ${site.name}`} onClick={copy}>{copied ? "Copied" : "Copy"}</Button>
      <span class="unseen" role="status">{copied ? "Copied" : ""}</span>
    </div>
  );
}
