import { useRef } from "preact/hooks";
import { useSignalEffect } from "@preact/signals";
import type { Conversation, Queue } from "../client/generated.ts";
import { waitText, type Texts } from "./texts.ts";
import { announcement, type View } from "./view.ts";

const MOST_BARS = 8;
/** A screen reader hears of a new place at most this often. */
const ANNOUNCE_MS = 30_000;

/** Where the visitor stands: the place, a range if there is an honest one, and what happens to the place. */
export function Waiting({ view }: { view: View }) {
  const { visit, texts } = view;
  const { conversation, site } = visit.state.value;
  useAnnouncedPlace(view);
  if (conversation === null || (conversation.state !== "waiting" && conversation.state !== "offered")) return null;
  if (conversation.left) return <Left view={view} />;
  const { queue } = conversation;
  const nobody = queue !== null && !queue.serving;
  return (
    <section class="waiting">
      <p class="place">
        <b>{headline(texts, queue)}</b> {nobody || queue === null || queue.wait === null ? null : <span>{waitText(texts, queue.wait)}</span>}
      </p>
      {queue !== null && !nobody && <Bars place={queue.place} />}
      {conversation.state === "offered" && !nobody && <p class="rings">{texts.ringing}</p>}
      <p>{nobody ? texts.nobodyKeep : promise(texts, site?.look)}</p>
    </section>
  );
}

/** A message left for later stands in line without its visitor. */
function Left({ view: { texts } }: { view: View }) {
  return (
    <section class="waiting">
      <p class="place"><b>{texts.leftTaken}</b></p>
      <p>{texts.leftNext}</p>
    </section>
  );
}

function Bars({ place }: { place: number }) {
  const bars = Array.from({ length: Math.min(place, MOST_BARS) }, (_, index) => index);
  return (
    <div class="bars" aria-hidden="true">
      {bars.map((bar) => <i key={bar} class={bar === bars.length - 1 ? "me" : ""} />)}
    </div>
  );
}

function headline(texts: Texts, queue: Queue | null): string {
  if (queue === null) return texts.waiting;
  return queue.serving ? texts.place(queue.place) : texts.nobody;
}

/** The time is promised only if the server names it. */
function promise(texts: Texts, look: object | undefined): string {
  const seconds = (look as { hold_place_seconds?: unknown } | undefined)?.hold_place_seconds;
  return typeof seconds === "number" && seconds >= 60 ? texts.keepFor(Math.floor(seconds / 60)) : texts.keep;
}

function useAnnouncedPlace({ visit, texts }: View): void {
  const said = useRef({ text: "", at: 0 });
  useSignalEffect(() => {
    const text = announced(texts, visit.state.value.conversation);
    if (text === "" || text === said.current.text || Date.now() - said.current.at < ANNOUNCE_MS) return;
    said.current = { text, at: Date.now() };
    announcement.value = { text };
  });
}

function announced(texts: Texts, conversation: Conversation | null): string {
  if (conversation?.queue == null || conversation.state === "active") return "";
  const wait = conversation.queue.serving && conversation.queue.wait !== null ? waitText(texts, conversation.queue.wait) : "";
  return [headline(texts, conversation.queue), wait].filter((part) => part !== "").join(", ");
}
