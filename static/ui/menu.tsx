import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";

interface Props {
  label: string;
  /** What the closed button shows. */
  face: ComponentChildren;
  look?: string;
  /** Lies over everything, beside the button: where the list would be cut off by what it stands in. */
  floating?: boolean;
  /** Drawn while open; `shut` closes and gives the focus back, unless a pointer picked: then no key aims at the button. */
  children: (shut: () => void) => ComponentChildren;
}

/** A button that opens a list of choices: arrows walk, letters jump, Escape and a click elsewhere close. */
export function Menu({ label, face, look = "button", floating = false, children }: Props) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const byPointer = useRef(false);
  const id = useId();

  const shut = (): void => {
    setOpen(false);
    if (byPointer.current) button.current?.blur();
    else button.current?.focus();
  };

  // Before the next key: one that comes later must find the focus in the list.
  useLayoutEffect(() => {
    if (!open) return;
    if (floating) placeBeside(list.current, button.current);
    const first = items(list.current).find((item) => item.getAttribute("aria-checked") === "true") ?? items(list.current)[0];
    first?.focus();
    const elsewhere = (event: PointerEvent): void => {
      const inside = event.target instanceof Node && (list.current?.contains(event.target) || button.current?.contains(event.target));
      if (!inside) setOpen(false);
    };
    document.addEventListener("pointerdown", elsewhere);
    return () => document.removeEventListener("pointerdown", elsewhere);
  }, [open]);

  const pressed = (event: KeyboardEvent): void => {
    byPointer.current = false;
    if (event.key === "Escape") {
      event.stopPropagation();
      shut();
    } else if (event.key === "Tab") {
      setOpen(false);
    } else if (walk(list.current, event)) {
      event.preventDefault();
    }
  };

  return (
    <span class="menu">
      <button
        ref={button}
        type="button"
        class={look}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={label}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" && !open) {
            event.preventDefault();
            setOpen(true);
          }
        }}
      >
        {face}
      </button>
      {open && (
        <div ref={list} id={id} class="sheet" role="menu" aria-label={label} onKeyDown={pressed} onPointerDown={() => { byPointer.current = true; }}>
          {children(shut)}
        </div>
      )}
    </span>
  );
}

interface ItemProps {
  children: ComponentChildren;
  onPick: () => void;
  /** Given: one of several, of which one is chosen. */
  checked?: boolean;
  hint?: string;
}

export function MenuItem({ children, onPick, checked, hint }: ItemProps) {
  const role = checked === undefined ? "menuitem" : "menuitemradio";
  return (
    <button type="button" class="item" role={role} tabIndex={-1} aria-checked={checked} onClick={onPick}>
      <span class="item-text">{children}{hint !== undefined && <small>{hint}</small>}</span>
      {checked === true && <span class="tick" aria-hidden="true">✓</span>}
    </button>
  );
}

/** Above the button if there is room, else as near below it as the window allows. */
function placeBeside(list: HTMLElement | null, button: HTMLElement | null): void {
  if (list === null || button === null) return;
  const at = button.getBoundingClientRect();
  const above = at.top - list.offsetHeight - GAP_PX;
  const top = above >= GAP_PX ? above : Math.max(GAP_PX, Math.min(at.bottom + GAP_PX, window.innerHeight - list.offsetHeight - GAP_PX));
  const left = Math.max(GAP_PX, at.right - list.offsetWidth);
  for (const [name, value] of [["position", "fixed"], ["inset", "auto"], ["top", `${top}px`], ["left", `${left}px`]] as const) list.style.setProperty(name, value);
}

const GAP_PX = 6;

function items(list: HTMLElement | null): HTMLElement[] {
  return [...(list?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
}

function walk(list: HTMLElement | null, event: KeyboardEvent): boolean {
  const all = items(list);
  const at = all.indexOf(document.activeElement as HTMLElement);
  const to = target(event.key, at, all);
  to?.focus();
  return to !== undefined;
}

function target(key: string, at: number, all: readonly HTMLElement[]): HTMLElement | undefined {
  if (key === "ArrowDown") return all[(at + 1) % all.length];
  if (key === "ArrowUp") return all.at(at <= 0 ? -1 : at - 1);
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  if (!/^\p{L}$/u.test(key)) return undefined;
  const rest = [...all.slice(at + 1), ...all.slice(0, at + 1)];
  return rest.find((item) => item.textContent?.trim().toLowerCase().startsWith(key.toLowerCase()));
}
