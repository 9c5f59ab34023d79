import type { Hold, Slots as Count } from "../../widget/client/generated.ts";

type Kind = Hold["kind"] | "free";
const ORDER: readonly Hold["kind"][] = ["active", "wrap_up", "offer"];
const SAID: Record<Kind, string> = { active: "active", wrap_up: "wrap-up", offer: "ringing", free: "free" };

/** One mark per slot, what is held first. A lowered limit may leave more held than there is room for. */
export function marks(holds: readonly Hold[], max: number): Kind[] {
  const held = ORDER.flatMap((kind) =>
    holds.filter((hold) => hold.kind === kind).flatMap((hold) => Array<Kind>(hold.cost).fill(kind)),
  );
  return held.concat(Array<Kind>(Math.max(0, max - held.length)).fill("free"));
}

/** The agent's slots, drawn one by one and said in words. */
export function Slots({ holds, slots }: { holds: readonly Hold[]; slots: Count }) {
  const drawn = marks(holds, slots.max);
  const kinds: readonly Kind[] = [...ORDER, "free"];
  const parts = kinds
    .map((kind) => ({ kind, n: drawn.filter((mark) => mark === kind).length }))
    .filter(({ n }) => n > 0)
    .map(({ kind, n }) => `${n} ${SAID[kind]}`);
  const said = `${slots.used} of ${slots.max}`;
  return (
    <span class="slots" role="img" aria-label={`${said} slots held: ${parts.join(", ")}`} title={parts.join(", ")}>
      {drawn.map((kind, i) => <i key={i} class={`slot ${kind}`} />)}
      <span class="said">{said}</span>
    </span>
  );
}
