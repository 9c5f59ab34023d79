import { now, serverNow } from "./clock.ts";

/** `1:48`, `12:03`, from an hour on `2 h 05`: short enough for a list, never negative. */
export function span(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s >= 86_400) return `${Math.floor(s / 86_400)} d`;
  if (s >= 3600) return `${Math.floor(s / 3600)} h ${pad(Math.floor((s % 3600) / 60))}`;
  return `${Math.floor(s / 60)}:${pad(s % 60)}`;
}

/** The same for the ear. */
export function spoken(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(s / 60);
  if (minutes === 0) return `${s} seconds`;
  return `${minutes} ${minutes === 1 ? "minute" : "minutes"} ${s % 60} seconds`;
}

/** Whole minutes, as one says how long a talk has lasted. */
export function minutes(ms: number): string {
  const min = Math.floor(Math.max(0, ms) / 60_000);
  if (min < 1) return "under a minute";
  return min < 60 ? `${min} min` : `${Math.floor(min / 60)} h ${pad(min % 60)}`;
}

/** Hours and minutes of the reader's own day. */
export function clockTime(at: string): string {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}

/** The day, said as people say it. */
export function dayName(at: string, today: number): string {
  const day = startOfDay(Date.parse(at));
  const days = Math.round((startOfDay(today) - day) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return new Date(day).toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });
}

function startOfDay(ms: number): number {
  const day = new Date(ms);
  day.setHours(0, 0, 0, 0);
  return day.getTime();
}

function pad(n: number): string {
  return String(n).padStart(2, "0");
}

/** How long ago, ticking. Turns red and bold beyond `lateAfter` milliseconds. */
export function Since({ at, lateAfter }: { at: string; lateAfter?: number }) {
  const ms = now.value - Date.parse(at);
  const late = lateAfter !== undefined && ms > lateAfter;
  return <time class={late ? "time late" : "time"} dateTime={at}>{span(ms)}</time>;
}

/** How long still, ticking; stops at 0:00. What has just begun must not show more than the whole, so not by the last tick. */
export function Until({ at }: { at: string }) {
  void now.value;
  const ms = Date.parse(at) - serverNow();
  return <time class="time" dateTime={at}>{span(ms + 500)}</time>;
}
