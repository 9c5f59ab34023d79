// What a conversation asks of its agent, as one reads it: `danish 3`.
import type { Conversation } from "../../widget/client/generated.ts";

interface Needs {
  require?: Record<string, number>;
  prefer?: Record<string, number>;
}

/** Required skills with their levels, preferred ones by name. */
export function needsOf({ needs }: Pick<Conversation, "needs">): { required: string[]; preferred: string[] } {
  const { require = {}, prefer = {} } = (needs ?? {}) as Needs;
  return {
    required: Object.entries(require).map(([skill, level]) => (level > 1 ? `${skill} ${level}` : skill)),
    preferred: Object.keys(prefer),
  };
}
