import { useMemo } from "preact/hooks";
import { post } from "../ui/accounts.ts";
import { Button } from "../ui/button.tsx";
import { NOTHING, Stream, VISITORS, type Counts } from "./stream.ts";

/** Kills the server under visitors who write, and shows side by side what they were told and what is there. */
export function Kill() {
  const stream = useMemo(
    () =>
      new Stream({
        url: `${location.origin.replace(/^http/, "ws")}/ws/visitor`,
        site: "demo",
        kill: () => post("/demo/kill", {}),
        stored: async (conversations) => ((await post("/demo/stored", { conversations })) as { messages: string[] }).messages,
      }),
    [],
  );
  const counts = stream.counts.value;
  const busy = counts.phase === "writing" || counts.phase === "away" || counts.phase === "back";
  return (
    <section class="kill" aria-label="Kill the server and watch">
      <Button onClick={() => void stream.run()} disabled={busy}>Kill the server and watch</Button>
      <p class="small" role="status">{words(counts)}</p>
      {counts !== NOTHING && (
        <dl class="counts">
          <Count of="Sent" is={counts.sent} />
          <Count of="Acknowledged" is={counts.acknowledged} />
          <Count of="In the database" is={counts.stored} />
          <Count of="Lost" is={counts.lost} verdict />
          <Count of="Doubled" is={counts.doubled} verdict />
          <Count of="Away" is={counts.awayMs === null ? null : `${(counts.awayMs / 1000).toFixed(1)} s`} />
        </dl>
      )}
    </section>
  );
}

/** `verdict`: anything but nothing is bad. */
function Count({ of, is, verdict = false }: { of: string; is: number | string | null; verdict?: boolean }) {
  const look = !verdict || is === null ? "" : is === 0 ? "is-good" : "is-bad";
  return <div><dt>{of}</dt><dd class={look}>{is ?? "–"}</dd></div>;
}

function words({ phase, lost, doubled, sent, acknowledged }: Counts): string {
  switch (phase) {
    case "idle":
      return `${VISITORS} visitors write without pause. The server is killed with SIGKILL, started again, and everything is counted.`;
    case "writing":
      return `${VISITORS} visitors write. In a moment the server dies.`;
    case "away":
      return "The server is dead. They write on: it is kept.";
    case "back":
      return "It is back. What waited is sent.";
    case "gone":
      return "It did not come back in time. Look at the terminal it runs in.";
    case "done":
      if (lost === 0 && doubled === 0 && sent === acknowledged) return "Nothing was lost, nothing came twice.";
      return [lost !== 0 && `${lost} were lost.`, doubled !== 0 && `${doubled} came twice.`, sent !== acknowledged && `${sent - acknowledged} were refused.`].filter(Boolean).join(" ");
  }
}
