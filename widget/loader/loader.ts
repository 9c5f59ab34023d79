// Placeholder until the launcher is written: imports the panel at the first click anywhere.
const here = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : location.href;

addEventListener("click", () => void import(/* @vite-ignore */ new URL(__PANEL_URL__, here).href), { once: true });
