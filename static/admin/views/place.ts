import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { WorkspaceFile } from "../records.ts";
import type { Settings } from "../settings.ts";

export const SettingsContext = createContext<Settings | null>(null);

export function useSettings(): Settings {
  const settings = useContext(SettingsContext);
  if (settings === null) throw new Error("outside the settings");
  return settings;
}

/** What is saved. Pages are only drawn once it is there. */
export function useFile(): WorkspaceFile {
  const file = useSettings().file.value;
  if (file === null) throw new Error("nothing loaded");
  return file;
}
