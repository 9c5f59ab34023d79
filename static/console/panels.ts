// What is open on the screen, as opposed to what is true: panels, the note mode, drafts. One value per page.
import { signal } from "@preact/signals";

export type Open = "transfer" | "close" | "why" | "shortcuts" | "details" | "password" | null;

interface Draft {
  text: string;
  note: boolean;
}

const EMPTY: Draft = { text: "", note: false };

export class Panels {
  readonly open = signal<Open>(null);
  readonly drafts = signal<Readonly<Record<string, Draft>>>({});
  /** The conversation whose composer is to get the cursor as soon as it is there. */
  readonly aim = signal<string | null>(null);
  /** Somebody in line of whom a supervisor asks why they wait. */
  readonly asked = signal<{ id: string; name: string } | null>(null);
  readonly #key: string;

  constructor(agent: string) {
    this.#key = `frontdesk.drafts.${agent}`;
    this.drafts.value = this.#kept();
  }

  toggle(panel: Open): void {
    this.open.value = this.open.value === panel ? null : panel;
  }

  /** Not on a touch screen, where a keyboard would jump up over what is to be read. */
  aimAt(conversation: string | null): void {
    if (window.matchMedia("(hover: hover)").matches) this.aim.value = conversation;
  }

  draft(conversation: string): Draft {
    return this.drafts.value[conversation] ?? EMPTY;
  }

  /** Keeps what is being written; in this tab only, and over a reload. */
  write(conversation: string, change: Partial<Draft>): void {
    const draft = { ...this.draft(conversation), ...change };
    const { [conversation]: _old, ...rest } = this.drafts.value;
    this.drafts.value = draft.text === "" && !draft.note ? rest : { ...rest, [conversation]: draft };
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(this.drafts.value));
    } catch {
      // Forbidden or full: the drafts last as long as the page.
    }
  }

  erase(): void {
    try {
      sessionStorage.removeItem(this.#key);
    } catch {
      // Nothing was kept then.
    }
  }

  #kept(): Record<string, Draft> {
    try {
      return (JSON.parse(sessionStorage.getItem(this.#key) ?? "{}") ?? {}) as Record<string, Draft>;
    } catch {
      return {};
    }
  }
}
