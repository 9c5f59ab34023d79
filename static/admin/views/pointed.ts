/** The line a message speaks of, and the column in it, both counted from 1. */
export interface Pointed {
  line: string;
  column: number;
}

/** Finds the position in a message about a text: "line 2, column 5", "column 5" or "2:5". Null when it names none. */
export function pointed(message: string, text: string): Pointed | null {
  const both = /\bline (\d+),? column (\d+)/i.exec(message) ?? /(?:^|[\s(:])(\d+):(\d+)\b/.exec(message);
  const only = both === null ? /\b(?:column|position|character) (\d+)/i.exec(message) : null;
  if (both === null && only === null) return null;
  const column = Number(both?.[2] ?? only?.[1]);
  const line = text.split("\n")[Number(both?.[1] ?? 1) - 1];
  if (line === undefined || column < 1 || column > line.length + 1) return null;
  return { line, column };
}
