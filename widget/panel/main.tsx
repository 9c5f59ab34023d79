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
  const store = browserStore(`frontdesk:${host.site}:outbox:`, newClientId());
  const record = new Record(host.site, store.storage);
  const element = document.createElement("frontdesk-panel") as PanelElement;
  const shown = signal(false);
  const seen = () => shown.value && document.visibilityState === "visible";

  const news = (entry: Entry) => {
    const text = entry.kind === "joined" ? eventText(texts, entry) : texts.said(entry.from.name || texts.somebody, entry.text);
    announcement.value = { text };
    if (!visit.mute.value && (!seen() || entry.kind === "joined")) chime(`frontdesk:${host.site}:sound`);
    host.message({ from: entry.from.name, text: entry.text, at: entry.at });
  };
  const visit = new Visit({
    site: host.site,
    url: `${host.base.replace(/^http/, "ws")}/ws/visitor`,
    record,
    store: new OutboxStore<Item>(store),
    language: (host.language || document.documentElement.lang || navigator.language).slice(0, 35),
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    page: () => ({
      url: location.href.slice(0, 2048),
      title: document.title.slice(0, 500),
      referrer: document.referrer.slice(0, 2048),
    }),
    news,
    ...(host.identity === undefined ? {} : { identity: host.identity }),
  });
  const view: View = {
    visit, texts, language, mode: host.mode, shown,
    minimise: () => host.minimised(),
    refocus: () => void requestAnimationFrame(() => element.focusInside()),
    draft: draftOf(host.site),
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

/** What is typed but not sent, kept for this tab from the first key on. */
function draftOf(site: string): View["draft"] {
  const key = `frontdesk:${site}:draft`;
  return {
    get() {
      try {
        return sessionStorage.getItem(key) ?? "";
      } catch {
        return "";
      }
    },
    set(text) {
      try {
        if (text === "") sessionStorage.removeItem(key);
        else sessionStorage.setItem(key, text);
      } catch {
        // Then a change of page loses it.
      }
    },
  };
}
