/** Every word the widget says. Short, active, "you"; a new language is one more table here. */
export interface Texts {
  chat: string;
  minimise: string;
  greeting: string;
  greetingNobody: string;
  whom: string;
  closedNow: string;
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
  leaveLead: string;
  message: string;
  back: string;
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
  mute: string;
  unmute: string;
  said(name: string, text: string): string;
}

const ordinals = new Intl.PluralRules("en", { type: "ordinal" });
const suffixes: Record<string, string> = { one: "st", two: "nd", few: "rd" };

const en: Texts = {
  chat: "Chat",
  minimise: "Close the chat window",
  greeting: "How can we help you?",
  greetingNobody: "No one is here right now. Write anyway: your message is kept until someone is back.",
  whom: "Who should answer?",
  closedNow: "closed now",
  aboutYou: "Add your name and e-mail",
  name: "Name",
  email: "E-mail",
  write: "Write a message",
  send: "Send",
  left: (n) => (n === 1 ? "1 character left" : `${n} characters left`),
  sending: "Sending",
  sent: (time) => `Sent ${time}`,
  read: "Read",
  waitingToSend: "Waiting to send",
  failed: "We could not send this.",
  again: "Send again",
  discard: "Delete",
  why: (code) =>
    ({ line_full: "The line is full right now.", outside_hours: "We are closed right now.", too_large: "It is too long.", closed: "That conversation has ended." })[code as string] ?? "",
  lost: "This had arrived, but the chat was restored from a backup without it.",
  restored: "This chat was restored from a backup. Its latest messages may be missing.",
  place: (n) => (n === 1 ? "You are next" : `${n}${suffixes[ordinals.select(n)] ?? "th"} in line`),
  usually: (low, high) => (low === high ? `usually about ${low} min` : `usually ${low}–${high} min`),
  soon: "usually under a minute",
  long: "usually over an hour",
  ringing: "It is ringing at the team now.",
  waiting: "You are in line",
  keep: "Your place is kept if you reload or change pages. Write on meanwhile: whoever answers will have read it.",
  keepFor: (n) =>
    `Your place is kept if you reload or leave this page for ${n === 1 ? "a minute" : `${n} minutes`}. Write on meanwhile: whoever answers will have read it.`,
  nobody: "No one is here right now",
  nobodyKeep: "Leave your message. It is kept, and you stay in line while this page is open.",
  leave: "Leave a message for later",
  leaveLead: "Then you need not wait: we answer by e-mail.",
  message: "Message",
  back: "Back",
  leftTaken: "We have your message",
  leftNext: "We answer by e-mail, or here while you are here.",
  callYou: "You will hear a sound here when someone joins.",
  joined: (name, waited) => (waited === null ? `${name} joined` : `${name} joined · you waited ${waited}`),
  leftChat: (name) => `${name} left`,
  transferred: (to) => `You are being passed on to ${to}`,
  ended: "The conversation has ended",
  endedBy: (name) => `${name} ended the conversation`,
  endedByYou: "You ended the conversation",
  endedWhileAway: "The conversation was closed because you had left",
  endedIdle: "The conversation was closed because it had been quiet for a while",
  startNew: "Start a new conversation",
  end: "End",
  endSure: "End this conversation?",
  leaveSure: "Leave the line? Your place is given up.",
  yesEnd: "End it",
  noKeep: "Keep it",
  endFailed: "We could not end it. Try again.",
  connecting: "Connecting …",
  reconnecting: "Reconnecting … what you write is kept and sent.",
  behind: "Fetching messages you have not seen yet …",
  stopped: "The connection has ended. Reload the page to go on.",
  tooManyTabs: "This chat is open in too many places. Close one and reload.",
  notHere: "The chat is not set up for this page.",
  full: "Too many messages wait to be sent. Try again when you are back online.",
  messages: "Messages",
  newMessages: (n) => (n === 1 ? "1 new message" : `${n} new messages`),
  older: "Fetching older messages …",
  typing: (name) => `${name} is typing`,
  somebody: "Someone",
  you: "You",
  hereNow: "here now",
  bot: "automatic",
  mute: "Turn sound off",
  unmute: "Turn sound on",
  said: (name, text) => `${name}: ${text}`,
};

const da: Texts = {
  chat: "Chat",
  minimise: "Luk chatvinduet",
  greeting: "Hvad kan vi hjælpe dig med?",
  greetingNobody: "Der er ingen her lige nu. Skriv alligevel: din besked bliver gemt, til nogen er tilbage.",
  whom: "Hvem skal svare?",
  closedNow: "lukket nu",
  aboutYou: "Tilføj dit navn og din e-mail",
  name: "Navn",
  email: "E-mail",
  write: "Skriv en besked",
  send: "Send",
  left: (n) => `${n} tegn tilbage`,
  sending: "Sender",
  sent: (time) => `Sendt ${time}`,
  read: "Læst",
  waitingToSend: "Venter på at blive sendt",
  failed: "Vi kunne ikke sende den.",
  again: "Send igen",
  discard: "Slet",
  why: (code) =>
    ({ line_full: "Køen er fuld lige nu.", outside_hours: "Vi har lukket lige nu.", too_large: "Den er for lang.", closed: "Den samtale er afsluttet." })[code as string] ?? "",
  lost: "Den var nået frem, men chatten er gendannet fra en sikkerhedskopi uden den.",
  restored: "Chatten er gendannet fra en sikkerhedskopi. De seneste beskeder kan mangle.",
  place: (n) => (n === 1 ? "Du er den næste" : `Nr. ${n} i køen`),
  usually: (low, high) => (low === high ? `som regel ca. ${low} min.` : `som regel ${low}–${high} min.`),
  soon: "som regel under et minut",
  long: "som regel over en time",
  ringing: "Det ringer hos teamet nu.",
  waiting: "Du er i køen",
  keep: "Du beholder din plads, hvis du genindlæser eller skifter side. Skriv bare videre: den, der svarer, har læst det.",
  keepFor: (n) =>
    `Du beholder din plads, hvis du genindlæser eller forlader siden i ${n === 1 ? "et minut" : `${n} minutter`}. Skriv bare videre: den, der svarer, har læst det.`,
  nobody: "Der er ingen her lige nu",
  nobodyKeep: "Læg en besked. Den bliver gemt, og du beholder din plads, så længe siden er åben.",
  leave: "Læg en besked til senere",
  leaveLead: "Så behøver du ikke vente: vi svarer på e-mail.",
  message: "Besked",
  back: "Tilbage",
  leftTaken: "Vi har din besked",
  leftNext: "Vi svarer på e-mail, eller her, mens du er her.",
  callYou: "Du hører en lyd her, når nogen kommer.",
  joined: (name, waited) => (waited === null ? `${name} er her nu` : `${name} er her nu · du ventede ${waited}`),
  leftChat: (name) => `${name} har forladt samtalen`,
  transferred: (to) => `Du bliver stillet videre til ${to}`,
  ended: "Samtalen er afsluttet",
  endedBy: (name) => `${name} afsluttede samtalen`,
  endedByYou: "Du afsluttede samtalen",
  endedWhileAway: "Samtalen blev afsluttet, fordi du var gået",
  endedIdle: "Samtalen blev afsluttet, fordi der havde været stille et stykke tid",
  startNew: "Start en ny samtale",
  end: "Afslut",
  endSure: "Vil du afslutte samtalen?",
  leaveSure: "Vil du forlade køen? Så mister du din plads.",
  yesEnd: "Afslut",
  noKeep: "Bliv",
  endFailed: "Vi kunne ikke afslutte den. Prøv igen.",
  connecting: "Forbinder …",
  reconnecting: "Forbinder igen … det, du skriver, bliver gemt og sendt.",
  behind: "Henter beskeder, du ikke har set endnu …",
  stopped: "Forbindelsen er afsluttet. Genindlæs siden for at fortsætte.",
  tooManyTabs: "Chatten er åben for mange steder. Luk en af dem, og genindlæs.",
  notHere: "Chatten er ikke sat op til denne side.",
  full: "For mange beskeder venter på at blive sendt. Prøv igen, når du er online.",
  messages: "Beskeder",
  newMessages: (n) => (n === 1 ? "1 ny besked" : `${n} nye beskeder`),
  older: "Henter ældre beskeder …",
  typing: (name) => `${name} skriver`,
  somebody: "Nogen",
  you: "Du",
  hereNow: "er her nu",
  bot: "automatisk",
  mute: "Slå lyden fra",
  unmute: "Slå lyden til",
  said: (name, text) => `${name}: ${text}`,
};

const de: Texts = {
  chat: "Chat",
  minimise: "Chatfenster schließen",
  greeting: "Wie können wir Ihnen helfen?",
  greetingNobody: "Gerade ist niemand da. Schreiben Sie trotzdem: Ihre Nachricht wird aufgehoben, bis jemand zurück ist.",
  whom: "Wer soll antworten?",
  closedNow: "gerade geschlossen",
  aboutYou: "Name und E-Mail angeben",
  name: "Name",
  email: "E-Mail",
  write: "Nachricht schreiben",
  send: "Senden",
  left: (n) => `noch ${n} Zeichen`,
  sending: "Wird gesendet",
  sent: (time) => `Gesendet ${time}`,
  read: "Gelesen",
  waitingToSend: "Wartet aufs Senden",
  failed: "Das konnten wir nicht senden.",
  again: "Noch einmal senden",
  discard: "Löschen",
  why: (code) =>
    ({ line_full: "Die Warteschlange ist gerade voll.", outside_hours: "Wir haben gerade geschlossen.", too_large: "Der Text ist zu lang.", closed: "Dieses Gespräch ist beendet." })[code as string] ?? "",
  lost: "Das war angekommen, aber der Chat wurde aus einer Sicherung ohne diese Nachricht wiederhergestellt.",
  restored: "Dieser Chat wurde aus einer Sicherung wiederhergestellt. Die letzten Nachrichten können fehlen.",
  place: (n) => (n === 1 ? "Sie sind als Nächstes dran" : `Platz ${n} in der Schlange`),
  usually: (low, high) => (low === high ? `meist etwa ${low} Min.` : `meist ${low}–${high} Min.`),
  soon: "meist unter einer Minute",
  long: "meist über eine Stunde",
  ringing: "Es klingelt gerade beim Team.",
  waiting: "Sie sind in der Schlange",
  keep: "Ihr Platz bleibt, wenn Sie neu laden oder die Seite wechseln. Schreiben Sie ruhig weiter: Wer antwortet, hat es gelesen.",
  keepFor: (n) =>
    `Ihr Platz bleibt, wenn Sie neu laden oder die Seite für ${n === 1 ? "eine Minute" : `${n} Minuten`} verlassen. Schreiben Sie ruhig weiter: Wer antwortet, hat es gelesen.`,
  nobody: "Gerade ist niemand da",
  nobodyKeep: "Hinterlassen Sie Ihre Nachricht. Sie wird aufgehoben, und Ihr Platz bleibt, solange diese Seite offen ist.",
  leave: "Nachricht für später hinterlassen",
  leaveLead: "Dann müssen Sie nicht warten: Wir antworten per E-Mail.",
  message: "Nachricht",
  back: "Zurück",
  leftTaken: "Wir haben Ihre Nachricht",
  leftNext: "Wir antworten per E-Mail, oder hier, solange Sie da sind.",
  callYou: "Sie hören hier einen Ton, wenn jemand kommt.",
  joined: (name, waited) => (waited === null ? `${name} ist jetzt da` : `${name} ist jetzt da · Sie haben ${waited} gewartet`),
  leftChat: (name) => `${name} ist gegangen`,
  transferred: (to) => `Sie werden an ${to} weitergegeben`,
  ended: "Das Gespräch ist beendet",
  endedBy: (name) => `${name} hat das Gespräch beendet`,
  endedByYou: "Sie haben das Gespräch beendet",
  endedWhileAway: "Das Gespräch wurde beendet, weil Sie gegangen waren",
  endedIdle: "Das Gespräch wurde beendet, weil es eine Weile still war",
  startNew: "Neues Gespräch beginnen",
  end: "Beenden",
  endSure: "Dieses Gespräch beenden?",
  leaveSure: "Die Schlange verlassen? Ihr Platz geht verloren.",
  yesEnd: "Beenden",
  noKeep: "Bleiben",
  endFailed: "Das hat nicht geklappt. Versuchen Sie es noch einmal.",
  connecting: "Verbinden …",
  reconnecting: "Neu verbinden … was Sie schreiben, bleibt und wird gesendet.",
  behind: "Nachrichten, die Sie noch nicht kennen, werden geholt …",
  stopped: "Die Verbindung ist beendet. Laden Sie die Seite neu, um weiterzumachen.",
  tooManyTabs: "Dieser Chat ist an zu vielen Stellen offen. Schließen Sie eine und laden Sie neu.",
  notHere: "Der Chat ist für diese Seite nicht eingerichtet.",
  full: "Zu viele Nachrichten warten aufs Senden. Versuchen Sie es wieder, wenn Sie online sind.",
  messages: "Nachrichten",
  newMessages: (n) => (n === 1 ? "1 neue Nachricht" : `${n} neue Nachrichten`),
  older: "Ältere Nachrichten werden geholt …",
  typing: (name) => `${name} schreibt`,
  somebody: "Jemand",
  you: "Sie",
  hereNow: "gerade da",
  bot: "automatisch",
  mute: "Ton ausschalten",
  unmute: "Ton einschalten",
  said: (name, text) => `${name}: ${text}`,
};

export const TEXTS: Record<string, Texts> = { en, da, de };

/** The first wish that we can speak, else English. Wishes are language tags, the strongest first. */
export function chooseLanguage(wishes: readonly (string | null | undefined)[]): string {
  for (const wish of wishes) {
    const language = wish?.toLowerCase().split("-")[0] ?? "";
    if (Object.hasOwn(TEXTS, language)) return language;
  }
  return "en";
}

export function textsFor(language: string): Texts {
  return TEXTS[language] ?? en;
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
