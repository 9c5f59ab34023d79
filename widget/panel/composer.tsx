import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icons.tsx";
import { allowSound } from "./sound.ts";
import { standing } from "./intro.tsx";
import type { View } from "./view.ts";

const TEXT_CHARS = 8_000;
const MOST_ROWS = 6;
/** From here on the characters left are counted. */
const NEAR_LIMIT = 200;

/** Where the visitor writes. What is typed is kept until it is queued, whatever the connection does. */
export function Composer({ view }: { view: View }) {
  const { visit, texts } = view;
  const text = useSignal(view.draft.get());
  const full = useSignal(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const most = visit.session.limits.value?.text_chars ?? TEXT_CHARS;
  const left = most - text.value.length;
  useRows(area, text.value);
  useLayoutEffect(() => {
    const element = area.current;
    return () => {
      // The conversation ended while the visitor was in here.
      if (element !== null && (element.getRootNode() as ShadowRoot).activeElement === element) view.refocus();
    };
  }, []);
  const change = (value: string) => {
    text.value = value;
    full.value = false;
    view.draft.set(value);
  };
  const send = () => {
    const value = text.value.trim();
    area.current?.focus();
    if (value === "") return;
    allowSound();
    choose(view);
    if (visit.say(value)) change("");
    else full.value = true;
  };
  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); send(); }}>
      {(left <= NEAR_LIMIT || full.value) && <p class="meta" role="status">{full.value ? texts.full : texts.left(left)}</p>}
      <div class="write">
        <textarea
          ref={area}
          rows={1}
          dir="auto"
          maxLength={most}
          value={text.value}
          aria-label={texts.write}
          placeholder={texts.write}
          enterkeyhint="send"
          onInput={(event) => { change(event.currentTarget.value); visit.key(event.currentTarget.value); }}
          onKeyDown={(event) => {
            // While an input method composes, Enter chooses a word.
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <button type="submit" class="send" aria-label={texts.send} title={texts.send}><Icon name="send" /></button>
      </div>
    </form>
  );
}

/** The choice as it was shown is the choice that was made. */
function choose({ visit }: View): void {
  const department = visit.choice.value.department ?? standing(visit.state.value.site?.departments ?? []);
  if (department !== visit.choice.value.department) visit.choice.value = { ...visit.choice.value, department };
}

/** Grows with the text, by rows: a height in pixels would need a style attribute, which strict pages forbid. */
function useRows(area: { current: HTMLTextAreaElement | null }, text: string): void {
  const fit = () => {
    const element = area.current;
    if (element === null) return;
    element.rows = 1;
    while (element.rows < MOST_ROWS && element.scrollHeight > element.clientHeight + 1) element.rows += 1;
  };
  useLayoutEffect(fit, [text]);
  useEffect(() => {
    addEventListener("resize", fit);
    return () => removeEventListener("resize", fit);
  }, []);
}
