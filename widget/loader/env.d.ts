/** The panel's address beside the loader, with its version, by language: put in by tools/pages.mjs. */
declare const __PANELS__: { [language: string]: string };
