// Builds the pages: node tools/pages.mjs [folder]        (default: server/http/built)
//
//   widget.js        the loader: a classic script with a stable name, the one line of the embedding site.
//                    __PANEL_URL__ inside it is "panel.js?v=<hash>", relative to the loader's own address.
//   panel.js         the visitor's panel: one ES module, imported by the loader at the first click.
//   console.html     the agents' console      (static/console/index.html)
//   settings.html    the admins' settings     (static/admin/index.html)
//   demo.html        the demo shop            (static/demo/index.html)
//   chat.html        the panel as a full page (widget/panel/chat.html)
//   assets/          what those pages load, with a hash in each name: may be cached for ever
//   manifest.json    {"files": {name: {"bytes", "gzip", "integrity"}}}
//
// Nothing is inlined into a page, so that a strict Content-Security-Policy needs no exception.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const out = path.resolve(process.argv[2] ?? path.join(root, "server/http/built"));

const PAGES = {
  console: "static/console/index.html",
  settings: "static/admin/index.html",
  demo: "static/demo/index.html",
  chat: "widget/panel/chat.html",
};

const shared = {
  root,
  base: "/",
  configFile: path.join(root, "vite.config.mjs"),
  publicDir: false,
  logLevel: "warn",
};

const options = {
  outDir: out,
  emptyOutDir: false,
  target: "es2022",
  assetsInlineLimit: 0,
  modulePreload: { polyfill: false },
  reportCompressedSize: false,
};

/** One entry, one file, a fixed name. */
function single(entry, format, fileName, define = {}) {
  const output = { format, entryFileNames: fileName, codeSplitting: false };
  const input = path.join(root, entry);
  const rolldownOptions = { input, output, preserveEntrySignatures: "strict" };
  return build({ ...shared, define, build: { ...options, cssCodeSplit: false, rolldownOptions } });
}

async function pages() {
  const input = Object.fromEntries(Object.entries(PAGES).map(([name, file]) => [name, path.join(root, file)]));
  await build({ ...shared, build: { ...options, rolldownOptions: { input } } });
  for (const [name, file] of Object.entries(PAGES)) {
    await rename(path.join(out, file), path.join(out, `${name}.html`));
  }
  for (const folder of new Set(Object.values(PAGES).map((file) => file.split("/")[0]))) {
    await rm(path.join(out, folder), { recursive: true, force: true });
  }
}

async function manifest() {
  const names = (await readdir(out, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(out, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))
    .sort();
  const files = {};
  for (const name of names) {
    const content = await readFile(path.join(out, name));
    files[name] = {
      bytes: content.length,
      gzip: gzipSync(content, { level: 9 }).length,
      integrity: `sha384-${createHash("sha384").update(content).digest("base64")}`,
    };
  }
  await writeFile(path.join(out, "manifest.json"), `${JSON.stringify({ files }, null, 1)}\n`);
  return files;
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

await single("widget/panel/main.tsx", "es", "panel.js");
const version = createHash("sha256").update(await readFile(path.join(out, "panel.js"))).digest("hex").slice(0, 12);
await single("widget/loader/loader.ts", "iife", "widget.js", { __PANEL_URL__: JSON.stringify(`panel.js?v=${version}`) });
await pages();

for (const [name, { bytes, gzip }] of Object.entries(await manifest())) {
  console.log(`${name.padEnd(36)} ${String(bytes).padStart(8)} bytes ${String(gzip).padStart(8)} gzip`);
}
