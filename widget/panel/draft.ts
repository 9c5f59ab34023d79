import type { Conversation } from "../client/generated.ts";
import type { Draft, Item } from "../client/outbox.ts";
import { isOpen } from "./state.ts";

/** What the visitor chose before the first message. */
export interface Choice {
  department: string | null;
  form: { [field: string]: string };
}

/** How a text goes out: into the open conversation, behind a start that is under way, or as the start itself. */
export function draftOf(text: string, conversation: Conversation | null, items: readonly Item[], choice: Choice): Draft {
  if (isOpen(conversation)) return { do: "message.send", conversation: conversation.id, text };
  const starting = items.some((item) => item.draft.do === "conversation.start" && item.state !== "failed" && item.stored === null);
  if (starting) return { do: "message.send", conversation: null, text };
  const form = Object.fromEntries(Object.entries(choice.form).filter(([, value]) => value.trim() !== ""));
  return {
    do: "conversation.start",
    text,
    ...(choice.department === null ? {} : { department: choice.department }),
    ...(Object.keys(form).length === 0 ? {} : { form }),
  };
}
