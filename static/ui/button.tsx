import type { ComponentChildren } from "preact";

interface Props {
  children: ComponentChildren;
  onClick?: (() => void) | undefined;
  look?: "plain" | "main" | "bare";
  small?: boolean;
  disabled?: boolean;
  pressed?: boolean;
  type?: "button" | "submit";
  title?: string;
  label?: string;
  keys?: string;
  expanded?: boolean;
}

/** A button that never submits by accident. */
export function Button({ children, onClick, look = "plain", small, disabled, pressed, type, title, label, keys, expanded }: Props) {
  const names = ["button", look !== "plain" && look, small && "small"].filter(Boolean).join(" ");
  return (
    <button
      type={type ?? "button"}
      class={names}
      onClick={onClick}
      disabled={disabled === true}
      {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
      {...(expanded === undefined ? {} : { "aria-expanded": expanded })}
      {...(title === undefined ? {} : { title })}
      {...(label === undefined ? {} : { "aria-label": label })}
      {...(keys === undefined ? {} : { "aria-keyshortcuts": keys })}
    >
      {children}
    </button>
  );
}
