import type { Candidate, Why } from "../../widget/client/generated.ts";
import { reasonSentence } from "./reasons.ts";

/** Everybody who was looked at: who was chosen, who came next, and why each of the others could not. */
export function Candidates({ why, label }: { why: Pick<Why, "candidates" | "chosen" | "runner_up" | "excluded" | "takeable">; label: string }) {
  const { candidates, chosen, runner_up } = why;
  const listed = candidates.filter((one) => one.excluded !== "not_member");
  const outside = candidates.length - listed.length;
  if (candidates.length === 0) return <p class="soft">{why.takeable} could take it. The table of everybody is kept for small teams only.</p>;
  return (
    <div class="candidates-frame">
      <table class="candidates" aria-label={label}>
        <thead><tr><th scope="col">Agent</th><th scope="col">Running</th><th scope="col">Slots</th><th scope="col">Priority</th><th scope="col">Could take it?</th></tr></thead>
        <tbody>
          {[...listed].sort((one, other) => rank(one, chosen, runner_up) - rank(other, chosen, runner_up)).map((one) => (
            <tr key={one.agent.id} class={one.agent.id === chosen?.agent.id ? "is-chosen" : one.excluded === null ? "" : "is-out"}>
              <th scope="row">{one.agent.name}</th>
              <td>{one.running}</td>
              <td>{one.used}/{one.max}</td>
              <td>{one.priority}</td>
              <td>{verdict(one, chosen, runner_up)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {outside > 0 && <p class="soft outside">{outside === 1 ? "One more is" : `${outside} more are`} not in this department.</p>}
    </div>
  );
}

function rank(one: Candidate, chosen: Candidate | null, next: Candidate | null): number {
  if (one.agent.id === chosen?.agent.id) return 0;
  if (one.agent.id === next?.agent.id) return 1;
  return one.excluded === null ? 2 : 3;
}

function verdict(one: Candidate, chosen: Candidate | null, next: Candidate | null): string {
  const preferred = one.preference ?? 0;
  const likes = preferred > 0 ? `, preferred skills ${preferred}` : "";
  if (one.agent.id === chosen?.agent.id) return `Chosen${likes}`;
  if (one.agent.id === next?.agent.id) return `Yes, next in turn${likes}`;
  return one.excluded === null ? `Yes${likes}` : reasonSentence(one.excluded);
}
