import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Desk } from "../desk.ts";
import type { Panels } from "../panels.ts";

export interface Place {
  desk: Desk;
  panels: Panels;
}

export const PlaceContext = createContext<Place | null>(null);

/** The desk this page sits at. */
export function usePlace(): Place {
  const place = useContext(PlaceContext);
  if (place === null) throw new Error("no desk around this view");
  return place;
}
