const PATHS = {
  minimise: "M6 12h12",
  send: "M4 12 20 4l-5 16-3.5-6.5z",
  sound: "M4 9.5v5h3l4 3.5V6L7 9.5zM15 9a4 4 0 0 1 0 6M17.5 6.5a8 8 0 0 1 0 11",
  mute: "M4 9.5v5h3l4 3.5V6L7 9.5zM15.5 9.5l5 5M20.5 9.5l-5 5",
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
