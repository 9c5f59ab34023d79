import { render } from "preact";

/** Placeholder until the panel is written. */
export function mount(host: HTMLElement | ShadowRoot): void {
  render(<p>Frontdesk</p>, host);
}
