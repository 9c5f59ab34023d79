import { useRef, useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Refused } from "../api.ts";
import { makeToken, revokeToken, type Token } from "../bots.ts";
import { inWords } from "../words.ts";
import { Field, NumberInput, tied } from "./fields.tsx";
import { Empty } from "./page.tsx";
import { useSettings } from "./place.ts";

interface Props {
  of: string;
  tokens: readonly Token[];
  onChange: () => void;
}

/** What lets the bot in. A token is shown once; only what is stored of it can be seen later. */
export function Tokens({ of, tokens, onChange }: Props) {
  const { api } = useSettings();
  const [asked, setAsked] = useState<string | null>(null);
  const [trouble, setTrouble] = useState("");
  const revoke = (id: string): void => {
    setAsked(null);
    revokeToken(api, of, id).then(() => { setTrouble(""); onChange(); }, (error: unknown) => setTrouble(said(error)));
  };
  return (
    <section class="section" aria-label="Tokens">
      <div class="section-head"><h2>Tokens</h2><p class="soft">One for each place where the bot runs, so that one can be revoked without the others.</p></div>
      {trouble !== "" && <p class="section-trouble" role="alert">{trouble}</p>}
      {tokens.length === 0 && <Empty title="No tokens">The bot cannot connect until it has one.</Empty>}
      {tokens.length > 0 && (
        <div class="wide-frame" role="region" aria-label="Tokens of this bot" tabIndex={0}>
          <table class="table people">
            <thead><tr><th scope="col">For</th><th scope="col">Made</th><th scope="col">Last used</th><th scope="col">Good until</th><th scope="col"><span class="unseen">Revoke</span></th></tr></thead>
            <tbody>
              {tokens.map((one) => (
                <tr key={one.id}>
                  <th scope="row">{one.label || <code>{one.id}</code>}</th>
                  <td>{day(one.made_at)}</td>
                  <td>{one.used_at === null ? "never" : day(one.used_at)}</td>
                  <td>{one.expires_at === null ? "it is revoked" : day(one.expires_at)}</td>
                  <td class="end">
                    {asked === one.id ? (
                      <span class="line-of-fields"><Button small label={`Revoke ${one.label || one.id} now`} onClick={() => revoke(one.id)}>Revoke now</Button><Button small onClick={() => setAsked(null)}>Keep</Button></span>
                    ) : <Button small look="bare" label={`Revoke ${one.label || one.id} …`} onClick={() => setAsked(one.id)}>Revoke …</Button>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <NewToken of={of} onMade={onChange} />
    </section>
  );
}

function NewToken({ of, onMade }: { of: string; onMade: () => void }) {
  const { api } = useSettings();
  const [label, setLabel] = useState("");
  const [days, setDays] = useState(0);
  const [made, setMade] = useState("");
  const [wrong, setWrong] = useState("");
  const make = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setWrong("");
    try {
      const { token } = await makeToken(api, of, label.trim(), days > 0 ? days : null);
      setMade(token);
      setLabel("");
      onMade();
    } catch (error) {
      setWrong(said(error));
    }
  };
  return (
    <form class="item-card" aria-label="A new token" noValidate onSubmit={(event) => void make(event)}>
      <div class="pairs">
        <Field id="token-label" label="What is it for?" hint="Such as “server in Aarhus”.">
          <input class="input" value={label} maxLength={100} autocomplete="off" {...tied("token-label", "", "x")} onInput={(event) => setLabel(event.currentTarget.value)} />
        </Field>
        <Field id="token-days" label="Good for" hint="0: until it is revoked.">
          <NumberInput id="token-days" value={days} unit="days" max={3650} hint="x" onChange={setDays} />
        </Field>
      </div>
      {wrong !== "" && <p class="section-trouble" role="alert">{wrong}</p>}
      <div class="tools"><Button type="submit">Make a token</Button></div>
      {made !== "" && <Once token={made} onDone={() => setMade("")} />}
    </form>
  );
}

/** The one moment in which the token can be read. */
function Once({ token, onDone }: { token: string; onDone: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    field.current?.select();
    navigator.clipboard.writeText(token).then(() => setCopied(true), () => setCopied(false));
  };
  return (
    <div class="once" role="status">
      <p><b>Copy it now: it is not shown again.</b> Give it to the bot as <code>FRONTDESK_TOKEN</code>.</p>
      <div class="line-of-fields">
        <input ref={field} class="input code" readOnly value={token} aria-label="The new token" spellcheck={false} onFocus={(event) => event.currentTarget.select()} />
        <Button look="main" onClick={copy}>{copied ? "Copied" : "Copy"}</Button>
        <Button onClick={onDone}>Done</Button>
      </div>
    </div>
  );
}

function day(at: string): string {
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

function said(error: unknown): string {
  if (!(error instanceof Refused)) return "That did not work. Try again.";
  return error.problems.length > 0 ? error.problems.map(inWords).join(" ") : error.message;
}
