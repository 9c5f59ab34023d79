import { useEffect } from "preact/hooks";
import type { Conversation, Hold } from "../../../widget/client/generated.ts";
import { Button } from "../../ui/button.tsx";
import { now } from "../../ui/clock.ts";
import { minutes, Until } from "../../ui/time.tsx";
import { nameOf } from "../attention.ts";
import { Closing } from "./closing.tsx";
import { Composer } from "./composer.tsx";
import { Decided } from "./decided.tsx";
import { usePlace } from "./desk-context.ts";
import { HandedOver } from "./handed-over.tsx";
import { Mail } from "./visitor.tsx";
import { Log } from "./log.tsx";
import { Overview } from "./overview.tsx";
import { steers } from "./team-context.ts";
import { Transfer } from "./transfer.tsx";
import { Whisper, WatchedStrip } from "./watched.tsx";
import { WrapUp } from "./wrap-up.tsx";

/** The middle pane: one conversation, or how to get one. */
export function Talk() {
  const { desk } = usePlace();
  const conversation = desk.shown.value;
  if (conversation === null) return steers(desk.state.value?.agent.role) ? <Overview /> : <NoTalk />;
  const hold = desk.state.value?.agent.holds.find((one) => one.conversation === conversation.id && one.kind !== "offer");
  return <OneTalk key={conversation.id} conversation={conversation} hold={hold} />;
}

function OneTalk({ conversation, hold }: { conversation: Conversation; hold: Hold | undefined }) {
  const { desk, panels } = usePlace();
  const writable = hold?.kind === "active" && conversation.state !== "closed";
  const watched = hold === undefined && desk.watching.is(conversation.id);
  useEffect(() => () => {
    if (["transfer", "close", "why"].includes(panels.open.peek() ?? "")) panels.open.value = null;
  }, []);
  return (
    <main class={watched ? "talk looking-on" : "talk"} aria-label={`${watched ? "Looking on: c" : "C"}onversation with ${nameOf(conversation.visitor)}`}>
      <Top conversation={conversation} writable={writable} />
      {watched && <WatchedStrip conversation={conversation} />}
      {writable && panels.open.value === "transfer" && <Transfer conversation={conversation} />}
      {writable && panels.open.value === "close" && <Closing conversation={conversation} />}
      {panels.open.value === "why" && <Decided conversation={conversation} />}
      <HandedOver conversation={conversation} />
      {writable && <Handing conversation={conversation} />}
      {writable && conversation.left === true && <LeftBehind conversation={conversation} />}
      <Log conversation={conversation} />
      {writable && <Composer conversation={conversation} />}
      {hold?.kind === "wrap_up" && <WrapUp conversation={conversation} hold={hold} />}
      {watched && <Whisper conversation={conversation} />}
      {hold === undefined && !watched && <p class="foot soft" role="status">{conversation.state === "closed" ? "This conversation is closed." : "This conversation is no longer yours."} You can read it until you open another.</p>}
    </main>
  );
}

function Top({ conversation, writable }: { conversation: Conversation; writable: boolean }) {
  const { desk, panels } = usePlace();
  const open = panels.open.value;
  const resting = desk.busy.value.has(conversation.id);
  return (
    <div class="top">
      <span class="back"><Button look="bare" label="Back to the list" onClick={() => desk.select(null)}>‹</Button></span>
      <h2 class="cut">{nameOf(conversation.visitor)}</h2>
      {conversation.left === true && <span class="tag">left a message</span>}
      {(conversation.tags ?? []).slice(0, 3).map((tag) => <span key={tag} class="tag">{tag}</span>)}
      <small class="soft cut">{conversation.department.name} · {minutes(now.value - Date.parse(conversation.started_at))}</small>
      <span class="grow" />
      <span class="details-button"><Button small look="bare" expanded={open === "details"} onClick={() => panels.toggle("details")}>Visitor</Button></span>
      <span class="why-open"><Button look="bare" expanded={open === "why"} onClick={() => panels.toggle("why")}>Why?</Button></span>
      {writable && (
        <>
          <Button expanded={open === "transfer"} disabled={resting} onClick={() => panels.toggle("transfer")}>Transfer</Button>
          <Button expanded={open === "close"} disabled={resting} onClick={() => panels.toggle("close")}>Close</Button>
        </>
      )}
    </div>
  );
}

/** Whoever left a message may be gone: what is written here they read when they come back. */
function LeftBehind({ conversation: { visitor } }: { conversation: Conversation }) {
  const { email } = visitor;
  return (
    <div class="strip">
      <p><b>Left a message</b><span class="soft">{email ? ", and may be gone. Answer at " : ", and may be gone. How to answer is in the message."}</span>{email && <b><Mail to={email} /></b>}</p>
    </div>
  );
}

/** It rings at a colleague. There is no taking it back but by handing it to somebody else. */
function Handing({ conversation }: { conversation: Conversation }) {
  const { panels } = usePlace();
  const { transfer } = conversation;
  if (transfer === null || transfer === undefined) return null;
  const choosing = panels.open.value === "transfer";
  return (
    <div class="strip">
      <p role="status"><b>Ringing at {transfer.to.name}</b><span class="soft">, yours until they accept</span></p>
      {transfer.expires_at !== null && <span class="ringing"><Until at={transfer.expires_at} /></span>}
      <span class="grow" />
      {!choosing && <Button small onClick={() => panels.toggle("transfer")}>Hand to somebody else</Button>}
    </div>
  );
}

function NoTalk() {
  const { desk } = usePlace();
  const { me, them } = desk.sections.value;
  const status = desk.state.value?.agent.status ?? "offline";
  const some = me.length + them.length > 0;
  return (
    <main class="talk none">
      <div class="welcome">
        <p class="big">{some ? "Choose a conversation" : status === "available" ? "Quiet just now" : "You are not available"}</p>
        <p class="soft">
          {some ? "Those who wait longest for you are on top. J and K walk through the list." : status === "available"
            ? "When somebody writes, it rings here. Enter accepts, D declines."
            : "Set yourself available and we ring you here."}
        </p>
        {!some && status !== "available" && <Button look="main" onClick={() => void desk.setStatus("available")}>Set available</Button>}
      </div>
    </main>
  );
}

