import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { accounts, LEAST, setPassword, steer, type Login as May } from "../accounts.ts";
import { Refused } from "../api.ts";
import { inWords } from "../words.ts";
import { Field, tied } from "./fields.tsx";
import { useLive } from "./live.ts";
import { useSettings } from "./place.ts";

const EVERY_MS = 30_000;

export const MAY: Readonly<Record<May, string>> = { yes: "can sign in", disabled: "is disabled: cannot sign in", no_password: "cannot sign in yet: no password" };

/** Who of all may sign in, by key; empty until it is known. */
export function useLogins(): { may: Readonly<Record<string, May>>; again: () => void } {
  const { api } = useSettings();
  const { value, again } = useLive(() => accounts(api), "", EVERY_MS);
  return { may: Object.fromEntries((value ?? []).map(({ agent, login }) => [agent, login])), again };
}

interface Props {
  of: string;
  name: string;
  may: May | undefined;
  onChange: () => void;
}

/** Whether one person can sign in, and what changes that. All of it holds at once and is in the audit log. */
export function Login({ of, name, may, onChange }: Props) {
  const { api } = useSettings();
  const [said, setSaid] = useState("");
  const [trouble, setTrouble] = useState("");
  const [sure, setSure] = useState(false);
  const self = api.agent === of;
  const run = async (deed: () => Promise<void>, then: string): Promise<boolean> => {
    setSure(false);
    setSaid("");
    setTrouble("");
    try {
      await deed();
      setSaid(then);
      onChange();
      return true;
    } catch (error) {
      setTrouble(words(error));
      return false;
    }
  };
  return (
    <section class="section" aria-label="Signing in">
      <div class="section-head"><h2>Signing in</h2><p class="soft">{may === undefined ? "Looking …" : `${name} ${MAY[may]}.`}</p></div>
      {trouble !== "" && <p class="section-trouble" role="alert">{trouble}</p>}
      {self ? <p class="hint">Your own password is changed in the menu at the top.</p> : (
        <>
          <Password onSet={(password) => run(() => setPassword(api, of, password), `${name} can sign in with the new password; older logins have ended.`)} />
          <div class="tools">
            {sure ? (
              <>
                <span>Disable {name}? They are logged out at once, and their conversations go back to the line.</span>
                <Button onClick={() => void run(() => steer(api, of, "disable"), `${name} is disabled.`)}>Disable {name}</Button>
                <Button onClick={() => setSure(false)}>Keep</Button>
              </>
            ) : (
              <>
                {may === "disabled" ? <Button small onClick={() => void run(() => steer(api, of, "enable"), `${name} may sign in again.`)}>Enable</Button> : <Button small onClick={() => setSure(true)}>Disable …</Button>}
                <Button small onClick={() => void run(() => steer(api, of, "logout"), `${name} is logged out everywhere.`)}>Log out everywhere</Button>
              </>
            )}
          </div>
        </>
      )}
      <p class="hint" role="status">{said}</p>
    </section>
  );
}

/** Resolves to whether it is set: then the field is empty again. */
function Password({ onSet }: { onSet: (password: string) => Promise<boolean> }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const short = [...text].length < LEAST;
    setWrong(short ? `It needs at least ${LEAST} characters.` : "");
    if (!short && (await onSet(text))) setText("");
  };
  return (
    <form class="line-of-fields ends" aria-label="A password for them" noValidate onSubmit={(event) => void submit(event)}>
      <Field id="login-password" label="New password" hint={`At least ${LEAST} characters. Tell them in person; they change it in their menu.`} problem={wrong}>
        <input class="input" type="password" value={text} autocomplete="new-password" maxLength={1024} {...tied("login-password", wrong, "x")} onInput={(event) => setText(event.currentTarget.value)} />
      </Field>
      <Button type="submit">Set it</Button>
    </form>
  );
}

function words(error: unknown): string {
  if (!(error instanceof Refused)) return "That did not work. Try again.";
  return error.problems.length > 0 ? error.problems.map(inWords).join(" ") : error.message;
}
