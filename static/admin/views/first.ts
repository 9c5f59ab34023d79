import type { Bot } from "../records.ts";
import type { Option } from "./fields.tsx";

/** Who answers first, as `first` says it: people, or one of the bots. A bot that is named but not there stays to be seen. */
export function firstOptions(bots: readonly Bot[], chosen: string): Option[] {
  const known = bots.map(({ key, name }) => ({ value: `bot:${key}`, label: `${name}, a bot` }));
  const lost = chosen === "" || known.some((one) => one.value === chosen) ? [] : [{ value: chosen, label: chosen }];
  return [{ value: "", label: "People" }, ...known, ...lost];
}
