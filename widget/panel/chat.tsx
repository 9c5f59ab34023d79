import css from "./chat.css?inline";
import { createPanel } from "./main.tsx";

// The panel as a page of its own: /chat/<site>.
const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

/** A try-out of a bot, opened from the settings page. In the fragment, which no server and no log ever sees. */
const trial = /^#trial=(.+)$/.exec(location.hash)?.[1];
const wishes = new URLSearchParams(location.search);
const panel = createPanel(
  {
    site: decodeURIComponent(location.pathname.split("/")[2] ?? ""),
    base: location.origin,
    mode: "page",
    language: wishes.get("language") ?? navigator.language,
    side: null,
    accent: wishes.get("accent"),
    rtl: wishes.get("dir") === "rtl",
    ...(trial === undefined ? {} : { trial: decodeURIComponent(trial) }),
    unread: () => undefined,
    minimised: () => undefined,
    message: () => undefined,
  },
  document.body,
);
panel.show(true);
