import { useSignal } from "@preact/signals";
import { RequestError } from "../../../client/request-error.ts";
import type { View } from "../../view.ts";
import { wordsOf } from "./words.ts";

const COMMENT_CHARS = 2_000;

/** What the visitor thought of a conversation that is over. Nothing is sent before they say so; it can be changed. */
export function Rate({ view, conversation }: { view: View; conversation: string }) {
  const { visit } = view;
  const words = wordsOf(view.language);
  const given = visit.rating.value?.conversation === conversation ? visit.rating.value : null;
  const score = useSignal(given?.score ?? 0);
  const comment = useSignal(given?.comment ?? "");
  const changing = useSignal(given === null);
  const state = useSignal<"" | "sending" | "failed">("");
  const send = async () => {
    if (state.value === "sending" || score.value === 0) return;
    state.value = "sending";
    try {
      await visit.rate(conversation, score.value, comment.value.trim());
      changing.value = false;
      state.value = "";
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      state.value = "failed";
    }
  };
  return (
    <form class="rate" onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <p role="status">{!changing.value && given !== null && words.rateSent(words.scores[given.score - 1] ?? "")}</p>
      {changing.value ? (
        <>
          <fieldset class="scores">
            <legend>{words.rate}</legend>
            {words.scores.map((name, index) => (
              <label key={name}>
                <input type="radio" name="score" value={index + 1} checked={score.value === index + 1} onChange={() => (score.value = index + 1)} />
                <b aria-hidden="true">{index + 1}</b>
                <span>{name}</span>
              </label>
            ))}
          </fieldset>
          {score.value > 0 && (
            <>
              <label class="field">
                <span>{words.comment}</span>
                <textarea rows={2} dir="auto" maxLength={COMMENT_CHARS} value={comment.value} onInput={(event) => (comment.value = event.currentTarget.value)} />
              </label>
              <p class="meta failed" role="alert">{state.value === "failed" && words.rateFailed}</p>
              <button type="submit" class="main">{state.value === "sending" ? view.texts.sending : words.rateSend}</button>
            </>
          )}
        </>
      ) : (
        <button type="button" class="quiet" onClick={() => (changing.value = true)}>{words.rateChange}</button>
      )}
    </form>
  );
}
