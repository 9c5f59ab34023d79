/** A text cut into plain parts and links. Only web and mail addresses become links, whatever is written. */
export interface Part {
  text: string;
  href: string | null;
}

const CANDIDATE = /\b(?:https?:\/\/|mailto:)[^\s<>"'`{}|\\^]+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu;

export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const found = trimmed(match[0]);
    const href = safe(/^(https?:|mailto:)/i.test(found) ? found : `mailto:${found}`);
    if (href === null) continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index), href: null });
    parts.push({ text: found, href });
    from = match.index + found.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), href: null });
  return parts;
}

/** The end of a sentence is not the end of an address; a bracket belongs to it only if it was opened in it. */
function trimmed(found: string): string {
  let end = found.replace(/[.,;:!?…]+$/u, "");
  while (end.endsWith(")") && end.split(")").length > end.split("(").length) end = end.slice(0, -1).replace(/[.,;:!?…]+$/u, "");
  return end;
}

/** The address if it is of the web or of mail, as the browser reads it; else null. */
export function safe(address: string): string | null {
  try {
    const url = new URL(address);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
