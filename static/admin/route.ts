// Which page of the settings is shown: kept in the address behind the `#`, so that links and the back button work.
import { signal } from "@preact/signals";

export interface Route {
  page: string;
  /** Of the record, where the page shows one. */
  key: string;
}

export function routeOf(hash: string): Route {
  const [page = "", key = ""] = hash.replace(/^#\/?/, "").split("/");
  return { page, key: decode(key) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

export const route = signal<Route>(routeOf(location.hash));
window.addEventListener("hashchange", () => { route.value = routeOf(location.hash); });
