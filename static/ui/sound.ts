// Two sounds, made here: no files to load, none to miss. Browsers stay silent until the page was clicked once.
import { signal } from "@preact/signals";

const KEY = "frontdesk.sound";

function remembered(): boolean {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

let context: AudioContext | null = null;

/** Whether the agent wants sounds. */
export const soundOn = signal(remembered());

/** Whether the browser lets this page sound: false until the first click. */
export const soundReady = signal(false);

export function setSound(on: boolean): void {
  soundOn.value = on;
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

/** Asks the browser for sound; works only during a click or key press. */
export async function wakeSound(): Promise<void> {
  if (typeof AudioContext === "undefined") return;
  context ??= new AudioContext();
  if (context.state !== "running") await context.resume().catch(() => undefined);
  soundReady.value = context.state === "running";
}

/** A telephone far away: two soft notes, twice. */
export function ring(): void {
  [0, 0.32].forEach((at) => {
    note(659.3, at, 0.26, 0.16);
    note(880, at + 0.12, 0.3, 0.14);
  });
}

/** A message came: one short drop. */
export function drop(): void {
  note(740, 0, 0.14, 0.08);
}

function note(hertz: number, after: number, length: number, loudness: number): void {
  if (!soundOn.value || context === null || context.state !== "running") return;
  const start = context.currentTime + after;
  const gain = context.createGain();
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(loudness, start + 0.012);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + length);
  const tone = context.createOscillator();
  tone.type = "sine";
  tone.frequency.value = hertz;
  tone.connect(gain).connect(context.destination);
  tone.start(start);
  tone.stop(start + length);
}
