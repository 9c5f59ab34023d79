// Questions that change nothing: what would happen to a visitor, and how well promises were kept.
import type { Named, Queue, Why } from "../../widget/client/generated.ts";
import type { Api } from "./api.ts";

/** A visitor to try out. */
export interface Trial {
  site: string;
  url: string;
  language: string;
  text: string;
  department: string;
}

/** What would become of them. */
export interface Routed {
  asked: Named;
  routed: Named;
  department: Named;
  rules: readonly { rule: string; outcome: "matched" | "not_matched" | "failed"; reason: string }[];
  needs: { require: Record<string, number>; prefer: Record<string, number> };
  head_start_s: number;
  reservation: { agents: readonly Named[]; seconds: number } | null;
  language: string;
  first: string;
  tags: readonly string[];
  /** The bot that would answer first; null although `first` names one: it cannot be had now. */
  bot: Named | null;
  says: string;
  /** What they would be told instead of a place in line. */
  refused: { code: string; message: string; opens_at: string | null } | null;
  queue: Queue | null;
  why: Why | null;
}

export async function route(api: Api, trial: Trial): Promise<Routed> {
  const { site, url, language, text, department } = trial;
  return api.post<Routed>("/api/v1/route", { site, page: { url }, language, text, ...(department === "" ? {} : { department }) });
}

/** The windows one can look back through, as the server names them. */
export const WINDOWS = ["1h", "24h", "7d"] as const;
export type Window = (typeof WINDOWS)[number];

/** How promises were kept; null where there is nothing to judge yet. */
export interface Kept {
  told: number;
  answered: number;
  left: number;
  waiting: number;
  coverage_p80: number | null;
  hit_rate: number | null;
  bias_s: number | null;
}

/** By the key of each department that promised something. */
export async function fetchPromises(api: Api, window: Window): Promise<ReadonlyMap<string, Kept>> {
  const { departments } = await api.get<{ departments: { key: string; figures: Kept }[] }>(`/api/v1/promises?window=${window}`);
  return new Map(departments.map(({ key, figures }) => [key, figures]));
}
