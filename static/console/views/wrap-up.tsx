import { useState } from "preact/hooks";
import type { Conversation, Hold } from "../../../widget/client/generated.ts";
import { Button } from "../../ui/button.tsx";
import { Until } from "../../ui/time.tsx";
import { usePlace } from "./desk-context.ts";

/** After the close: a moment to write down how it went, before the slot is free. */
export function WrapUp({ conversation, hold }: { conversation: Conversation; hold: Hold }) {
  const { desk } = usePlace();
  // What was said when closing may arrive after this form does: it shows through until one writes here.
  const [written, setOutcome] = useState<string | null>(null);
  const outcome = written ?? conversation.outcome ?? "";
  const done = (): void => void desk.endWrapUp(conversation.id, written === null ? "" : outcome.trim());
  return (
    <form class="foot wrap-up" aria-label="Wrap-up" onSubmit={(event) => { event.preventDefault(); done(); }}>
      <label class="field grow">
        <span>Wrap-up{hold.until !== null && <> · <Until at={hold.until} /> left</>}. How did it go?</span>
        <input class="input" value={outcome} maxLength={200} onInput={(event) => setOutcome(event.currentTarget.value)} />
      </label>
      <Button type="submit" look="main" disabled={desk.busy.value.has(conversation.id)}>Done</Button>
    </form>
  );
}
