import { render } from "preact";
import { Show } from "./show.tsx";

// The shop has three pages in one file. Its links are real ones, so that every click is a page change that the
// conversation in the corner has to survive.
const wanted = new URLSearchParams(location.search).get("page") ?? "home";
const pages = [...document.querySelectorAll<HTMLElement>("[data-shown]")];
const page = pages.some((one) => one.dataset["shown"] === wanted) ? wanted : "home";

for (const one of pages) one.hidden = one.dataset["shown"] !== page;
for (const link of document.querySelectorAll<HTMLElement>("[data-page]")) {
  if (link.dataset["page"] === page) link.setAttribute("aria-current", "page");
}

const heading = document.querySelector<HTMLElement>(`[data-shown="${page}"] h1`)?.textContent;
if (page !== "home" && heading) document.title = `${heading} – Paperwren`;

const command = document.getElementById("bot-command");
if (command !== null) command.textContent = `FRONTDESK_URL=${location.origin} ${command.textContent}`;

const show = document.getElementById("show");
if (show !== null) render(<Show />, show);
