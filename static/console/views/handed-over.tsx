import { useState } from "preact/hooks";
import type { Conversation } from "../../../widget/client/generated.ts";
import { Linked } from "../../ui/linkify.tsx";
import { handedOver } from "../bots.ts";
import { usePlace } from "./desk-context.ts";

/** What a bot says of the talk, first of all that one reads. It folds away once one has answered. */
export function HandedOver({ conversation }: { conversation: Conversation }) {
  const { desk } = usePlace();
  const [chosen, setChosen] = useState<boolean | null>(null);
  const entries = desk.talks.entries(conversation.id);
  const found = handedOver(entries, desk.talks.find(conversation.id)?.notes.entries.value ?? []);
  if (found === null) return null;
  const answered = entries.findLast((one) => one.kind === "message" && one.from.role !== "visitor")?.from.role === "agent";
  const open = chosen ?? !answered;
  return (
    <details class="strip handed-over" open={open} onToggle={(event) => { if (event.currentTarget.open !== open) setChosen(event.currentTarget.open); }}>
      <summary><b>{found.bot} handed over</b><span class="soft">{found.why === "" || found.why === "it handed over" ? "" : `: ${found.why}`}</span></summary>
      {found.summary === "" ? <p class="soft">It says nothing about the talk; that is below.</p> : <p class="handed-summary" dir="auto"><Linked text={found.summary} /></p>}
    </details>
  );
}
