import { useEffect, useState } from "preact/hooks";
import { Refused } from "../api.ts";

export interface Live<T> {
  /** Null until the first answer. */
  value: T | null;
  /** Why there is no newer one; empty while all is well. */
  trouble: string;
  again(): void;
}

/** Asks now, every so often while the page is seen, and whenever `key` changes; the newest answer counts. */
export function useLive<T>(ask: () => Promise<T>, key: string, everyMs: number): Live<T> {
  const [found, setFound] = useState<{ value: T | null; trouble: string }>({ value: null, trouble: "" });
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let here = true;
    let asked = 0;
    const look = (): void => {
      if (document.visibilityState !== "visible") return;
      const mine = ++asked;
      ask().then(
        (value) => { if (here && mine === asked) setFound({ value, trouble: "" }); },
        (error: unknown) => {
          if (here && mine === asked) setFound((old) => ({ ...old, trouble: error instanceof Refused ? error.message : "That did not work. Try again." }));
        },
      );
    };
    look();
    const timer = setInterval(look, everyMs);
    document.addEventListener("visibilitychange", look);
    return () => {
      here = false;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [key, tries]);
  return { ...found, again: () => setTries(tries + 1) };
}
