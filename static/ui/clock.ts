// One clock for every time on the page: all figures turn over together, and they show the server's time, not
// that of a computer whose clock may be minutes off.
import { signal } from "@preact/signals";

let skew = 0;

/** Milliseconds of the server's clock, renewed every second while the page runs. */
export const now = signal(Date.now());

/** Sets the page's clock by a time that the server has just named. */
export function setClock(serverNow: string): void {
  const parsed = Date.parse(serverNow);
  if (Number.isNaN(parsed)) return;
  skew = parsed - Date.now();
  tick();
}

/** The server's time this very moment. */
export function serverNow(): number {
  return Date.now() + skew;
}

function tick(): void {
  now.value = serverNow();
}

/** Starts the clock; returns what stops it. Browsers slow timers of hidden pages, so seeing the page again ticks too. */
export function startClock(): () => void {
  const timer = setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
  tick();
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", tick);
  };
}
