import { useComputed, useSignal } from "@preact/signals";
import { Composer } from "./composer.tsx";
import { Header, TITLE } from "./header.tsx";
import { Intro } from "./intro.tsx";
import { Leave, mayLeave } from "./leave.tsx";
import { Log } from "./log.tsx";
import { allowSound } from "./sound.ts";
import { Status } from "./status.tsx";
import { announcement, type View } from "./view.ts";
import { Waiting } from "./waiting.tsx";

export function Panel({ view }: { view: View }) {
  const { visit, texts } = view;
  const begun = useComputed(
    () => visit.state.value.conversation !== null || visit.entries.value.length > 0 || visit.outbox.items.value.length > 0,
  ).value;
  const { conversation } = visit.state.value;
  const waits = conversation?.state === "waiting" || conversation?.state === "offered";
  const serving = conversation?.queue?.serving === true;
  const leaving = useSignal(false);
  const may = useComputed(() => mayLeave(visit)).value;
  // Whoever has begun to write is not interrupted when somebody comes; only an answer does that.
  const leave = leaving.value && conversation?.state !== "active" && conversation?.left !== true;
  return (
    <div class={`panel ${view.mode}`} role={view.mode === "widget" ? "dialog" : "main"} aria-labelledby={TITLE} onPointerDown={allowSound}>
      <Header view={view} />
      <Status view={view} />
      <Waiting view={view} />
      <Log view={view}>{!begun && <Intro view={view} />}</Log>
      {may && !leave && <button type="button" class="quiet instead" onClick={() => (leaving.value = true)}>{texts.leave}</button>}
      {waits && serving && !visit.mute.value && <p class="event call">{texts.callYou}</p>}
      {conversation?.state === "closed" ? <Ended view={view} /> : leave ? <Leave view={view} back={() => (leaving.value = false)} /> : <Composer view={view} />}
      <p class="unseen" aria-live="polite" key="announcer">{announcement.value.text}</p>
    </div>
  );
}

function Ended({ view }: { view: View }) {
  const { visit, texts } = view;
  const anew = () => {
    visit.anew();
    view.refocus();
  };
  return (
    <div class="ended">
      <p>{texts.ended}</p>
      <button type="button" class="main" onClick={anew}>{texts.startNew}</button>
    </div>
  );
}
