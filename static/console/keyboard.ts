// The listener behind the table of keys.
import { inOrder } from "./attention.ts";
import type { Desk } from "./desk.ts";
import { deedOf, placeOf, type Deed } from "./keys.ts";
import type { Panels } from "./panels.ts";

/** Listens until the returned function is called. */
export function listen(desk: Desk, panels: Panels): () => void {
  const pressed = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || document.querySelector("[role=menu]") !== null) return;
    const deed = deedOf(event, placeOf(event.target));
    if (deed === null || (panels.open.value === "shortcuts" && deed !== "help")) return;
    if (perform(deed, desk, panels)) event.preventDefault();
  };
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}

/** Does it; false when there was nothing to do, so that the key keeps its usual meaning. */
function perform(deed: Deed, desk: Desk, panels: Panels): boolean {
  const offer = desk.offers.value[0];
  const conversation = desk.selected.value;
  const writing = placeOf(document.activeElement) === "text";
  switch (deed) {
    case "accept":
    case "decline":
      if (offer === undefined || desk.connection.value.name !== "open") return false;
      void (deed === "accept" ? desk.accept(offer).then(() => panels.aimAt(offer.conversation.id)) : desk.decline(offer));
      return true;
    case "next":
      return walk(desk, panels, 1, writing);
    case "previous":
      return walk(desk, panels, -1, writing);
    case "write":
      panels.aimAt(conversation);
      return conversation !== null;
    case "note":
      if (conversation === null) return false;
      panels.write(conversation, { note: !panels.draft(conversation).note });
      panels.aimAt(conversation);
      return true;
    case "shut":
      return shut(panels);
    case "help":
      panels.toggle("shortcuts");
      return true;
  }
}

/** Whoever was writing goes on writing in the next conversation; whoever walks by J and K keeps walking. */
function walk(desk: Desk, panels: Panels, by: 1 | -1, writing: boolean): boolean {
  const ids = inOrder(desk.sections.value).map((item) => item.conversation.id);
  const at = ids.indexOf(desk.selected.value ?? "");
  const to = at === -1 ? (by === 1 ? ids[0] : ids.at(-1)) : ids[(at + by + ids.length) % ids.length];
  if (to === undefined) return false;
  desk.select(to);
  if (writing) panels.aimAt(to);
  return true;
}

function shut(panels: Panels): boolean {
  if (panels.open.value !== null) {
    panels.open.value = null;
    return true;
  }
  // Out of the text field, so that Enter and D belong to what rings again.
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  return false;
}
