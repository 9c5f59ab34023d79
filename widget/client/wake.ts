/** Calls back when the page may have slept or changed networks; returns how to stop. */
export type Wake = (run: () => void) => () => void;

/**
 * Browsers do not tell that a socket died while a page slept, the phone changed networks or the cable was pulled: these
 * moments ask. "offline" is asked about, too, as some networks are fine that a browser takes for gone.
 */
export const browserWake: Wake = (run) => {
  const seen = () => {
    if (document.visibilityState === "visible") run();
  };
  document.addEventListener("visibilitychange", seen);
  window.addEventListener("pageshow", run);
  window.addEventListener("online", run);
  window.addEventListener("offline", run);
  return () => {
    document.removeEventListener("visibilitychange", seen);
    window.removeEventListener("pageshow", run);
    window.removeEventListener("online", run);
    window.removeEventListener("offline", run);
  };
};

export const neverWake: Wake = () => () => undefined;
