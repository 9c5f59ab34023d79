import { loud, quiet } from "../ringing.ts";

/** What screen readers say: what rings at once, messages in a pause. */
export function Announcer() {
  return (
    <>
      <div class="unseen" role="alert" aria-live="assertive">{loud}</div>
      <div class="unseen" role="status" aria-live="polite">{quiet}</div>
    </>
  );
}
