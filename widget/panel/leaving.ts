import { served } from "./intro.tsx";
import type { Visit } from "./visit.ts";

/** Whether a message for later makes sense: nobody is here, or the first message was not taken. */
export function mayLeave(visit: Visit): boolean {
  const { conversation, site } = visit.state.value;
  if (visit.trial) return false;
  if (conversation === null) {
    const departments = site?.departments ?? [];
    return (departments.length > 0 && !departments.some(served)) || visit.refused().length > 0;
  }
  return conversation.left !== true && conversation.queue?.serving === false;
}
