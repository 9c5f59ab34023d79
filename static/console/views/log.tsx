import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Conversation, Entry } from "../../../widget/client/generated.ts";
import { Shown } from "../../ui/cards.tsx";
import { now } from "../../ui/clock.ts";
import { Linked } from "../../ui/linkify.tsx";
import { clockTime, dayName, span } from "../../ui/time.tsx";
import { nameOf, shortName } from "../attention.ts";
import { handedOver } from "../bots.ts";
import { typist } from "../lossy.ts";
import { eventText, rows, type Outgoing, type Row } from "../rows.ts";
import { reachesBackTo } from "../talks.ts";
import { usePlace } from "./desk-context.ts";

/** Nearer to the end than this counts as reading along. */
const NEAR_END_PX = 48;
const NEAR_TOP_PX = 80;

/** Everything said, oldest first. Keeps the end in sight while one is there, and the place while one reads back. */
export function Log({ conversation }: { conversation: Conversation }) {
  const { desk } = usePlace();
  const me = desk.state.value?.agent.id ?? "";
  const talk = desk.talks.find(conversation.id);
  const entries = desk.talks.entries(conversation.id);
  const notes = withoutSummary(entries, talk?.notes.entries.value ?? []);
  const outgoing = desk.outgoing(conversation.id);
  const box = useRef<HTMLDivElement>(null);
  const { atEnd, news, scrolled, toEnd } = useEnd(box, entries, notes.length + outgoing.length);
  const older = useOlder(box, conversation.id);
  const readBy = desk.lossy.value.read[conversation.id] ?? 0;
  const lastSeq = entries.at(-1)?.seq ?? 0;
  // Accepted, it is shown a moment before it is one's own.
  const own = desk.mine.value.some((one) => one.id === conversation.id);

  useEffect(() => {
    const seen = (): void => {
      if (atEnd && document.visibilityState === "visible") desk.read(conversation.id, lastSeq);
    };
    seen();
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, [lastSeq, atEnd, own]);

  const drawn = rows(entries, notes, outgoing, me);
  const lastRead = drawn.findLast((row) => row.is === "said" && row.mine && row.entry.seq <= readBy)?.key;
  const typing = typist(desk.lossy.value, conversation.id, now.value);
  return (
    <div class="log-frame">
      <div
        class="log" role="log" aria-live="off" tabIndex={0} aria-label={`What was said with ${nameOf(conversation.visitor)}`}
        ref={box} onScroll={() => { scrolled(); older.look(); }}
      >
        {talk?.entries.behind.value === true && <p class="event" role="status">Some messages are missing here. Fetching them …</p>}
        {older.loading && <p class="event">Fetching what was before …</p>}
        {talk?.entries.complete !== false && entries.length > 0 && <Started conversation={conversation} />}
        {drawn.map((row) => <OneRow key={row.key} row={row} me={me} read={row.key === lastRead} />)}
        <Rated conversation={conversation} />
        {typing !== null && <p class="event" role="status">{typing.role === "visitor" ? shortName(conversation.visitor) : typing.name} is typing …{typing.text !== "" && ` “${typing.text}”`}</p>}
      </div>
      {news && <button type="button" class="button small pill" onClick={toEnd}>New messages ↓</button>}
    </div>
  );
}

/** A bot's last summary stands above the log. */
function withoutSummary(entries: readonly Entry[], notes: readonly Entry[]): readonly Entry[] {
  const above = handedOver(entries, notes)?.note ?? 0;
  return above === 0 ? notes : notes.filter((one) => one.seq !== above);
}

function useEnd(box: { current: HTMLElement | null }, entries: readonly Entry[], others: number) {
  const [atEnd, setAtEnd] = useState(true);
  const [news, setNews] = useState(false);
  const atEndNow = useRef(true);
  const last = entries.at(-1)?.seq ?? 0;
  const seen = useRef(last);
  const toEnd = (): void => {
    if (box.current !== null) box.current.scrollTop = box.current.scrollHeight;
    setNews(false);
  };
  useLayoutEffect(() => {
    if (atEnd) toEnd();
    else if (last > seen.current) setNews(true);
    seen.current = last;
  }, [last, others]);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || typeof ResizeObserver === "undefined") return;
    // The composer grows, a panel opens: who was at the end stays at the end.
    const observer = new ResizeObserver(() => { if (nearEnd(element) || atEndNow.current) element.scrollTop = element.scrollHeight; });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const scrolled = (): void => {
    const is = nearEnd(box.current);
    atEndNow.current = is;
    setAtEnd(is);
    if (is) setNews(false);
  };
  return { atEnd, news, scrolled, toEnd };
}

function nearEnd(element: HTMLElement | null): boolean {
  return element === null || element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
}

/** Older pages when one scrolls up; what was in sight stays where it was. */
function useOlder(box: { current: HTMLElement | null }, id: string) {
  const { desk } = usePlace();
  const [loading, setLoading] = useState(false);
  const busy = useRef(false);
  const look = (): void => {
    const element = box.current;
    const talk = desk.talks.find(id);
    if (element === null || busy.current || talk === undefined || element.scrollTop > NEAR_TOP_PX) return;
    if (talk.entries.complete && reachesBackTo(talk.notes, talk.entries)) return;
    busy.current = true;
    setLoading(true);
    const fromEnd = element.scrollHeight - element.scrollTop;
    desk.talks.older(id)
      .catch(() => desk.say("We could not fetch what was before. Scroll up to try again."))
      .finally(() => {
        busy.current = false;
        setLoading(false);
        requestAnimationFrame(() => { element.scrollTop = element.scrollHeight - fromEnd; });
      });
  };
  const first = desk.talks.find(id)?.entries.first;
  // What does not fill the screen cannot be scrolled.
  useEffect(() => {
    if (box.current !== null && box.current.scrollHeight <= box.current.clientHeight) look();
  }, [first]);
  return { loading, look };
}

function Started({ conversation }: { conversation: Conversation }) {
  const title = conversation.page?.title?.trim();
  const from = title ? ` from “${title}”` : "";
  const who = conversation.visitor.name === "" ? "The visitor" : shortName(conversation.visitor);
  return <p class="event">{who} started{from} · {clockTime(conversation.started_at)}</p>;
}

/** What the visitor thought of it, under the last word. */
function Rated({ conversation: { rating, visitor } }: { conversation: Conversation }) {
  if (rating === null || rating === undefined) return null;
  const { score, comment } = rating;
  return (
    <p class="event rated" role="status">
      <span aria-hidden="true" class="stars">{"★".repeat(score)}{"☆".repeat(Math.max(0, 5 - score))}</span>{" "}
      {visitor.name === "" ? "The visitor" : shortName(visitor)} rated this {score} of 5{comment !== "" && <>: “<span dir="auto">{comment}</span>”</>}
    </p>
  );
}

function OneRow({ row, me, read }: { row: Row; me: string; read: boolean }) {
  switch (row.is) {
    case "day":
      return <p class="day"><span>{dayName(row.at, now.value)}</span></p>;
    case "event":
      return <Event entry={row.entry} me={me} />;
    case "note":
      return row.entry.kind === "notice" ? <Event entry={row.entry} me={me} team /> : <NoteRow entry={row.entry} mine={row.mine} />;
    case "said":
      return <Said entry={row.entry} mine={row.mine} first={row.first} last={row.last} read={read} />;
    case "outgoing":
      return <Waiting outgoing={row.outgoing} />;
  }
}

/** `team`: what Frontdesk told the team, not the visitor. */
function Event({ entry, me, team = false }: { entry: Entry; me: string; team?: boolean }) {
  const waited = entry.kind === "joined" && (entry.waited_ms ?? 0) >= 1000 ? ` · waited ${span(entry.waited_ms ?? 0)}` : "";
  const notice = entry.kind === "notice";
  const look = team ? "event team" : notice ? "event notice" : "event";
  return <p class={look}>{notice && <span class="unseen">{team ? "Only for the team: " : "Told the visitor: "}</span>}{eventText(entry, me)}{waited} · {clockTime(entry.at)}</p>;
}

function noteTitle(entry: Entry, mine: boolean): string {
  if (entry.kind === "handoff") return `${entry.from.name || "The bot"} about the talk, only for the team`;
  if (entry.kind === "whisper") return mine ? "Your whisper, only for the agent" : `${entry.from.name} whispers, the visitor does not hear it`;
  return `${mine ? "Your note" : `Note by ${entry.from.name || "Frontdesk"}`}, only for the team`;
}

function NoteRow({ entry, mine }: { entry: Entry; mine: boolean }) {
  return (
    <div class="note-row">
      <p class="note-text"><b>{noteTitle(entry, mine)}</b> · {clockTime(entry.at)}<br /><Linked text={said(entry)} /></p>
    </div>
  );
}

interface SaidProps {
  entry: Entry;
  mine: boolean;
  first: boolean;
  last: boolean;
  read: boolean;
}

function Said({ entry, mine, first, last, read }: SaidProps) {
  const bot = entry.from.role === "bot";
  const ours = mine || bot || entry.from.role === "agent";
  const names = ["said", ours ? "ours" : "theirs", mine && "mine", bot && "automated", last && "last"].filter(Boolean).join(" ");
  return (
    <div class={names}>
      {first && ours && !mine && <span class="who">{entry.from.name}{bot && <span class="tag quiet">automated</span>}</span>}
      {(said(entry) !== "" || !bot) && <p class="bubble" dir="auto"><span class="unseen">{mine ? "You: " : `${entry.from.name || "Visitor"}${bot ? ", automated" : ""}: `}</span><Linked text={said(entry)} /></p>}
      {bot && entry.erased !== true && <Shown {...entry} />}
      {(last || read) && <span class="meta">{read && "Read · "}{clockTime(entry.at)}</span>}
    </div>
  );
}

/** Written here, not yet confirmed. */
function Waiting({ outgoing }: { outgoing: Outgoing }) {
  const { desk } = usePlace();
  const failed = outgoing.state === "failed";
  if (outgoing.note && !failed) {
    return <div class="note-row waiting"><p class="note-text bubble"><b>Your note, only for the team</b><br /><Linked text={outgoing.text} /></p></div>;
  }
  return (
    <div class={outgoing.note ? "said ours last waiting a-note" : "said ours mine last waiting"}>
      <p class="bubble" dir="auto"><Linked text={outgoing.text} /></p>
      {failed ? (
        <span class="meta failed" role="alert">
          {outgoing.lost ? "" : outgoing.note ? "Note not added. " : "Not sent. "}{outgoing.why}
          <button type="button" class="link" onClick={() => desk.outbox.again(outgoing.clientId)}>Send again</button>
          <button type="button" class="link" onClick={() => desk.outbox.discard(outgoing.clientId)}>Discard</button>
        </span>
      ) : <span class="meta">{desk.connection.value.name === "open" ? "Sending …" : "Kept, sent when we are back"}</span>}
    </div>
  );
}

/** Its words, or that they were erased with the visitor. */
function said(entry: Entry): string {
  return entry.erased === true ? "Erased" : entry.text;
}
