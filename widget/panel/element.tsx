import { render } from "preact";
import css from "./panel.css?inline";
import { accentCss } from "./accent.ts";
import { Panel } from "./panel.tsx";
import type { View } from "./view.ts";

export interface Looks {
  side: "left" | "right" | null;
  accent: string | null;
  language: string;
  rtl: boolean;
}

const styles = new CSSStyleSheet();
styles.replaceSync(css);

/** The panel in the page: a shadow root of its own, styled by adopted sheets, which no style policy forbids. */
export class PanelElement extends HTMLElement {
  readonly #accent = new CSSStyleSheet();
  readonly #room = new CSSStyleSheet();
  readonly #root = this.attachShadow({ mode: "open" });
  readonly #fit = () => this.#fitKeyboard();

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [styles, this.#accent, this.#room];
  }

  connectedCallback(): void {
    visualViewport?.addEventListener("resize", this.#fit);
    visualViewport?.addEventListener("scroll", this.#fit);
  }

  disconnectedCallback(): void {
    visualViewport?.removeEventListener("resize", this.#fit);
    visualViewport?.removeEventListener("scroll", this.#fit);
  }

  draw(view: View, looks: Looks): void {
    this.lang = looks.language;
    this.dir = looks.rtl ? "rtl" : "ltr";
    this.dataset["mode"] = view.mode;
    if (looks.side !== null) this.dataset["side"] = looks.side;
    this.accent(looks.accent);
    this.#root.addEventListener("keydown", (event) => this.#key(event as KeyboardEvent, view));
    render(<Panel view={view} />, this.#root);
    this.#fitKeyboard();
  }

  accent(accent: string | null): void {
    this.#accent.replaceSync(accentCss(accent));
  }

  /** Adds the style of a part that came later. */
  dress(css: string): void {
    if (css === "") return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    this.#root.adoptedStyleSheets.push(sheet);
  }

  /** Where writing goes on; else the first thing that can be pressed. */
  focusInside(): void {
    const target = this.#root.querySelector<HTMLElement>(".composer textarea, .ended .main");
    target?.focus({ preventScroll: true });
  }

  #key(event: KeyboardEvent, view: View): void {
    if (view.mode !== "widget") return;
    if (event.key === "Escape" && !event.isComposing) {
      event.stopPropagation();
      view.minimise();
    } else if (event.key === "Tab" && this.#covers()) {
      this.#turn(event);
    }
  }

  /** On a small screen nothing else is in sight: Tab must not wander behind the panel. */
  #turn(event: KeyboardEvent): void {
    const stops = [...this.#root.querySelectorAll<HTMLElement>("button, input, textarea, summary, a[href], [tabindex='0']")].filter(
      (element) => element.getClientRects().length > 0,
    );
    const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
    if (this.#root.activeElement !== from) return;
    event.preventDefault();
    to?.focus();
  }

  #covers(): boolean {
    return this.getBoundingClientRect().width >= innerWidth;
  }

  /** Phones lay the keyboard over the page: the panel shrinks to what is left in sight. */
  #fitKeyboard(): void {
    const seen = visualViewport;
    if (seen === null || seen.scale > 1.01) return;
    this.#room.replaceSync(`:host{--seen-height:${Math.round(seen.height)}px;--seen-top:${Math.round(seen.offsetTop)}px}`);
  }
}

export function definePanel(): void {
  if (customElements.get("frontdesk-panel") === undefined) customElements.define("frontdesk-panel", PanelElement);
}
