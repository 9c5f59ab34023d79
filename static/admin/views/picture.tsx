// How each method fills slots, drawn: three people with three slots each, what they hold already, and where the next
// three conversations go. Decoration: the sentence beside it says the same.
import type { Method } from "../records.ts";

const HELD = [2, 1, 0];

/** Column of the first, second and third new conversation. */
const NEXT: Readonly<Record<Exclude<Method, "ring_all" | "random">, readonly number[]>> = {
  average_utilization: [2, 1, 2],
  max_utilization: [0, 1, 1],
  priority: [2, 2, 2],
  round_robin: [1, 2, 0],
  longest_idle: [2, 0, 1],
};

/** What stands over a column where it is what decides. */
const OVER: Readonly<Partial<Record<Method, readonly string[]>>> = {
  priority: ["2nd", "3rd", "1st"],
  longest_idle: ["2′", "1′", "5′"],
  round_robin: ["→", "→", "↺"],
};

const X = [4, 38, 72];
const Y = (slot: number): number => 49 - slot * 14;

export function Picture({ method }: { method: Method }) {
  return (
    <svg class="picture" viewBox="0 0 104 64" aria-hidden="true">
      {X.map((x, i) => (
        <g key={x}>
          <text class="over" x={x + 14} y="14">{OVER[method]?.[i] ?? ""}</text>
          {[0, 1, 2].map((slot) => <rect key={slot} class={slot < (HELD[i] ?? 0) ? "held" : "free"} x={x} y={Y(slot)} width="28" height="11" rx="3" />)}
        </g>
      ))}
      {method === "ring_all" && <Rings />}
      {method === "random" && <Lots />}
      {method !== "ring_all" && method !== "random" && <Order columns={NEXT[method]} />}
    </svg>
  );
}

function Order({ columns }: { columns: readonly number[] }) {
  const height = [...HELD];
  return (
    <>
      {columns.map((column, i) => {
        const slot = height[column] ?? 0;
        height[column] = slot + 1;
        return <Slot key={i} x={X[column] ?? 0} y={Y(slot)} look="next" text={String(i + 1)} />;
      })}
    </>
  );
}

function Rings() {
  return (
    <>
      {X.map((x, i) => <Slot key={x} x={x} y={Y(HELD[i] ?? 0)} look={i === 1 ? "next" : "rings"} text={i === 1 ? "1" : "♪"} />)}
    </>
  );
}

function Lots() {
  return <>{X.map((x, i) => <Slot key={x} x={x} y={Y(HELD[i] ?? 0)} look="maybe" text="?" />)}</>;
}

function Slot({ x, y, look, text }: { x: number; y: number; look: string; text: string }) {
  return (
    <g class={look}>
      <rect x={x} y={y} width="28" height="11" rx="3" />
      <text x={x + 14} y={y + 8.6}>{text}</text>
    </g>
  );
}
