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
  department: Named | null;
  rules: readonly string[];
  tags: readonly string[];
  needs: { require?: Record<string, number>; prefer?: Record<string, number> };
  language: string;
  queue: Queue | null;
  /** Who would be asked now; null when nobody could take it. */
  why: Why | null;
  /** What happens instead of waiting: "closed", "full", "nobody" and the like; empty when they wait. */
  answer: string;
  /** Rules that failed while they were tried. */
  failed: readonly { rule: string; message: string }[];
}

export async function route(api: Api, trial: Trial): Promise<Routed> {
  const { site, url, language, text, department } = trial;
  return api.post<Routed>("/api/v1/route", { site, page: { url }, language, text, ...(department === "" ? {} : { department }) });
}

/** How the promises of a department were kept. */
export interface Kept {
  department: string;
  told: number;
  answered: number;
  left: number;
  waiting: number;
  coverage_p80: number | null;
  hit_rate: number | null;
  bias_s: number | null;
}

export async function fetchPromises(api: Api, window: string): Promise<readonly Kept[]> {
  return api.get<Kept[]>(`/api/v1/promises?window=${window}`);
}
