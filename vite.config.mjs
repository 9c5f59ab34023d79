// Settings that every build of the pages and their tests share. Which files are built: tools/pages.mjs.
import { defineConfig } from "vitest/config";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    include: ["{widget,static}/**/*.test.{ts,tsx}", "tests/ts/**/*.test.{ts,tsx}"],
    environment: "happy-dom",
    // Each file has a window and modules of its own, as with a process for each; only what is Node's is loaded once.
    pool: "vmThreads",
    passWithNoTests: true,
    restoreMocks: true,
    testTimeout: 10_000,
  },
});
