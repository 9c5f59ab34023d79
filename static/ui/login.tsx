import { useState } from "preact/hooks";
import { HttpRefused, login } from "./accounts.ts";
import { Button } from "./button.tsx";
import { useFocus } from "./focus.ts";

interface Props {
  /** Why the form is here again, if it is. */
  reason: string;
  onIn: (agent: string) => void;
  title?: string;
}

/** Who are you? */
export function Login({ reason, onIn, title = "Frontdesk" }: Props) {
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const email = useFocus<HTMLInputElement>();

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setTrouble("");
    try {
      onIn(await login(String(form.get("email")).trim(), String(form.get("password"))));
    } catch (error) {
      setTrouble(inWords(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <main class="gate">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <h1>{title}</h1>
        {reason !== "" && <p class="soft" role="status">{reason}</p>}
        <label class="field">
          E-mail
          <input class="input" type="email" name="email" autocomplete="username" required ref={email} aria-invalid={trouble !== ""} />
        </label>
        <label class="field">
          Password
          <input class="input" type="password" name="password" autocomplete="current-password" required aria-invalid={trouble !== ""} />
        </label>
        <p class="trouble" role="alert">{trouble}</p>
        <Button type="submit" look="main" disabled={busy}>{busy ? "Signing in …" : "Sign in"}</Button>
      </form>
    </main>
  );
}

function inWords(error: unknown): string {
  if (!(error instanceof HttpRefused)) return "We could not reach the server. Try again.";
  if (error.status === 401 || error.status === 403) return "That e-mail and password do not go together.";
  return error.status === 429 ? "Too many tries. Wait a minute." : "That did not work. Try again.";
}
