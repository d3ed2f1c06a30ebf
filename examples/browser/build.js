// Builds the page into dist/, a folder that any web server serves as it is: the files of
// public/, JavaScript by TypeScript, and the package of hosts/typescript, which must be built.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const engine = here("../../hosts/typescript/dist");

rmSync(here("dist"), { recursive: true, force: true });
mkdirSync(here("dist/compute-pipeline"), { recursive: true });
for (const name of readdirSync(engine)) {
  if (/\.(js|d\.ts)$/.test(name) && !name.startsWith("component")) cpSync(join(engine, name), here(`dist/compute-pipeline/${name}`));
}
cpSync(join(engine, "engine.wasm"), here("dist/compute-pipeline/engine.wasm"));
cpSync(here("public"), here("dist"), { recursive: true });
cpSync(here("../data/seattle-temps-2010.json"), here("dist/example.json"));
cpSync(here("../../LICENSE"), here("dist/LICENSE"));
execFileSync(process.execPath, [here("../../hosts/typescript/node_modules/typescript/bin/tsc"), "--project", here(".")], { stdio: "inherit" });
for (const name of readdirSync(here("dist/compute-pipeline"))) if (name.endsWith(".d.ts")) rmSync(here(`dist/compute-pipeline/${name}`));

// What the service worker keeps, under a version that changes with any byte of it.
const files = readdirSync(here("dist"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name !== "offline.js" && entry.name !== "LICENSE")
  .map((entry) => join(entry.parentPath, entry.name).slice(here("dist/").length).replaceAll("\\", "/"))
  .sort();
const hash = createHash("sha256");
for (const file of files) hash.update(file).update(readFileSync(here(`dist/${file}`)));
hash.update(readFileSync(here("dist/offline.js")));
// The worker keeps index.html as the folder.
const kept = files.filter((file) => file !== "index.html");
writeFileSync(here("dist/files.js"), `export const VERSION = ${JSON.stringify(hash.digest("hex").slice(0, 16))};\nexport const FILES = ${JSON.stringify(kept)};\n`);
