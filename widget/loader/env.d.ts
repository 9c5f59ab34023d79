/** The panel's file beside the loader, with its version: put in by tools/pages.mjs. */
declare const __PANEL_URL__: string;
