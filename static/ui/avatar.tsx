/** Two letters at most: enough to tell people apart in a list, and the same for everyone who sees them. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = words.filter((word) => /\p{L}/u.test(word)).map((word) => [...word][0] ?? "");
  if (letters.length === 0) return "V";
  return (letters.length === 1 ? (letters[0] ?? "") : (letters[0] ?? "") + (letters.at(-1) ?? "")).toUpperCase();
}

/** Decoration: the name always stands beside it. */
export function Avatar({ name }: { name: string }) {
  return <span class="avatar" aria-hidden="true">{initials(name)}</span>;
}
