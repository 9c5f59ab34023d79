import { partsOf } from "./links.ts";
import type { Row } from "./rows.ts";
import { dayOf, eventText, timeOf, type View } from "./view.ts";

type Message = Extract<Row, { kind: "message" }>;

export function Line({ view, row }: { view: View; row: Row }) {
  if (row.kind === "day") return <p class="event">{dayOf(row.at)}</p>;
  if (row.kind === "message") return <Bubble view={view} row={row} />;
  const text = eventText(view.texts, row.entry);
  return text === "" ? null : <p class="event" dir="auto">{text}</p>;
}

function Bubble({ view, row }: { view: View; row: Message }) {
  const { texts } = view;
  const sender = row.mine ? texts.you : row.name || texts.somebody;
  return (
    <div class={`message ${row.mine ? "mine" : "theirs"}${row.first ? " first" : ""}${row.last ? " last" : ""}`}>
      <div class={`bubble ${row.state}`} dir="auto">
        <span class="unseen">{sender}: </span>
        <Linked text={row.text} />
      </div>
      <Meta view={view} row={row} />
    </div>
  );
}

function Meta({ view, row }: { view: View; row: Message }) {
  const { texts } = view;
  if (row.state === "failed") return <Failed view={view} row={row} />;
  if (row.state === "queued") return <p class="meta">{texts.waitingToSend}</p>;
  if (row.state === "sending") return <p class="meta sending">{texts.sending}</p>;
  if (!row.last) return null;
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
function Linked({ text }: { text: string }) {
  return (
    <>
      {partsOf(text).map((part, index) =>
        part.href === null ? part.text : <a key={index} href={part.href} target="_blank" rel="noopener nofollow ugc">{part.text}</a>,
      )}
    </>
  );
}
