import { useState } from "preact/hooks";
import type { Conversation } from "../../../widget/client/generated.ts";
import { Button } from "../../ui/button.tsx";
import { takes } from "../desk.ts";
import { usePlace } from "./desk-context.ts";

/** Whose it is, as one says it. */
function whose({ agent, bot }: Conversation): string {
  const one = agent ?? bot;
  return one === null ? "It waits in line" : `${one.name} answers`;
}

/** Under the head: that one only looks on, and the two ways out of it. */
export function WatchedStrip({ conversation }: { conversation: Conversation }) {
  const { desk } = usePlace();
  const resting = desk.busy.value.has(conversation.id) || desk.connection.value.name !== "open";
  const over = conversation.state === "closed";
  const agent = desk.state.value?.agent;
  const full = agent !== undefined && agent.slots.used >= agent.slots.max;
  const how = over ? "Nothing more will come" : `${whose(conversation)}. Nobody sees you here; it is recorded${agent === undefined || takes(agent.status) ? "" : ". Taking it over sets you busy"}`;
  return (
    <div class="strip watched">
      <p role="status"><b>{over ? "It has ended" : "You look on"}</b><span class="soft"> · {how}</span></p>
      <span class="grow" />
      {!over && <Button small disabled={resting || full} {...(full ? { title: "You have no free slot" } : {})} onClick={() => void desk.takeOver(conversation.id)}>Take over</Button>}
      <Button small onClick={() => desk.select(null)}>Leave</Button>
    </div>
  );
}

function nobody({ state, bot }: Conversation): string {
  if (state === "closed") return "You can read it until you leave.";
  return `${bot === null ? "Nobody answers yet" : "A bot answers"}, so there is nobody to whisper to. You can take it over.`;
}

/** At the foot, where one's own conversations have the composer: a word only for whoever answers. */
export function Whisper({ conversation }: { conversation: Conversation }) {
  const { desk, panels } = usePlace();
  const [telling, setTelling] = useState(false);
  const { agent } = conversation;
  if (agent === null || conversation.state !== "active") {
    return <p class="foot soft" role="status">{nobody(conversation)}</p>;
  }
  // Under a name of its own: after taking over, what was meant for the agent must not stand where one writes to the visitor.
  const draft = `whisper ${conversation.id}`;
  const { text } = panels.draft(draft);
  const send = async (): Promise<void> => {
    if (text.trim() === "" || telling) return;
    setTelling(true);
    if (await desk.whisper(conversation.id, text.trim())) panels.write(draft, { text: "" });
    setTelling(false);
  };
  return (
    <form class="composer noting" aria-label={`Whisper to ${agent.name}`} onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <textarea
        class="input" rows={2} value={text} dir="auto" maxLength={desk.textLimit} aria-label={`Whisper to ${agent.name}; the visitor does not hear it`}
        placeholder={`Whisper to ${agent.name}; the visitor does not hear it`}
        onInput={(event) => panels.write(draft, { text: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.altKey || event.isComposing) return;
          event.preventDefault();
          void send();
        }}
      />
      <div class="tools">
        <span class="grow" />
        <span class="hint">Enter whispers</span>
        <Button type="submit" look="main" disabled={text.trim() === "" || telling}>Whisper</Button>
      </div>
    </form>
  );
}
