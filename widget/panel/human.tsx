import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { View } from "./view.ts";

/** The way to people, as long as a bot answers. What came of it stands in the conversation; here only what did not arrive. */
export function Human({ view }: { view: View }) {
  const { visit, texts } = view;
  const state = useSignal<"" | "asking" | "failed">("");
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const element = button.current;
    return () => {
      if (element !== null && (element.getRootNode() as ShadowRoot).activeElement === element) view.refocus();
    };
  }, []);
  const ask = async () => {
    if (state.value === "asking") return;
    state.value = "asking";
    try {
      await visit.human();
      state.value = "";
    } catch {
      state.value = "failed";
    }
  };
  return (
    <>
      <button ref={button} type="button" class="quiet instead" aria-disabled={state.value === "asking"} onClick={() => void ask()}>{texts.human}</button>
      {state.value === "failed" && <p class="event failed" role="alert">{texts.humanFailed}</p>}
    </>
  );
}
