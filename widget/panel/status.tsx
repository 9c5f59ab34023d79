import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { Texts } from "./texts.ts";
import type { View } from "./view.ts";
import type { Visit } from "./visit.ts";

/** Shorter losses are nobody's business; longer ones must be said. */
const SAY_AFTER_MS = 1_500;

/** One quiet line when what is shown may be old. */
export function Status({ view: { visit, texts } }: { view: View }) {
  const shown = useSignal("");
  const line = useComputed(() => lineOf(visit, texts));
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

function lineOf(visit: Visit, texts: Texts): string {
  const state = visit.session.state.value;
  switch (state.name) {
    case "open":
      return visit.behind.value ? texts.behind : visit.restored.value ? texts.restored : "";
    case "connecting":
      return texts.connecting;
    case "reconnecting":
      return texts.reconnecting;
    case "stopped":
      if (visit.trial) return texts.trialOver;
      if (state.code === 4504) return texts.tooManyTabs;
      return state.code === 4503 || state.reason === "not_found" ? texts.notHere : texts.stopped;
    default:
      return "";
  }
}
