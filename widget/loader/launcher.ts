import css from "./launcher.css?inline";
import { accentCss } from "../panel/accent.ts";
import { WORDS, type Words } from "./words.ts";

const SVG = "http://www.w3.org/2000/svg";
const BUBBLE = "M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-6l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z";
const CROSS = "M6 9.5l6 6 6-6";

/** The button in the corner. Draws itself and nothing more. */
export class Launcher extends HTMLElement {
  readonly #button = document.createElement("button");
  readonly #badge = document.createElement("span");
  readonly #trouble = document.createElement("p");
  readonly #path = document.createElementNS(SVG, "path");
  #words = WORDS["en"] as Words;
  #unread = 0;
  #open = false;

  draw(looks: { language: string; side: string | undefined; accent: string | undefined; press: () => void }): void {
    this.#words = WORDS[looks.language] as Words;
    if (looks.side === "left" || looks.side === "right") this.dataset["side"] = looks.side;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css + accentCss(looks.accent));
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.append(this.#path);
    this.#badge.className = "badge";
    this.#badge.ariaHidden = "true";
    this.#trouble.setAttribute("role", "status");
    this.#button.type = "button";
    this.#button.setAttribute("aria-haspopup", "dialog");
    this.#button.addEventListener("click", looks.press);
    this.#button.append(svg, this.#badge);
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    root.adoptedStyleSheets = [sheet];
    root.append(this.#trouble, this.#button);
    this.#update();
  }

  set open(open: boolean) {
    this.#open = open;
    this.#update();
  }

  set unread(count: number) {
    this.#unread = count;
    this.#update();
  }

  set busy(busy: boolean) {
    this.#button.setAttribute("aria-busy", String(busy));
  }

  set failed(failed: boolean) {
    this.#trouble.textContent = failed ? this.#words.failed : "";
  }

  override focus(): void {
    this.#button.focus();
  }

  #update(): void {
    const unread = this.#open ? 0 : this.#unread;
    const name = this.#open ? this.#words.close : this.#words.open;
    this.#button.setAttribute("aria-expanded", String(this.#open));
    this.#button.setAttribute("aria-label", unread > 0 ? `${name}, ${this.#words.unread(unread)}` : name);
    this.#badge.textContent = unread > 0 ? (unread > 99 ? "99+" : String(unread)) : "";
    this.#path.setAttribute("d", this.#open ? CROSS : BUBBLE);
  }
}
