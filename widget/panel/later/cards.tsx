// Fetched when a bot first shows more than words: cards, and quick replies.
import { safe } from "../links.ts";
import { Linked } from "../message.tsx";
import type { Message } from "../rows.ts";
import { announcement, type View } from "../view.ts";
import type { Card, Link } from "../../client/generated.ts";
import { wordsOf } from "./cards/words.ts";

export { default as css } from "./cards/cards.css?inline";

/** Everything here is a bot's, and as hostile as a visitor's: texts become nodes, addresses are web addresses or nothing. */
export function Beside({ view, row, offers }: { view: View; row: Message; offers: boolean }) {
  return (
    <>
      {row.cards.map((card, index) => <OneCard key={index} view={view} card={card} offers={offers} />)}
      {offers && <Replies view={view} replies={row.replies} />}
    </>
  );
}

function OneCard({ view, card: { title, text = "", links = [], replies = [] }, offers }: { view: View; card: Card; offers: boolean }) {
  return (
    <article class="card" dir="auto">
      <p><b>{title}</b></p>
      {text !== "" && <p class="text"><Linked text={text} /></p>}
      {links.map((link: Link, index: number) => <Lead key={index} {...link} />)}
      {offers && <Replies view={view} replies={replies} />}
    </article>
  );
}

/** Where it leads is said beside what the bot calls it. */
function Lead({ text, url }: Link) {
  const href = safe(url);
  if (href === null || !/^https?:/.test(href)) return null;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      <span>{text}</span> <small dir="ltr">{new URL(href).host}</small>
    </a>
  );
}

function Replies({ view, replies }: { view: View; replies: readonly string[] }) {
  if (replies.length === 0) return null;
  const say = (text: string) => {
    if (!view.visit.say(text)) announcement.value = { text: view.texts.full };
    view.refocus();
  };
  return (
    <div class="replies" role="group" aria-label={wordsOf(view.language).replies}>
      {replies.map((text, index) => <button key={index} type="button" onClick={() => say(text)}>{text}</button>)}
    </div>
  );
}
