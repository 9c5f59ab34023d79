import { effect, signal } from "@preact/signals";
import { newClientId } from "../client/client-id.ts";
import { browserStore, OutboxStore } from "../client/outbox-store.ts";
import type { Item } from "../client/outbox.ts";
import type { Entry } from "../client/generated.ts";
import { definePanel, PanelElement } from "./element.tsx";
import { cards, forms } from "./later.ts";
import { Record } from "./record.ts";
import { allowSound, chime } from "./sound.ts";
import { chooseLanguage, textsFor } from "./texts.ts";
import { markTitle } from "./title.ts";
import { announcement, eventText, type View } from "./view.ts";
import { Visit } from "./visit.ts";

/** What the page around the panel decides, and wants to hear. */
export interface Host {
  site: string;
  /** Where Frontdesk lives: the origin of the script. */
  base: string;
  mode: "widget" | "page";
  language: string | null;
  side: "left" | "right" | null;
  accent: string | null;
  rtl: boolean;
  identity?: () => Promise<string | null | undefined>;
  /** A ticket of the settings page, to try out a bot: then nothing is stored in the browser. */
  trial?: string;
  unread(count: number): void;
  minimised(): void;
  /** Somebody else wrote. */
  message(entry: { from: string; text: string; at: string }): void;
}

export interface PanelHandle {
  readonly shown: boolean;
  show(focus: boolean): void;
  hide(): void;
  /** The page says anew who the visitor is. */
  identify(): void;
}

/** Puts the panel into the page, hidden, and connects. */
export function createPanel(host: Host, into: Node): PanelHandle {
  definePanel();
  const language = chooseLanguage([host.language, document.documentElement.lang, navigator.language]);
  const texts = textsFor(language);
  const trial = host.trial !== undefined;
  const kept = browserStore(`frontdesk:${host.site}:outbox:`, newClientId());
  const store = trial ? { ...kept, storage: null } : kept;
  const record = new Record(host.site, store.storage);
  const element = document.createElement("frontdesk-panel") as PanelElement;
  const shown = signal(false);
  const seen = () => shown.value && document.visibilityState === "visible";

  const news = (entry: Entry) => {
    const { kind, from, replies = [], cards = [] } = entry;
    const said = [entry.text, ...cards.map(({ title }) => title), ...replies].join("\n");
    const text = kind === "message" || kind === "file" ? texts.said(from.name || texts.somebody, said) : eventText(texts, entry);
    announcement.value = { text };
    if (kind === "notice") return;
    // Nobody has waited for a bot.
    const calls = kind === "joined" ? from.role !== "bot" : !seen();
    if (calls && !visit.mute.value) chime(`frontdesk:${host.site}:sound`);
    host.message({ from: from.name, text: entry.text, at: entry.at });
  };
  const visit = new Visit({
    site: host.site,
    url: `${host.base.replace(/^http/, "ws")}/ws/visitor`,
    record,
    store: new OutboxStore<Item>(store),
    language: (host.language || document.documentElement.lang || navigator.language).slice(0, 35),
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    page: () => ({
      url: location.href.replace(/#trial=.*/, "").slice(0, 2048),
      title: document.title.slice(0, 500),
      referrer: document.referrer.slice(0, 2048),
    }),
    news,
    ...(host.identity === undefined ? {} : { identity: host.identity }),
    ...(host.trial === undefined ? {} : { trial: host.trial }),
  });
  const view: View = {
    visit, texts, language, mode: host.mode, shown,
    minimise: () => host.minimised(),
    refocus: () => void requestAnimationFrame(() => element.focusInside()),
    draft: draftOf(host.site, trial),
  };

  element.hidden = true;
  element.draw(view, { side: host.side, accent: host.accent, language, rtl: host.rtl });
  into.appendChild(element);
  effect(() => {
    host.unread(visit.unread.value);
    markTitle(visit.unread.value);
  });
  effect(() => {
    const accent = (visit.state.value.site?.look as { accent?: unknown } | undefined)?.accent;
    if (host.accent === null && typeof accent === "string") element.accent(accent);
  });
  for (const { part } of [forms, cards]) effect(() => element.dress(part.value?.css ?? ""));
  addEventListener("storage", (event) => {
    if (event.key === record.key && event.newValue !== null) visit.recordChanged();
  });
  visit.start();
  return {
    get shown() {
      return shown.value;
    },
    show(focus) {
      element.hidden = false;
      shown.value = true;
      if (focus) {
        allowSound();
        element.focusInside();
      }
    },
    hide() {
      element.hidden = true;
      shown.value = false;
    },
    identify: () => visit.identify(),
  };
}

/** What is typed but not sent, kept for this tab from the first key on; in a trial as long as the page lives. */
function draftOf(site: string, trial: boolean): View["draft"] {
  const key = `frontdesk:${site}:draft`;
  let draft = "";
  return {
    get() {
      try {
        return trial ? draft : (sessionStorage.getItem(key) ?? "");
      } catch {
        return draft;
      }
    },
    set(text) {
      draft = text;
      try {
        if (trial) return;
        if (text === "") sessionStorage.removeItem(key);
        else sessionStorage.setItem(key, text);
      } catch {
        // Then a change of page loses it.
      }
    },
  };
}
