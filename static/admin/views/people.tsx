import { useId, useState } from "preact/hooks";
import { Avatar } from "../../ui/avatar.tsx";
import { Button } from "../../ui/button.tsx";
import type { Login } from "../accounts.ts";
import { Refused, type Put } from "../api.ts";
import { keyOf, newAgent, newDepartment } from "../records.ts";
import { counted, inWords, ROLE } from "../words.ts";
import { Field, tied } from "./fields.tsx";
import { MAY, useLogins } from "./login.tsx";
import { PageHead } from "./page.tsx";
import { useFile, useSettings } from "./place.ts";

/** Everybody inside. */
export function People() {
  const file = useFile();
  const { may } = useLogins();
  return (
    <>
      <PageHead title="People" lead="Who answers, how much each has at once, and what they know." />
      <section class="section">
        <div class="wide-frame" role="region" aria-label="Everybody" tabIndex={0}>
          <table class="table people">
            <thead><tr><th scope="col">Name</th><th scope="col">Role</th><th scope="col">Slots</th><th scope="col">Departments</th><th scope="col">Skills</th></tr></thead>
            <tbody>
              {file.agent.map((one) => (
                <tr key={one.key}>
                  <th scope="row"><span class="who-cell"><Avatar name={one.name} /><a href={`#/agent/${encodeURIComponent(one.key)}`}>{one.name}</a></span></th>
                  <td>{ROLE[one.role]}{shut(may[one.key])}</td>
                  <td>{one.max_slots}</td>
                  <td>{one.member.map((member) => file.department.find(({ key }) => key === member.department)?.name ?? member.department).join(", ") || <span class="soft">none</span>}</td>
                  <td>{Object.entries(one.skills).map(([name, level]) => <span key={name} class="tag">{name} {level}</span>)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <NewPerson />
    </>
  );
}

/** Only what is out of the ordinary. */
function shut(may: Login | undefined) {
  return may === undefined || may === "yes" ? null : <small class="no-login">{MAY[may]}</small>;
}

function NewPerson() {
  const settings = useSettings();
  return (
    <New
      title="Somebody new" add="Add" email taken={settings.file.value?.agent.map((one) => one.key) ?? []}
      make={(key, name, email) => ({ path: `agents/${key}`, body: newAgent(key, name, email) })} done={(key) => `#/agent/${key}`}
      lead="They can sign in once you have given them a password, on the page that opens then."
    />
  );
}

export function NewDepartment() {
  const file = useFile();
  return (
    <>
      <PageHead title="New department" />
      <New
        title="What is it called?" add="Add the department" taken={file.department.map((one) => one.key)}
        make={(key, name) => ({ path: `departments/${key}`, body: newDepartment(key, name) })} done={(key) => `#/department/${key}`}
        lead="It starts with sensible values and nobody in it. Sites decide which departments their visitors may choose."
      />
    </>
  );
}

interface NewProps {
  title: string;
  lead: string;
  add: string;
  email?: boolean;
  taken: readonly string[];
  make: (key: string, name: string, email: string) => Put;
  /** Where to go once it is there. */
  done: (key: string) => string;
}

/** A new record: a name, and the key made from it. */
export function New({ title, lead, add, email = false, taken, make, done }: NewProps) {
  const settings = useSettings();
  const id = useId();
  const [name, setName] = useState("");
  const [key, setKey] = useState("");
  const [mail, setMail] = useState("");
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [trouble, setTrouble] = useState("");
  const chosen = key === "" ? keyOf(name) : key;
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setTrouble("");
    if (chosen === "") return setWrong({ name: "It needs a name." });
    if (taken.includes(chosen)) return setWrong({ key: `There is already one with the key ${chosen}.` });
    try {
      await settings.create(make(chosen, name.trim(), mail.trim()));
      location.hash = done(chosen);
    } catch (error) {
      const refused = error instanceof Refused ? error : new Refused(0, "That did not work. Try again.");
      setWrong(Object.fromEntries(refused.problems.map((one) => [one.at, inWords(one)])));
      if (refused.problems.every((one) => !["name", "key", "email"].includes(one.at))) setTrouble(refused.message);
    }
  };
  const field = (at: string): Record<string, string | boolean> => tied(`${id}-${at}`, wrong[at] ?? "");
  return (
    <form class="section" aria-labelledby={`${id}-title`} noValidate onSubmit={(event) => void submit(event)}>
      <div class="section-head"><h2 id={`${id}-title`}>{title}</h2><p class="soft">{lead}</p></div>
      <div class="pairs">
        <Field id={`${id}-name`} label="Name" problem={wrong["name"] ?? ""}><input class="input" value={name} autocomplete="off" {...field("name")} onInput={(event) => setName(event.currentTarget.value)} /></Field>
        {email && <Field id={`${id}-email`} label="E-mail" problem={wrong["email"] ?? ""}><input class="input" type="email" value={mail} autocomplete="off" {...field("email")} onInput={(event) => setMail(event.currentTarget.value)} /></Field>}
        <Field id={`${id}-key`} label="Key" problem={wrong["key"] ?? ""} hint="In files and addresses; it never changes."><input class="input" value={key} placeholder={keyOf(name)} autocomplete="off" {...field("key")} onInput={(event) => setKey(event.currentTarget.value)} /></Field>
      </div>
      {trouble !== "" && <p class="section-trouble" role="alert">{trouble}</p>}
      <div class="section-foot"><div class="tools"><Button type="submit" look="main">{add}</Button>{taken.length > 0 && <span class="soft">{counted(taken.length, "is", "are")} there already</span>}</div></div>
    </form>
  );
}
