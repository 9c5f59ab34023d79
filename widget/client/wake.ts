/** Calls back when the page may have slept or changed networks; returns how to stop. */
export type Wake = (run: () => void) => () => void;

/** Browsers do not tell that a socket died while a page slept or the phone changed networks: these moments ask. */
export const browserWake: Wake = (run) => {
  const seen = () => {
    if (document.visibilityState === "visible") run();
  };
  document.addEventListener("visibilitychange", seen);
  window.addEventListener("pageshow", run);
  window.addEventListener("online", run);
  return () => {
    document.removeEventListener("visibilitychange", seen);
    window.removeEventListener("pageshow", run);
    window.removeEventListener("online", run);
  };
};

export const neverWake: Wake = () => () => undefined;
