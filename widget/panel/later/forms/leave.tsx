import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { RequestError } from "../../../client/request-error.ts";
import { Field, standing } from "../../intro.tsx";
import { announcement, type View } from "../../view.ts";
import { wordsOf } from "./words.ts";

/** In place of where one writes: a message for later, and how to answer it. */
export function Leave({ view, back }: { view: View; back: () => void }) {
  const { visit, texts } = view;
  const words = wordsOf(view.language);
  const form = useRef<HTMLFormElement>(null);
  const text = useSignal(visit.refused().map((item) => item.draft.text).concat(view.draft.get()).join("\n").trim());
  const state = useSignal<"" | "sending" | "failed">("");
  useEffect(() => form.current?.querySelector<HTMLElement>("input")?.focus(), []);
  // Kept as any draft is: it is still there for whoever goes back to the chat.
  const change = (value: string) => {
    text.value = value;
    view.draft.set(value);
  };
  const send = async () => {
    if (state.value === "sending") return;
    state.value = "sending";
    const { department, form: said } = visit.choice.value;
    const fields = Object.fromEntries(Object.entries(said).map(([name, value]) => [name, value.trim()]).filter(([, value]) => value !== ""));
    visit.choice.value = { department: department ?? standing(visit.state.value.site?.departments ?? []), form: said };
    try {
      await visit.leave(text.value.trim(), fields, () => view.draft.set(""));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      state.value = "failed";
      return;
    }
    announcement.value = { text: `${texts.leftTaken}. ${texts.leftNext}` };
    view.refocus();
    back();
  };
  return (
    <form ref={form} class="composer leave" onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <p>{words.leaveLead}</p>
      <Field view={view} name="name" label={texts.name} type="text" autocomplete="name" />
      <Field view={view} name="email" label={texts.email} type="email" autocomplete="email" required />
      <label class="field">
        <span>{words.message}</span>
        <textarea rows={3} dir="auto" required maxLength={visit.session.limits.value?.text_chars ?? 8_000} value={text.value} onInput={(event) => change(event.currentTarget.value)} />
      </label>
      <p class="meta failed" role="alert">{state.value === "failed" && texts.failed}</p>
      <div class="write">
        <button type="button" class="quiet" onClick={() => { back(); view.refocus(); }}>{words.back}</button>
        <button type="submit" class="main">{state.value === "sending" ? texts.sending : texts.leave}</button>
      </div>
    </form>
  );
}
