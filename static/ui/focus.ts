import { useLayoutEffect, useRef } from "preact/hooks";

/** A field that has the focus as soon as it is there: the agent just asked for it and types on. */
export function useFocus<E extends HTMLElement>(): { current: E | null } {
  const field = useRef<E>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  return field;
}
