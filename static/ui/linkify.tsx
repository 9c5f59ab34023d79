import { Fragment } from "preact";

export interface Piece {
  text: string;
  href?: string;
}

const URL_LIKE = /\bhttps?:\/\/[^\s<>"'`]+/gi;

/** Cuts a text into plain pieces and web addresses. Only http and https become links, whatever was written. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(URL_LIKE)) {
    const address = trimmed(match[0]);
    const href = webAddress(address);
    if (href === null) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index) });
    found.push({ text: address, href });
    from = match.index + address.length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}

/** The address in full if it is a web page, else null: never `javascript:`, `data:` or the like. */
export function webAddress(raw: string): string | null {
  try {
    const url = new URL(raw);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

/** A sentence's full stop is not part of the address; a closing bracket is, if it was opened inside. */
function trimmed(address: string): string {
  let end = address.replace(/[.,;:!?…]+$/u, "");
  while (end.endsWith(")") && count(end, ")") > count(end, "(")) end = end.slice(0, -1).replace(/[.,;:!?…]+$/u, "");
  return end;
}

function count(text: string, letter: string): number {
  return text.split(letter).length - 1;
}

/** A text whose web addresses can be clicked. Everything stays a text node. */
export function Linked({ text }: { text: string }) {
  return (
    <>
      {pieces(text).map((piece, i) => (
        <Fragment key={i}>
          {piece.href === undefined ? piece.text : <a href={piece.href} target="_blank" rel="noopener noreferrer">{piece.text}</a>}
        </Fragment>
      ))}
    </>
  );
}
