import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { SessionState } from "../client/session.ts";
import type { Texts } from "./texts.ts";
import type { View } from "./view.ts";

/** Shorter losses are nobody's business; longer ones must be said. */
const SAY_AFTER_MS = 1_500;

/** One quiet line when what is shown may be old. */
export function Status({ view: { visit, texts } }: { view: View }) {
  const shown = useSignal("");
  const line = useComputed(() => lineOf(visit.session.state.value, visit.behind.value, visit.restored.value, texts));
  const stopped = useComputed(() => visit.session.state.value.name === "stopped");
  useSignalEffect(() => {
    const text = line.value;
    const soon = text === "" || stopped.value || shown.peek() !== "";
    const timer = setTimeout(() => (shown.value = text), soon ? 0 : SAY_AFTER_MS);
    return () => clearTimeout(timer);
  });
  return (
    <p class="status" role="status">
      {shown.value}
    </p>
  );
}

function lineOf(state: SessionState, behind: boolean, restored: boolean, texts: Texts): string {
  switch (state.name) {
    case "open":
      return behind ? texts.behind : restored ? texts.restored : "";
    case "connecting":
      return texts.connecting;
    case "reconnecting":
      return texts.reconnecting;
    case "stopped":
      if (state.code === 4504) return texts.tooManyTabs;
      return state.code === 4503 || state.reason === "not_found" ? texts.notHere : texts.stopped;
    default:
      return "";
  }
}
