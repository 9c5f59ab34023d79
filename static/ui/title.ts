// The tab's title is the one thing seen while another tab is in front: it says what is new and flashes what rings.

let base = document.title;
let alarm: string | null = null;
let timer: ReturnType<typeof setInterval> | undefined;
let lit = false;

/** The title while nothing rings. */
export function setTitle(text: string): void {
  base = text;
  draw();
}

/** Flashes `text` until called with null. */
export function flashTitle(text: string | null): void {
  if (text === alarm) return;
  alarm = text;
  lit = text !== null;
  clearInterval(timer);
  timer = text === null ? undefined : setInterval(blink, 1000);
  draw();
}

function blink(): void {
  lit = !lit;
  draw();
}

function draw(): void {
  document.title = lit && alarm !== null ? alarm : base;
}
