import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { browserClock } from "../../../widget/client/clock.ts";
import type { Conversation } from "../../../widget/client/generated.ts";
import { TypingOut } from "../../../widget/client/typing.ts";
import { Button } from "../../ui/button.tsx";
import { shortName } from "../attention.ts";
import { usePlace } from "./desk-context.ts";

/** How near the limit one must be to be told of it. */
const TELL_AT = 0.9;

/** Where one writes. The draft belongs to the conversation; leaving and coming back finds it. */
export function Composer({ conversation }: { conversation: Conversation }) {
  const { desk, panels } = usePlace();
  const { text, note } = panels.draft(conversation.id);
  const area = useRef<HTMLTextAreaElement>(null);
  const typing = useTyping(conversation.id);
  const limit = desk.textLimit;
  const length = [...text].length;
  const sendable = text.trim() !== "" && length <= limit;

  const aimed = panels.aim.value === conversation.id;

  useEffect(() => grow(area.current), [text]);
  useLayoutEffect(() => {
    if (!aimed) return;
    area.current?.focus();
    panels.aim.value = null;
  }, [aimed]);

  const send = (): void => {
    if (!sendable || !desk.write(conversation.id, text.trim(), note)) return;
    typing.sent();
    panels.write(conversation.id, { text: "", note: false });
    area.current?.focus();
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.altKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  const wrote = (value: string): void => {
    panels.write(conversation.id, { text: value });
    if (note || value === "") typing.stop();
    else typing.key();
  };
  const who = shortName(conversation.visitor);
  return (
    <div class={note ? "composer noting" : "composer"}>
      <textarea
        ref={area} class="input" rows={2} value={text} dir="auto"
        aria-label={note ? "A note, only for the team" : `Write to ${who}`}
        placeholder={note ? "A note, only for the team" : `Write to ${who}`}
        onInput={(event) => wrote(event.currentTarget.value)} onKeyDown={pressed} onBlur={() => typing.stop()}
      />
      <div class="tools">
        <Button small pressed={note} keys="Alt+N" onClick={() => { panels.write(conversation.id, { note: !note }); area.current?.focus(); }}>
          Note<kbd aria-hidden="true">Alt N</kbd>
        </Button>
        <span class="grow" />
        {length > limit * TELL_AT && <span class={length > limit ? "time late" : "time"} role="status">{limit - length} left</span>}
        <span class="hint">{note ? "Enter adds the note" : "Enter sends"}</span>
        <Button look="main" disabled={!sendable} onClick={send}>{note ? "Add note" : "Send"}</Button>
      </div>
    </div>
  );
}

function useTyping(conversation: string): TypingOut {
  const { desk } = usePlace();
  const out = useRef<TypingOut | null>(null);
  out.current ??= new TypingOut(browserClock, (active) => desk.typing(conversation, active));
  const typing = out.current;
  useEffect(() => () => typing.stop(), []);
  return typing;
}

/** As high as what is written, up to the style sheet's limit. */
function grow(area: HTMLTextAreaElement | null): void {
  if (area === null) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}
