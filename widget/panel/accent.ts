/** The site's own colour as custom properties; only `#rgb` and `#rrggbb` are taken, anything else is left alone. */
export function accentCss(accent: string | null | undefined): string {
  const hex = /^#(?:[0-9a-f]{3}){1,2}$/i.exec(accent?.trim() ?? "")?.[0];
  if (hex === undefined) return "";
  const ink = luminance(hex) > 0.179 ? "#000" : "#fff";
  return `:host{--accent:${hex};--accent-ink:${ink};--mine:${hex};--mine-ink:${ink};--accent-text:var(--ink)}`;
}

/** Relative luminance as WCAG has it; above 0.179 black text is the better one. */
function luminance(hex: string): number {
  const long = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, "$&$&") : hex;
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(long.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}
