import type { Host, PanelHandle } from "../panel/main.tsx";
import { Launcher } from "./launcher.ts";
import { languageFor } from "./words.ts";

// One line in a page: <script async src="https://host/widget.js" data-site="demo"></script>
//
// Draws the launcher. Until it is pressed nothing else happens: no storage is written, no cookie, no socket, no request.
// Only where an earlier press has left an open conversation, the panel comes by itself, to keep the place in line.

type Name = "open" | "close" | "unread" | "message";
type Word = string | null | undefined;
type Listener = (detail: unknown) => void;

const script =
  document.currentScript instanceof HTMLScriptElement
    ? document.currentScript
    : document.querySelector<HTMLScriptElement>("script[data-site][src*='widget.js']");

function start(script: HTMLScriptElement): void {
  const { site = "", language, side, accent, dir } = script.dataset;
  const spoken = languageFor([language, document.documentElement.lang, navigator.language]);
  let word: Word | (() => Word | Promise<Word>) = script.dataset["identity"];
  const listeners = new Map<Name, Set<Listener>>();
  customElements.define("frontdesk-launcher", Launcher);
  const launcher = document.createElement("frontdesk-launcher") as Launcher;
  let panel: Promise<PanelHandle> | null = null;
  let tries = 0;
  let shown = false;

  const tell = (name: Name, detail?: unknown) => listeners.get(name)?.forEach((listener) => listener(detail));

  const host: Host = {
    site,
    base: new URL(script.src).origin,
    mode: "widget",
    language: language ?? null,
    side: side === "left" || side === "right" ? side : null,
    accent: accent ?? null,
    rtl: (dir ?? getComputedStyle(document.documentElement).direction) === "rtl",
    unread: (count) => {
      launcher.unread = count;
      tell("unread", count);
    },
    minimised: () => close(),
    message: (entry) => tell("message", entry),
    identity: async () => (typeof word === "function" ? word() : word),
  };

  const load = () => {
    launcher.busy = true;
    launcher.failed = false;
    // Some browsers remember a module that failed to load by its address: another fragment is another address.
    panel ??= import(/* @vite-ignore */ new URL(`${__PANELS__[spoken]}#${tries}`, script.src).href).then((module: { createPanel(host: Host, into: Node): PanelHandle }) =>
      module.createPanel(host, document.body),
    );
    panel.then(
      () => (launcher.busy = false),
      () => {
        panel = null;
        tries += 1;
        launcher.busy = false;
        launcher.failed = true;
      },
    );
    return panel;
  };

  const show = async (focus: boolean) => {
    const loaded = await load().catch(() => null);
    if (loaded === null || shown) return;
    shown = true;
    loaded.show(focus);
    launcher.open = true;
    stay("open");
    tell("open");
  };

  const open = () => show(true);

  const close = async () => {
    if (!shown) return;
    shown = false;
    (await panel)?.hide();
    launcher.open = false;
    launcher.focus();
    stay("");
    tell("close");
  };

  const toggle = () => (shown ? close() : open());

  /** Whether the panel was open survives a change of page in this tab, not more. */
  const stay = (value: string) => {
    try {
      sessionStorage.setItem(`frontdesk:${site}:panel`, value);
    } catch {
      // Then the next page begins with the launcher.
    }
  };

  const goOn = () => {
    try {
      if (!localStorage.getItem(`frontdesk:${site}`)?.includes('"open":true')) return;
      const wide = innerWidth > 600 && sessionStorage.getItem(`frontdesk:${site}:panel`) === "open";
      void (wide ? show(false) : load().catch(() => undefined));
    } catch {
      // Storage is forbidden here: there is nothing to go on with.
    }
  };

  launcher.draw({ language: spoken, side, accent, press: () => void toggle() });
  document.body.append(launcher);
  const on = (name: Name, listener: Listener) => {
    listeners.set(name, (listeners.get(name) ?? new Set()).add(listener));
    return () => void listeners.get(name)?.delete(listener);
  };
  /** Who the visitor is from now on, signed by the site: a token, a function that gets one, or nothing for nobody known. */
  const identify = (next?: typeof word) => {
    word = next;
    void panel?.then((loaded) => loaded.identify());
  };
  Object.assign(window, { Frontdesk: { open, close, toggle, on, identify } });
  if ((document as { prerendering?: boolean }).prerendering === true) document.addEventListener("prerenderingchange", goOn, { once: true });
  else goOn();
}

// A page that names the script twice still has one launcher.
if (script !== null && customElements.get("frontdesk-launcher") === undefined) {
  if (document.body !== null) start(script);
  else document.addEventListener("DOMContentLoaded", () => start(script), { once: true });
}
