import { useState } from "preact/hooks";
import type { Conversation } from "../../../widget/client/generated.ts";
import { Button } from "../../ui/button.tsx";
import { useFocus } from "../../ui/focus.ts";
import { usePlace } from "./desk-context.ts";

/** Words between commas, each once. */
export function tagsOf(text: string): string[] {
  return [...new Set(text.split(",").map((tag) => tag.trim().slice(0, 64)).filter(Boolean))].slice(0, 50);
}

/** Closing, with an outcome and tags if one likes. Enter closes. */
export function Closing({ conversation }: { conversation: Conversation }) {
  const { desk, panels } = usePlace();
  const [outcome, setOutcome] = useState(conversation.outcome ?? "");
  const [tags, setTags] = useState((conversation.tags ?? []).join(", "));
  const field = useFocus<HTMLInputElement>();
  const go = (): void => {
    panels.open.value = null;
    void desk.close(conversation.id, outcome.trim(), tagsOf(tags));
  };
  return (
    <form class="panel" aria-label="Close the conversation" onSubmit={(event) => { event.preventDefault(); go(); }}>
      <div class="pair">
        <label class="field">
          Outcome, if you like
          <input class="input" value={outcome} maxLength={200} ref={field} onInput={(event) => setOutcome(event.currentTarget.value)} />
        </label>
        <label class="field">
          Tags, with commas between
          <input class="input" value={tags} maxLength={500} onInput={(event) => setTags(event.currentTarget.value)} />
        </label>
      </div>
      <div class="tools">
        <Button type="submit" look="main">Close the conversation</Button>
        <Button onClick={() => { panels.open.value = null; }}>Cancel</Button>
      </div>
    </form>
  );
}
