// Builds the pages: node tools/pages.mjs [folder]        (default: server/http/built)
//
//   widget.js        the loader: a classic script with a stable name, the one line of the embedding site. __PANELS__
//                    inside it is {"en": "panel.js?v=<hash>", …}, relative to the loader's own address.
//   panel.js         the visitor's panel in English, panel-<language>.js in another language: one ES module each,
//                    imported by the loader at the first click.
//   part-<name>.js   a part of the panel that is imported when it is needed (widget/panel/later/<name>.tsx). It has no
//                    imports of its own: the panel hands it what the two share.
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
function single(entry, format, fileName, { define = {}, plugins = [], write = true } = {}) {
  const output = { format, entryFileNames: fileName, codeSplitting: false };
  const input = path.join(root, entry);
  const rolldownOptions = { input, output, preserveEntrySignatures: "strict" };
  return build({ ...shared, define, plugins, build: { ...options, write, cssCodeSplit: false, rolldownOptions } });
}

/** The names of the files in a folder of the panel, without their ends. */
async function namesIn(folder, end) {
  const names = await readdir(path.join(root, "widget/panel", folder));
  return names.filter((name) => name.endsWith(end) && !name.includes(".test.")).map((name) => name.slice(0, -end.length));
}

const IMPORT = /import\s*\{([^}]*)\}\s*from\s*["']panel:([^"']*)["'];?/g;
const EXPORT = /export\s*\{([^}]*)\};?\s*$/;

/** A part as a function of what it takes from the panel, by name: {name, version, needs: {name: module}}. */
async function part(name) {
  const later = path.join(root, "widget/panel/later") + path.sep;
  const outside = {
    name: "panel-has-it",
    enforce: "pre",
    async resolveId(source, importer, how) {
      const found = importer === undefined ? null : await this.resolve(source, importer, { ...how, skipSelf: true });
      return found === null || found.id.startsWith(later) ? null : { id: `panel:${found.id}`, external: true };
    },
  };
  const fileName = `part-${name}.js`;
  const built = await single(`widget/panel/later/${name}.tsx`, "es", fileName, { plugins: [outside], write: false });
  const [chunk] = (Array.isArray(built) ? built[0] : built).output;
  const needs = {};
  const taken = chunk.code.replaceAll(IMPORT, (_, names, module) => {
    for (const one of names.split(",")) {
      const wanted = one.trim().split(/\s+as\s+/)[0];
      if ((needs[wanted] ??= module) !== module) throw new Error(`${fileName} takes two things called ${wanted}`);
    }
    return `const{${names.replace(/\s+as\s+/g, ":")}}=panel;`;
  });
  const code = taken.replace(EXPORT, (_, names) => {
    const pairs = names.split(",").map((one) => one.trim().split(/\s+as\s+/));
    return `return{${pairs.map(([own, given = own]) => `${given}:${own}`).join()}};`;
  });
  if (code === taken || /\b(?:import|export)\b/.test(code)) throw new Error(`${fileName} would import or export by itself`);
  const whole = `export default panel=>{${code.trim()}}\n`;
  await writeFile(path.join(out, fileName), whole);
  return { name, version: hashOf(whole), needs };
}

/** Has the panel fetch its parts as files of their own, and hand them what they need. */
function fetching(parts) {
  const modules = Object.entries(Object.assign({}, ...parts.map(({ needs }) => needs)));
  const imports = modules.map(([name, module], at) => `import { ${name} as shared${at} } from ${JSON.stringify(module)};`);
  const panel = `{ ${modules.map(([name], at) => `${name}: shared${at}`).join(", ")} }`;
  // Some browsers remember a module that failed to load by its address: another fragment is another address.
  const fetchPart =
    "let tries = 0; const fetchPart = (address) => import(/* @vite-ignore */ new URL(`${address}#${tries++}`, " +
    `import.meta.url).href).then((part) => part.default(${panel}));`;
  return {
    name: "fetched-parts",
    enforce: "pre",
    transform(code, id) {
      if (!id.endsWith("/widget/panel/later.ts")) return null;
      const asked = code.replaceAll(/import\("\.\/later\/([a-z]+)\.tsx"\)/g, (_, name) => {
        const { version } = parts.find((one) => one.name === name);
        return `fetchPart("panel.js?part=${name}&v=${version}")`;
      });
      return `${imports.join("\n")}\n${fetchPart}\n${asked}`;
    },
  };
}

/** Puts one language into the panel instead of all. */
function speaking(language) {
  const code = `import { ${language} } from "./words/${language}.ts";\nexport const TEXTS = { ${language} };\n`;
  return {
    name: "one-language",
    enforce: "pre",
    load: (id) => (id.endsWith("/widget/panel/languages.ts") ? { code, moduleType: "ts" } : null),
  };
}

/** The panel in each language: {language: address beside the loader}. */
async function panels(parts) {
  const addresses = {};
  for (const language of await namesIn("words", ".ts")) {
    const fileName = language === "en" ? "panel.js" : `panel-${language}.js`;
    await single("widget/panel/main.tsx", "es", fileName, { plugins: [speaking(language), fetching(parts)] });
    const version = hashOf(await readFile(path.join(out, fileName)));
    // One path for all, as a strict page names the paths of scripts.
    addresses[language] = `panel.js?${language === "en" ? "" : `language=${language}&`}v=${version}`;
  }
  return addresses;
}

function hashOf(content) {
  return createHash("sha256").update(content).digest("hex").slice(0, 12);
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

const parts = [];
for (const name of await namesIn("later", ".tsx")) parts.push(await part(name));
await single("widget/loader/loader.ts", "iife", "widget.js", { define: { __PANELS__: JSON.stringify(await panels(parts)) } });
await pages();

for (const [name, { bytes, gzip }] of Object.entries(await manifest())) {
  console.log(`${name.padEnd(36)} ${String(bytes).padStart(8)} bytes ${String(gzip).padStart(8)} gzip`);
}
