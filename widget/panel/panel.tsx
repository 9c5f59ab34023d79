import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Composer } from "./composer.tsx";
import { Header, TITLE } from "./header.tsx";
import { Human } from "./human.tsx";
import { Intro } from "./intro.tsx";
import { forms } from "./later.ts";
import { mayLeave } from "./leaving.ts";
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
  const Leave = leaving.value && conversation?.state !== "active" && conversation?.left !== true ? forms.part.value?.Leave : undefined;
  const ask = () => {
    leaving.value = true;
    forms.load();
  };
  return (
    <div class={`panel ${view.mode}`} role={view.mode === "widget" ? "dialog" : "main"} aria-labelledby={TITLE} onPointerDown={allowSound}>
      <Header view={view} />
      <Status view={view} />
      <Waiting view={view} />
      <Log view={view}>{!begun && <Intro view={view} asked={Leave !== undefined} />}</Log>
      {may && !Leave && <button type="button" class="quiet instead" onClick={ask}>{texts.leave}</button>}
      {may && leaving.value && forms.failed.value && <p class="event failed" role="alert">{texts.notLoaded}</p>}
      {conversation?.state === "bot" && <Human view={view} />}
      {waits && serving && !visit.mute.value && <p class="event call">{texts.callYou}</p>}
      {conversation?.state === "closed" ? <Ended view={view} /> : Leave ? <Leave view={view} back={() => (leaving.value = false)} /> : <Composer view={view} />}
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
  const id = visit.state.value.conversation?.id ?? "";
  const answered = useComputed(() => visit.entries.value.some(({ kind, from }) => kind === "message" && (from.role === "agent" || from.role === "bot"))).value;
  const Rate = forms.part.value?.Rate;
  useEffect(() => {
    if (answered) forms.load();
  }, [answered]);
  return (
    <div class="ended">
      {answered && Rate && !visit.trial && <Rate key={id} view={view} conversation={id} />}
      {visit.trial ? <p>{texts.trialOver}</p> : <button type="button" class="main" onClick={anew}>{texts.startNew}</button>}
    </div>
  );
}
