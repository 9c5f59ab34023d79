// Looking on: a supervisor sees one conversation of somebody else, as long as it is in front. The server forgets it with
// the connection, so it is asked for anew after each reconnect.
import { signal } from "@preact/signals";
import type { AcceptedReply, Conversation, ConversationWatch } from "../../widget/client/generated.ts";

export interface Line {
  ask(frame: Omit<ConversationWatch, "id">): Promise<AcceptedReply>;
}

export class Watching {
  /** What one looks on at, as it was last told; closed ones too, until one looks away. */
  readonly seen = signal<Conversation | null>(null);
  readonly #line: Line;

  constructor(line: Line) {
    this.#line = line;
  }

  is(conversation: string | null): boolean {
    return conversation !== null && this.seen.value?.id === conversation;
  }

  /** Looks on from now; the answer has what was said so far. Raises a `RequestError`. */
  async begin(conversation: string): Promise<AcceptedReply> {
    return this.#line.ask({ do: "conversation.watch", conversation });
  }

  /** It is told anew how it stands. */
  changed(conversation: Conversation): void {
    if (this.is(conversation.id)) this.seen.value = conversation;
  }

  /** Looks away; which one it was. */
  end(): string | null {
    const { value } = this.seen;
    if (value === null) return null;
    this.seen.value = null;
    // Of a closed one nothing more would come.
    if (value.state !== "closed") this.#line.ask({ do: "conversation.watch", conversation: value.id, active: false }).catch(() => undefined);
    return value.id;
  }
}
