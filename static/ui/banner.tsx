import type { ComponentChildren } from "preact";

/** One quiet line across the page. Polite: it says what is, it does not interrupt. */
export function Banner({ tone = "plain", children }: { tone?: "plain" | "warn" | "bad" | "ring"; children: ComponentChildren }) {
  return <div class={`banner ${tone}`} role="status">{children}</div>;
}
