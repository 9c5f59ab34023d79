import { served, wishedOf } from "./intro.tsx";
import type { Visit } from "./visit.ts";

/** Whether a message for later makes sense: nobody is where it would go, or the first message was not taken. */
export function mayLeave(visit: Visit): boolean {
  const { conversation, site } = visit.state.value;
  if (visit.trial) return false;
  if (conversation === null) {
    const wished = wishedOf(site?.departments ?? [], visit.choice.value.department);
    return (wished !== undefined && !served(wished)) || visit.refused().length > 0;
  }
  return conversation.left !== true && conversation.queue?.serving === false;
}
