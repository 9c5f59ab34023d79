import { useEffect, useRef } from "preact/hooks";

/** A field that has the focus when it appears, because the agent just asked for it. */
export function useFocus<E extends HTMLElement>(): { current: E | null } {
  const field = useRef<E>(null);
  useEffect(() => field.current?.focus(), []);
  return field;
}
