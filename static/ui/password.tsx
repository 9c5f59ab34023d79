import { useEffect, useRef, useState } from "preact/hooks";
import { changePassword, HttpRefused } from "./accounts.ts";
import { Button } from "./button.tsx";

/** As the server has it. */
const LEAST = 8;

interface Props {
  agent: string;
  /** `changed`: it is another one now. */
  onDone: (changed: boolean) => void;
}

/** One's own password, in a dialog over the page. */
export function PasswordDialog({ agent, onDone }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [wrong, setWrong] = useState({ field: "", text: "" });
  const [busy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [current, password, again] = ["current", "password", "again"].map((name) => String(form.get(name))) as [string, string, string];
    const trouble = checked(password, again);
    setWrong(trouble);
    if (trouble.text !== "") return;
    setBusy(true);
    try {
      await changePassword(agent, current, password);
      onDone(true);
    } catch (error) {
      setWrong(inWords(error));
      setBusy(false);
    }
  };

  const field = (name: string, label: string, autocomplete: "current-password" | "new-password", hint = "") => (
    <div class="field">
      <label for={`password-${name}`}>{label}</label>
      <input
        class="input" type="password" id={`password-${name}`} name={name} autocomplete={autocomplete} required maxLength={1024} aria-invalid={wrong.field === name}
        {...(hint === "" ? {} : { "aria-describedby": `password-${name}-hint` })}
      />
      {hint !== "" && <small class="soft" id={`password-${name}-hint`}>{hint}</small>}
    </div>
  );
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="password-title" onClose={() => onDone(false)} onKeyDown={(event) => event.stopPropagation()}>
      <form class="password" onSubmit={(event) => void submit(event)}>
        <h2 id="password-title">Change your password</h2>
        <input type="text" name="username" autocomplete="username" value={agent} hidden readOnly />
        {field("current", "The one you have", "current-password")}
        {field("password", "The new one", "new-password", `At least ${LEAST} characters.`)}
        {field("again", "The new one once more", "new-password")}
        <p class="soft">Wherever else you are logged in, you are logged out.</p>
        <p class="trouble" role="alert">{wrong.text}</p>
        <div class="tools">
          <Button type="submit" look="main" disabled={busy}>{busy ? "Changing …" : "Change it"}</Button>
          <Button onClick={() => onDone(false)}>Cancel</Button>
        </div>
      </form>
    </dialog>
  );
}

function checked(password: string, again: string): { field: string; text: string } {
  if ([...password].length < LEAST) return { field: "password", text: `The new one needs at least ${LEAST} characters.` };
  return password === again ? { field: "", text: "" } : { field: "again", text: "The two new ones differ." };
}

function inWords(error: unknown): { field: string; text: string } {
  if (!(error instanceof HttpRefused)) return { field: "", text: "We could not reach the server. Try again." };
  if (error.field === "current") return { field: "current", text: "The one you have is another one." };
  if (error.status === 401) return { field: "", text: "You are logged out. Sign in again." };
  return { field: "", text: error.status === 429 ? "Too many tries. Wait a minute." : "That did not work. Try again." };
}
