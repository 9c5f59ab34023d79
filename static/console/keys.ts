// The keyboard: one table, read by the listener and by the list of shortcuts, so that they cannot disagree.

export type Deed = "accept" | "decline" | "next" | "previous" | "write" | "note" | "shut" | "help";

/** What of a KeyboardEvent decides. */
export interface Press {
  key: string;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  repeat: boolean;
}

/** Where the press happened: in a text field, on something that Enter activates, or just on the page. */
export type Place = "text" | "control" | "page";

export const SHORTCUTS: readonly { keys: readonly string[]; does: string }[] = [
  { keys: ["Enter", "Alt Enter"], does: "Accept what rings on top" },
  { keys: ["D"], does: "Decline it" },
  { keys: ["J", "Alt ↓"], does: "Next conversation" },
  { keys: ["K", "Alt ↑"], does: "Previous conversation" },
  { keys: ["/"], does: "Write" },
  { keys: ["Alt N"], does: "Write a note instead of an answer" },
  { keys: ["Esc"], does: "Close what is open" },
  { keys: ["?"], does: "This list" },
];

/** What a press asks for. Single keys mean nothing while somebody writes, so that no letter ever declines a visitor. */
export function deedOf(press: Press, place: Place): Deed | null {
  if (press.ctrlKey || press.metaKey) return null;
  if (press.altKey) return withAlt(press.key);
  if (press.key === "Escape") return "shut";
  if (place === "text" || press.repeat) return null;
  if (press.key === "Enter") return place === "page" ? "accept" : null;
  return SINGLE[press.key.length === 1 ? press.key.toLowerCase() : press.key] ?? null;
}

const SINGLE: Readonly<Record<string, Deed>> = { d: "decline", j: "next", k: "previous", "/": "write", "?": "help" };

function withAlt(key: string): Deed | null {
  if (key === "Enter") return "accept";
  if (key === "ArrowDown") return "next";
  if (key === "ArrowUp") return "previous";
  return key.toLowerCase() === "n" ? "note" : null;
}

/** Where an event's target belongs. */
export function placeOf(target: EventTarget | null): Place {
  if (!(target instanceof Element)) return "page";
  if (target.closest("input, textarea, select, [contenteditable]") !== null) return "text";
  return target.closest("button, a[href], summary, [role=menuitem], [role=menuitemradio], [role=option]") !== null ? "control" : "page";
}
