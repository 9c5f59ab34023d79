// Turns the wire's Python structs into TypeScript: node tools/types.mjs [file]   (default: widget/client/generated.ts)
//
// `python -m server.wire.schema` prints the JSON Schema; PYTHON names another interpreter than the one on the path.
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const file = path.resolve(process.argv[2] ?? path.join(root, "widget/client/generated.ts"));

const printed = execFileSync(process.env.PYTHON ?? "python3", ["-m", "server.wire.schema"], {
  cwd: root,
  maxBuffer: 1 << 26,
});
const source = await compile(JSON.parse(printed.toString("utf8")), "FrontdeskWire", {
  additionalProperties: false,
  bannerComment: "// Generated from server/wire by `npm run types`. Do not edit.",
});
await writeFile(file, source);
