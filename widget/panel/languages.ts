import type { Texts } from "./texts.ts";
import { da } from "./words/da.ts";
import { de } from "./words/de.ts";
import { en } from "./words/en.ts";

/** The languages of the widget; the first is spoken where no wish can be met. A panel is built with one of them: tools/pages.mjs. */
export const TEXTS: { [language: string]: Texts } = { en, da, de };
