// The visitor's page and language, said for people. All of it comes from the visitor: labels, never trusted.
import { webAddress } from "../ui/linkify.tsx";

/** The path of an address, as short as it is told apart; the host is the shop's own and says nothing. */
export function pathOf(url: string): string {
  try {
    const { pathname, search } = new URL(url);
    return decodeURI(pathname) + (search.length <= 24 ? search : "");
  } catch {
    return "";
  }
}

/** The host a visitor came from, or the whole text when it is no address. */
export function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

/** `da-DK` → `Danish`. */
export function languageName(tag: string): string {
  if (tag === "") return "";
  try {
    const language = new Intl.Locale(tag).language;
    return new Intl.DisplayNames(["en"], { type: "language" }).of(language) ?? tag;
  } catch {
    return tag;
  }
}

/** The time on the visitor's wall, if the zone is one. */
export function localTime(timezone: string, at: number): string {
  try {
    return new Date(at).toLocaleTimeString("en-GB", { timeZone: timezone, hour: "2-digit", minute: "2-digit" });
  } catch {
    return "";
  }
}

export { webAddress };

/** Where a click on an address leads; null for what is no plain address: a visitor may have typed anything. */
export function mailLink(address: string): string | null {
  return /^[\p{L}\p{N}._+-]+@[\p{L}\p{N}.-]+$/u.test(address) ? `mailto:${address}` : null;
}
