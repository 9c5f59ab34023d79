import { signal, type ReadonlySignal } from "@preact/signals";

/** A part of the panel that few visitors need: fetched when one does. The panel works without it, only with less. */
export interface Later<T> {
  readonly part: ReadonlySignal<T | null>;
  /** It could not be fetched; `load` tries again. */
  readonly failed: ReadonlySignal<boolean>;
  load(): void;
}

// Each of these is a file of its own beside the panel (tools/pages.mjs), told from the others by these very words.
export const forms = later(() => import("./later/forms.tsx"));
export const cards = later(() => import("./later/cards.tsx"));

function later<T>(fetched: () => Promise<T>): Later<T> {
  const part = signal<T | null>(null);
  const failed = signal(false);
  let asked = false;
  const load = () => {
    if (asked) return;
    asked = true;
    failed.value = false;
    fetched().then(
      (found) => (part.value = found),
      () => {
        asked = false;
        failed.value = true;
      },
    );
  };
  return { part, failed, load };
}
