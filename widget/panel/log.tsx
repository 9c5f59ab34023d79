import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useComputed, useSignal } from "@preact/signals";
import type { ComponentChildren, RefObject } from "preact";
import type { Person } from "../client/generated.ts";
import { cards } from "./later.ts";
import { Line } from "./message.tsx";
import { rowsOf, type Row } from "./rows.ts";
import type { Texts } from "./texts.ts";
import { isNews } from "./visit.ts";
import type { View } from "./view.ts";

/** So near to an end counts as being there. */
const NEAR_PX = 60;

/** What was said. Follows the end while the visitor is there, stays put while they read further up. */
export function Log({ view, children }: { view: View; children: ComponentChildren }) {
  const { visit, texts } = view;
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useSignal(true);
  const rows = useComputed(() => rowsOf(visit.entries.value, visit.outbox.items.value, visit.state.value.readTo, visit.growing.items.value)).value;
  const offering = visit.state.value.conversation?.state === "bot" ? rows.findLast((row) => row.kind === "message") : undefined;
  const typing = visit.typing.people.value;
  const loading = useOlder(view, box);
  const scroll = useFollow(box, rows, typing.length, atEnd);
  const below = useBelow(view, atEnd.value);
  useSeen(view, atEnd.value, rows);
  return (
    <div class="scroll">
      <div class="log" ref={box} role="log" aria-live="off" aria-label={texts.messages} tabIndex={0} onScroll={() => { scroll(); loading.check(); }}>
        {loading.busy && <p class="event">{texts.older}</p>}
        {children}
        {rows.map((row) => <Line key={row.key} view={view} row={row} offers={row === offering} />)}
        {typing.map(({ person, text }) => (
          <p key={person.id} class="typing">
            <span dir="auto">{doing(texts, person, text)}</span>
            <i aria-hidden="true" /><i aria-hidden="true" /><i aria-hidden="true" />
          </p>
        ))}
      </div>
      {below > 0 && (
        <button type="button" class="pill" onClick={() => toEnd(box.current)}>
          {texts.newMessages(below)} ↓
        </button>
      )}
    </div>
  );
}

/** A bot may say at what it is at work. */
function doing(texts: Texts, { name, role }: Person, title: string): string {
  const who = name || texts.somebody;
  if (title !== "") return texts.said(who, title);
  return role === "bot" ? texts.thinking(who) : texts.typing(who);
}

function toEnd(box: HTMLElement | null): void {
  if (box !== null) box.scrollTop = box.scrollHeight;
}

/** Keeps the end in sight, or what is being read in its place when older entries come above it. */
function useFollow(box: RefObject<HTMLDivElement | null>, rows: readonly Row[], typing: number, atEnd: { value: boolean }): () => void {
  const before = useRef({ first: "", height: 0, last: "" });
  const room = useRef(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const first = rows[0]?.key ?? "";
    const last = rows.at(-1);
    const wrote = last?.kind === "message" && last.mine && last.key !== before.current.last && last.state !== "sent" && last.state !== "read";
    if (atEnd.value || wrote) toEnd(element);
    else if (before.current.first !== first) element.scrollTop += element.scrollHeight - before.current.height;
    before.current = { first, height: element.scrollHeight, last: last?.key ?? "" };
  }, [rows, typing, cards.part.value]);
  useEffect(() => {
    const element = box.current;
    if (element === null || typeof ResizeObserver === "undefined") return undefined;
    // The keyboard, the waiting card and the composer change the room there is.
    const observer = new ResizeObserver(() => {
      room.current = element.clientHeight;
      if (atEnd.value) toEnd(element);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return () => {
    const element = box.current;
    // With another room than before nobody has scrolled: the end moved away, and is followed in a moment.
    if (element !== null && (room.current === 0 || room.current === element.clientHeight)) atEnd.value = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
  };
}

function useOlder({ visit }: View, box: RefObject<HTMLDivElement | null>): { busy: boolean; check(): void } {
  const busy = useSignal(false);
  const check = () => {
    if (busy.value || visit.complete || (box.current?.scrollTop ?? NEAR_PX) >= NEAR_PX) return;
    busy.value = true;
    const done = () => (busy.value = false);
    visit.older().then(done, done);
  };
  return { busy: busy.value, check };
}

/** How many messages came since the visitor scrolled up. */
function useBelow({ visit }: View, atEnd: boolean): number {
  const from = useRef(0);
  const last = visit.entries.value.at(-1)?.seq ?? 0;
  if (atEnd) from.current = last;
  return visit.entries.value.filter((entry) => entry.seq > from.current && isNews(entry)).length;
}

/** Read is what was in sight: the end of the log, in a page that is looked at, in a panel that is open. */
function useSeen({ visit, shown }: View, atEnd: boolean, rows: readonly Row[]): void {
  const open = shown.value;
  useEffect(() => {
    const look = () => {
      if (open && atEnd && document.visibilityState === "visible") visit.seen();
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [open, atEnd, rows]);
}
