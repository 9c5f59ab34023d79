import { TEXTS } from "./languages.ts";

/** Every word the widget says. Short, active, "you"; a new language is one more table in words/. */
export interface Texts {
  chat: string;
  minimise: string;
  greeting: string;
  greetingNobody: string;
  whom: string;
  closedNow: string;
  opens(when: string): string;
  noOneHere: string;
  aboutYou: string;
  name: string;
  email: string;
  write: string;
  send: string;
  left(characters: number): string;
  sending: string;
  sent(time: string): string;
  read: string;
  waitingToSend: string;
  failed: string;
  again: string;
  discard: string;
  why(code: string | null): string;
  lost: string;
  restored: string;
  place(n: number): string;
  usually(low: number, high: number): string;
  soon: string;
  long: string;
  ringing: string;
  waiting: string;
  keep: string;
  keepFor(minutes: number): string;
  nobody: string;
  nobodyKeep: string;
  leave: string;
  notLoaded: string;
  leftTaken: string;
  leftNext: string;
  callYou: string;
  joined(name: string, waited: string | null): string;
  leftChat(name: string): string;
  transferred(to: string): string;
  ended: string;
  endedBy(name: string): string;
  endedByYou: string;
  endedWhileAway: string;
  endedIdle: string;
  startNew: string;
  end: string;
  endSure: string;
  leaveSure: string;
  yesEnd: string;
  noKeep: string;
  endFailed: string;
  connecting: string;
  reconnecting: string;
  behind: string;
  stopped: string;
  tooManyTabs: string;
  notHere: string;
  full: string;
  messages: string;
  newMessages(n: number): string;
  older: string;
  typing(name: string): string;
  somebody: string;
  you: string;
  hereNow: string;
  bot: string;
  thinking(name: string): string;
  human: string;
  humanFailed: string;
  trial: string;
  trialOver: string;
  mute: string;
  unmute: string;
  said(name: string, text: string): string;
}

/** The first wish that we can speak, else the first language there is. Wishes are language tags, the strongest first. */
export function chooseLanguage(wishes: readonly (string | null | undefined)[]): string {
  for (const wish of wishes) {
    const language = wish?.toLowerCase().split("-")[0] ?? "";
    if (Object.hasOwn(TEXTS, language)) return language;
  }
  return Object.keys(TEXTS)[0] as string;
}

export function textsFor(language: string): Texts {
  return TEXTS[language] ?? (Object.values(TEXTS)[0] as Texts);
}

/** A wait in words: a range in whole minutes, rounded outwards for people, "under a minute" or "over an hour". */
export function waitText(texts: Texts, wait: { low_s: number; high_s: number }): string {
  const high = Math.ceil(wait.high_s / 60);
  if (wait.high_s <= 60) return texts.soon;
  if (wait.low_s >= 3600) return texts.long;
  return texts.usually(Math.max(1, Math.floor(wait.low_s / 60)), high);
}

/** Minutes and seconds as on a stopwatch: 1:50, or 1:02:03. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}
