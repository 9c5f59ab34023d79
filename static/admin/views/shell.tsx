import { useEffect, useRef, useState } from "preact/hooks";
import { Avatar } from "../../ui/avatar.tsx";
import { Menu, MenuItem } from "../../ui/menu.tsx";
import { PasswordDialog } from "../../ui/password.tsx";
import { route, type Route } from "../route.ts";
import { counted, METHOD, ROLE } from "../words.ts";
import { Agent } from "./agent.tsx";
import { Bot } from "./bot.tsx";
import { Bots, botsInWords } from "./bots.tsx";
import { Department } from "./department.tsx";
import { Overview } from "./overview.tsx";
import { Gone } from "./page.tsx";
import { NewDepartment, People } from "./people.tsx";
import { useFile, useSettings } from "./place.ts";
import { Promises } from "./promises.tsx";
import { Rules } from "./rules.tsx";
import { Site, Sites } from "./sites.tsx";
import { TryIt } from "./try-it.tsx";
import { Workspace } from "./workspace.tsx";

/** The frame: bar, the list of pages, the page. */
export function Shell({ agent, onLogout }: { agent: string; onLogout: () => void }) {
  const me = useFile().agent.find((one) => one.key === agent);
  const at = route.value;
  const main = useRef<HTMLElement>(null);
  const [password, setPassword] = useState(false);
  useEffect(() => main.current?.scrollTo({ top: 0 }), [at.page, at.key]);
  return (
    <div class="admin">
      <header class="bar">
        <span class="brand">Frontdesk</span>
        <span class="soft">Settings</span>
        <span class="grow" />
        <a class="button small" href={`/console?as=${encodeURIComponent(agent)}`}>Console</a>
        <Menu label={`${me?.name ?? agent}: log out`} look="face" face={<Avatar name={me?.name ?? agent} />}>
          {(shut) => (
            <>
              <div class="sheet-head" role="presentation">{me?.name ?? agent}<small>{ROLE[me?.role ?? "admin"]}</small></div>
              <MenuItem onPick={() => { shut(); setPassword(true); }}>Change password</MenuItem>
              <MenuItem onPick={() => { shut(); onLogout(); }}>Log out</MenuItem>
            </>
          )}
        </Menu>
      </header>
      <Nav at={at} />
      <main class="page" ref={main}>
        <div class="page-inner" key={`${at.page}/${at.key}`}><Page at={at} /></div>
      </main>
      <Unsaved />
      {password && <PasswordDialog agent={agent} onDone={() => setPassword(false)} />}
    </div>
  );
}

function Page({ at }: { at: Route }) {
  switch (at.page) {
    case "":
      return <Overview />;
    case "department":
      return <Department of={at.key} />;
    case "new-department":
      return <NewDepartment />;
    case "people":
      return <People />;
    case "agent":
      return <Agent of={at.key} />;
    case "bots":
      return <Bots />;
    case "bot":
      return <Bot of={at.key} />;
    case "sites":
      return <Sites />;
    case "site":
      return <Site of={at.key} />;
    case "rules":
      return <Rules />;
    case "try":
      return <TryIt />;
    case "promises":
      return <Promises />;
    case "workspace":
      return <Workspace />;
    default:
      return <Gone what="page" />;
  }
}

function Nav({ at }: { at: Route }) {
  const file = useFile();
  return (
    <nav class="nav" aria-label="Settings">
      <ul>
        <Item at={at} page="" name="Overview" />
        <li>
          <span class="nav-heading">Departments</span>
          <ul>
            {file.department.map((one) => <Item key={one.key} at={at} page="department" of={one.key} name={one.name} detail={METHOD[one.method].name} />)}
            <Item at={at} page="new-department" name="+ New department" quiet />
          </ul>
        </li>
        <Item at={at} page="people" name="People" detail={counted(file.agent.length, "person", "people")} />
        <Item at={at} page="bots" name="Bots" detail={botsInWords(file.bot.length)} />
        <Item at={at} page="rules" name="Rules" detail={file.rule.length === 0 ? "none yet" : counted(file.rule.length, "rule")} />
        <Item at={at} page="sites" name="Sites" detail={file.site.length === 0 ? "none yet" : counted(file.site.length, "site")} />
        <Item at={at} page="workspace" name="Workspace" />
        <li>
          <span class="nav-heading">See how it does</span>
          <ul>
            <Item at={at} page="try" name="Try it" />
            <Item at={at} page="promises" name="Promises" />
          </ul>
        </li>
      </ul>
    </nav>
  );
}

/** Pages of single records that belong to the page of them all. */
const INSIDE: Readonly<Record<string, string>> = { people: "agent", bots: "bot", sites: "site" };

interface ItemProps {
  at: Route;
  page: string;
  of?: string;
  name: string;
  detail?: string;
  quiet?: boolean;
}

function Item({ at, page, of = "", name, detail, quiet = false }: ItemProps) {
  const settings = useSettings();
  const inside = INSIDE[page];
  const here = at.page === page && at.key === of || inside !== undefined && at.page === inside;
  const start = `${page}/${of === "" ? "-" : of}/`;
  const touched = settings.unsaved.value.some(({ id }) => id.startsWith(start) || (inside !== undefined && id.startsWith(`${inside}/`)));
  return (
    <li>
      <a class={quiet ? "nav-item quiet" : "nav-item"} href={`#/${page}${of === "" ? "" : `/${encodeURIComponent(of)}`}`} {...(here ? { "aria-current": "page" as const } : {})}>
        <span class="cut">{name}</span>
        {touched ? <span class="nav-touched">not saved</span> : detail !== undefined && <small class="cut">{detail}</small>}
      </a>
    </li>
  );
}

/** What is not saved yet is named on every page, with the way to it. */
function Unsaved() {
  const settings = useSettings();
  const at = route.value;
  const elsewhere = settings.unsaved.value.filter(({ id }) => !id.startsWith(`${at.page}/${at.key === "" ? "-" : at.key}/`));
  if (elsewhere.length === 0) return null;
  return (
    <div class="unsaved" role="status">
      Not saved yet: {elsewhere.map(({ id, title }, i) => <span key={id}>{i > 0 && ", "}<a href={`#/${wayTo(id)}`}>{title}</a></span>)}
    </div>
  );
}

function wayTo(id: string): string {
  const [page, key] = id.split("/");
  return key === "-" ? (page ?? "") : `${page}/${key}`;
}
