// Being heard: rings until answered, flashes the title, notifies; a drop for a message. Every tab of an agent shows the
// ring and confirms it, but only one sounds: the one that holds a Web Lock, asked for once the browser lets it sound.
import { effect, signal } from "@preact/signals";
import type { Entry, Offer } from "../../widget/client/generated.ts";
import { drop, ring, soundOn, soundReady, wakeSound } from "../ui/sound.ts";
import { flashTitle, setTitle } from "../ui/title.ts";
import { nameOf } from "./attention.ts";
import type { Desk } from "./desk.ts";

const EVERY_MS = 2600;

/** What is read out: offers at once, messages when there is a pause. */
export const loud = signal("");
export const quiet = signal("");

/** Attends to the desk until the returned function is called. */
export function attend(desk: Desk, agent: string): () => void {
  const sounding = signal(false);
  const release = soleSounder(agent, sounding);
  const rang = new Set<string>();

  desk.heard.offer = (offer) => {
    if (rang.has(offer.offer)) return;
    rang.add(offer.offer);
    loud.value = announced(offer);
    if (offer.auto && sounding.value) ring();
    notify(offer);
  };
  desk.heard.message = (entry) => {
    if (!looking(desk, entry)) quiet.value = `${entry.from.name || "The visitor"}: ${entry.text}`;
    if (sounding.value && !looking(desk, entry)) drop();
  };

  desk.heard.notice = (note) => { quiet.value = note.text; };

  const stops = [effect(() => ringing(desk, sounding.value)), effect(() => title(desk)), effect(() => closeEnded(desk)), release, wakeOnClick()];
  return () => {
    for (const stop of stops) stop();
    flashTitle(null);
  };
}

/** Lets the browser's permission follow a click: the one click we need to ring. */
export async function testSound(): Promise<void> {
  await wakeSound();
  ring();
  if (typeof Notification !== "undefined" && Notification.permission === "default") await Notification.requestPermission();
}

function announced({ conversation, text }: Offer): string {
  return `${nameOf(conversation.visitor)} is ringing, ${conversation.department.name}. ${text}`;
}

function looking(desk: Desk, entry: Entry): boolean {
  return desk.selected.value === entry.conversation && document.visibilityState === "visible" && document.hasFocus();
}

function ringing(desk: Desk, sounding: boolean): (() => void) | undefined {
  const rings = desk.offers.value.length > 0 && desk.connection.value.name === "open" && sounding && soundOn.value && soundReady.value;
  if (!rings) return undefined;
  ring();
  const timer = setInterval(ring, EVERY_MS);
  return () => clearInterval(timer);
}

function title(desk: Desk): void {
  const { me } = desk.sections.value;
  const unread = me.reduce((sum, item) => sum + item.unread, 0);
  setTitle(unread > 0 ? `(${unread}) Frontdesk` : "Frontdesk");
  const top = desk.offers.value[0];
  flashTitle(top === undefined || desk.connection.value.name !== "open" ? null : `Ringing: ${nameOf(top.conversation.visitor)}`);
}

const notes = new Map<string, Notification>();

/** Only while the page is out of sight; the tag makes one of what several tabs say. */
function notify(offer: Offer): void {
  if (typeof Notification === "undefined" || Notification.permission !== "granted" || document.visibilityState === "visible") return;
  const note = new Notification(`${nameOf(offer.conversation.visitor)} is ringing`, {
    body: offer.text, tag: offer.offer, requireInteraction: !offer.auto,
  });
  note.onclick = () => {
    window.focus();
    note.close();
  };
  notes.set(offer.offer, note);
}

function closeEnded(desk: Desk): void {
  const open = new Set(desk.offers.value.map((offer) => offer.offer));
  for (const [id, note] of notes) {
    if (open.has(id)) continue;
    note.close();
    notes.delete(id);
  }
}

function soleSounder(agent: string, sounding: { value: boolean }): () => void {
  const gone = new AbortController();
  const locks = "locks" in navigator ? navigator.locks : null;
  const stop = effect(() => {
    if (!soundReady.value) return;
    if (locks === null) {
      sounding.value = true;
      return;
    }
    const held = (): Promise<void> => {
      sounding.value = true;
      return new Promise((release) => gone.signal.addEventListener("abort", () => release()));
    };
    void locks.request(`frontdesk.ring.${agent}`, { signal: gone.signal }, held).catch(() => undefined);
  });
  return () => {
    stop();
    gone.abort();
  };
}

/** Any click or key on the page is the click that browsers want before they sound. */
function wakeOnClick(): () => void {
  const wake = (): void => {
    if (!soundReady.value) void wakeSound();
  };
  document.addEventListener("click", wake);
  document.addEventListener("keydown", wake);
  return () => {
    document.removeEventListener("click", wake);
    document.removeEventListener("keydown", wake);
  };
}
