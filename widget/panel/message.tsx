import { useEffect } from "preact/hooks";
import { cards } from "./later.ts";
import { partsOf } from "./links.ts";
import type { Message, Row } from "./rows.ts";
import { dayOf, eventText, timeOf, type View } from "./view.ts";

/** `offers`: nothing was written since, so a bot's quick replies may be pressed. */
export function Line({ view, row, offers }: { view: View; row: Row; offers: boolean }) {
  if (row.kind === "day") return <p class="event">{dayOf(row.at)}</p>;
  if (row.kind === "message") return <Bubble view={view} row={row} offers={offers} />;
  const text = eventText(view.texts, row.entry);
  return text === "" ? null : <p class="event" dir="auto">{text}</p>;
}

function Bubble({ view, row, offers }: { view: View; row: Message; offers: boolean }) {
  const { texts } = view;
  const sender = row.mine ? texts.you : row.name || texts.somebody;
  return (
    <div class={`message ${row.mine ? "mine" : "theirs"}${row.first ? " first" : ""}${row.last ? " last" : ""}${row.growing ? " growing" : ""}`}>
      <div class={`bubble ${row.state}`} dir="auto">
        <span class="unseen">{sender}: </span>
        <Linked text={row.text} />
      </div>
      <Meta view={view} row={row} />
      {!row.mine && <Beside view={view} row={row} offers={offers} />}
    </div>
  );
}

/** What a bot shows beside its words. Those stand by themselves, should the rest not come. */
function Beside({ view, row, offers }: { view: View; row: Message; offers: boolean }) {
  const any = row.cards.length > 0 || (offers && row.replies.length > 0);
  const Part = cards.part.value?.Beside;
  useEffect(() => {
    if (any) cards.load();
  }, [any]);
  if (!any) return null;
  if (Part !== undefined) return <Part view={view} row={row} offers={offers} />;
  return cards.failed.value ? <button type="button" class="quiet" onClick={cards.load}>{view.texts.notLoaded}</button> : null;
}

function Meta({ view, row }: { view: View; row: Message }) {
  const { texts } = view;
  if (row.state === "failed") return <Failed view={view} row={row} />;
  if (row.state === "queued") return <p class="meta">{texts.waitingToSend}</p>;
  if (row.state === "sending") return <p class="meta sending">{texts.sending}</p>;
  if (!row.last || row.growing) return null;
  if (!row.mine) return <p class="meta">{row.automatic ? `${timeOf(row.at)} · ${texts.bot}` : timeOf(row.at)}</p>;
  return <p class="meta">{row.state === "read" ? texts.read : texts.sent(timeOf(row.at))}</p>;
}

function Failed({ view, row }: { view: View; row: Message }) {
  const { visit, texts } = view;
  const then = (act: (clientId: string) => void) => () => {
    act(row.clientId ?? "");
    view.refocus();
  };
  return (
    <p class="meta failed" role="alert">
      {row.error === "lost" ? texts.lost : `${texts.failed} ${texts.why(row.error)}`.trim()}
      <span>
        <button type="button" onClick={then((id) => visit.again(id))}>{texts.again}</button>
        <button type="button" onClick={then((id) => visit.outbox.discard(id))}>{texts.discard}</button>
      </span>
    </p>
  );
}

/** A text with its addresses as links; every piece is a text node. */
export function Linked({ text }: { text: string }) {
  return (
    <>
      {partsOf(text).map((part, index) =>
        part.href === null ? part.text : <a key={index} href={part.href} target="_blank" rel="noopener nofollow ugc">{part.text}</a>,
      )}
    </>
  );
}
