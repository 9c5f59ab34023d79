import { useSignal } from "@preact/signals";
import { Icon } from "./icons.tsx";
import { isOpen } from "./state.ts";
import type { View } from "./view.ts";

export const TITLE = "frontdesk-title";

export function Header({ view }: { view: View }) {
  const { visit, texts } = view;
  const asking = useSignal(false);
  const { site, conversation, here } = visit.state.value;
  const open = isOpen(conversation);
  const partner = conversation?.agent ?? conversation?.bot ?? null;
  const connected = visit.session.state.value.name === "open";
  const parts = [
    // First, as what comes last is cut off where there is no room.
    conversation?.bot && !conversation.agent ? texts.bot : "",
    conversation?.department.name ?? subtitle(site?.look),
    conversation?.agent && here === true && connected && open ? texts.hereNow : "",
  ].filter((part) => part !== "");
  return (
    <div class="head">
      <div class="bar">
        {partner !== null && <span class="avatar" aria-hidden="true">{[...partner.name][0]}</span>}
        <div class="title">
          <h2 id={TITLE}>{partner?.name ?? site?.name ?? texts.chat}</h2>
          {parts.length > 0 && <p>{parts.join(" · ")}</p>}
        </div>
        <Sound view={view} />
        {open && (
          <button type="button" class="quiet" aria-expanded={asking.value} onClick={() => (asking.value = !asking.value)}>
            {texts.end}
          </button>
        )}
        {view.mode === "widget" && (
          <button type="button" class="quiet square" aria-label={texts.minimise} title={texts.minimise} onClick={() => view.minimise()}>
            <Icon name="minimise" />
          </button>
        )}
      </div>
      {visit.trial && <p class="trial">{texts.trial}</p>}
      {open && asking.value && <Confirm view={view} done={() => { asking.value = false; view.refocus(); }} />}
    </div>
  );
}

function Sound({ view: { visit, texts } }: { view: View }) {
  const label = visit.mute.value ? texts.unmute : texts.mute;
  return (
    <button type="button" class="quiet square" aria-label={label} title={label} onClick={() => visit.setMute(!visit.mute.value)}>
      <Icon name={visit.mute.value ? "mute" : "sound"} />
    </button>
  );
}

/** Asked in place: a dialog would hide what it is about. */
function Confirm({ view: { visit, texts }, done }: { view: View; done: () => void }) {
  const failed = useSignal(false);
  const { state } = visit.state.value.conversation ?? {};
  const end = () =>
    visit.end().then(done, () => {
      failed.value = true;
    });
  return (
    <div class="confirm" role="group" aria-label={texts.end}>
      <p role="status">{failed.value ? texts.endFailed : state === "waiting" || state === "offered" ? texts.leaveSure : texts.endSure}</p>
      <button type="button" onClick={end}>{texts.yesEnd}</button>
      <button type="button" onClick={done}>{texts.noKeep}</button>
    </div>
  );
}

function subtitle(look: object | undefined): string {
  const text = (look as { subtitle?: unknown } | undefined)?.subtitle;
  return typeof text === "string" ? text : "";
}
