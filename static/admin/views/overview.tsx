import { Avatar } from "../../ui/avatar.tsx";
import type { Department, WorkspaceFile } from "../records.ts";
import { counted, language, METHOD, seconds } from "../words.ts";
import { Empty, PageHead } from "./page.tsx";
import { Picture } from "./picture.tsx";
import { useFile } from "./place.ts";
import { lineOf } from "./sites.tsx";

/** The whole small workspace at a glance. */
export function Overview() {
  const file = useFile();
  const { workspace } = file;
  return (
    <>
      <PageHead title={workspace.name} lead={`${workspace.timezone.replaceAll("_", " ")} · ${language(workspace.language)} · what is saved holds at once`} />
      <section aria-labelledby="departments">
        <h2 class="over-heading" id="departments">Departments</h2>
        <ul class="cards">{file.department.map((one) => <DepartmentCard key={one.key} department={one} file={file} />)}</ul>
      </section>
      <div class="halves">
        <RulesCard file={file} />
        <SitesCard file={file} />
      </div>
    </>
  );
}

function DepartmentCard({ department, file }: { department: Department; file: WorkspaceFile }) {
  const members = file.agent.filter((one) => one.member.some((member) => member.department === department.key));
  const slots = members.reduce((sum, one) => sum + one.max_slots, 0);
  const chosenBy = file.workspace.default_department === department.key;
  return (
    <li class="over-card">
      <div class="over-top">
        <div>
          <h3><a href={`#/department/${encodeURIComponent(department.key)}`}>{department.name}</a></h3>
          <p class="method-name">{METHOD[department.method].name}</p>
        </div>
        <Picture method={department.method} />
      </div>
      <p class="hint">{METHOD[department.method].says}</p>
      {members.length === 0 ? <p class="over-warn">Nobody answers here yet.</p> : (
        <p class="faces">
          {members.slice(0, 6).map((one) => <Avatar key={one.key} name={one.name} />)}
          <span>{counted(members.length, "member")}, {counted(slots, "slot")}</span>
        </p>
      )}
      <ul class="over-facts">{facts(department, chosenBy).map((fact) => <li key={fact}>{fact}</li>)}</ul>
    </li>
  );
}

function facts(one: Department, byDefault: boolean): string[] {
  return [
    byDefault && "where visitors go by default",
    one.hours.length === 0 ? "always open" : one.hours.join(", "),
    one.accept === "auto" ? "assigned without asking" : `rings ${seconds(one.ring_seconds)}`,
    one.max_line > 0 && `at most ${one.max_line} waiting`,
    one.message.length > 0 ? counted(one.message.length, "wait message") : "no wait messages",
    one.widen.length > 0 && counted(one.widen.length, "widening step"),
    one.first !== "" && `${one.first} first`,
  ].filter((fact) => fact !== false);
}

function RulesCard({ file }: { file: WorkspaceFile }) {
  return (
    <section class="section" aria-labelledby="rules">
      <h2 id="rules"><a href="#/rules">Rules</a></h2>
      {file.rule.length === 0 ? <Empty title="No rules yet">Everybody goes to the department they choose.</Empty> : (
        <ol class="over-rules">{file.rule.slice(0, 5).map((one) => <li key={one.name}><b>{one.name}</b><code class="cut">{one.when}</code></li>)}</ol>
      )}
      {file.rule.length > 5 && <p class="soft">and {file.rule.length - 5} more</p>}
    </section>
  );
}

/** Where the chat is embedded, and the line that does it. */
function SitesCard({ file }: { file: WorkspaceFile }) {
  return (
    <section class="section" aria-labelledby="sites">
      <h2 id="sites"><a href="#/sites">Sites</a></h2>
      {file.site.length === 0 && <Empty title="No site yet">Make one; then its chat can be embedded.</Empty>}
      {file.site.map((site) => (
        <div key={site.key} class="site">
          <b><a href={`#/site/${encodeURIComponent(site.key)}`}>{site.name}</a></b>
          <p class="hint">{site.origins.length === 0 ? "may be embedded nowhere yet" : site.origins.join(", ")}</p>
          <pre class="snippet" tabIndex={0} aria-label={`The line that embeds ${site.name}`}>{lineOf(site)}</pre>
        </div>
      ))}
    </section>
  );
}
