import type { Card, Entry } from "../../widget/client/generated.ts";
import { Linked, webAddress } from "./linkify.tsx";

/** What a bot showed beside its words, to look at. All of it is text, whatever it looks like; links are web addresses or none. */
export function Shown({ cards = [], replies = [] }: Pick<Entry, "cards" | "replies">) {
  return (
    <>
      {cards.map((card, i) => <OneCard key={i} {...card} />)}
      <Offered replies={replies} />
    </>
  );
}

function OneCard({ title, text = "", links = [], replies = [] }: Card) {
  return (
    <div class="bot-card" dir="auto">
      <b>{title}</b>
      {text !== "" && <p><Linked text={text} /></p>}
      {links.length > 0 && <ul>{links.map((link, i) => <li key={i}><Lead {...link} /></li>)}</ul>}
      <Offered replies={replies} />
    </div>
  );
}

/** Where it leads is said beside what the bot calls it. */
function Lead({ text, url }: { text: string; url: string }) {
  const href = webAddress(url);
  if (href === null) return <>{text}</>;
  return <><a href={href} target="_blank" rel="noopener noreferrer">{text}</a> <small class="soft" dir="ltr">{new URL(href).host}</small></>;
}

/** What the visitor could press. */
function Offered({ replies }: { replies: readonly string[] }) {
  if (replies.length === 0) return null;
  return <p class="offered"><span class="unseen">Offered as answers: </span>{replies.map((reply, i) => <span key={i} class="reply" dir="auto">{reply}</span>)}</p>;
}
