// The package that `npm pack` makes: what is in it, that it installs without a registry, that
// the start of the README works with it, and that TypeScript finds its types.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { equal, runAll, test } from "./harness.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

function run(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: status ${status}\n${stdout}${stderr}`);
  return stdout;
}

const readme = readFileSync(here("../README.md"), "utf8");
const directory = mkdtempSync(join(tmpdir(), "compute-pipeline-"));

const [packed] = JSON.parse(run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", directory], here("..")));

test("the package has what it needs and nothing else", () => {
  const files = packed.files.map(({ path }) => path);
  for (const path of ["LICENSE", "README.md", "package.json", "dist/index.js", "dist/index.d.ts", "dist/component.js", "dist/engine.wasm", "dist/engine.metered.wasm"]) {
    equal(files.includes(path), true, path);
  }
  const odd = files.filter((path) => !/^(LICENSE|README\.md|package\.json|dist\/([a-z_]+\.(js|d\.ts)|engine(\.metered)?\.wasm|component\/(engine\.(js|d\.ts)|interfaces\/[a-z-]+\.d\.ts)))$/.test(path));
  equal(odd, []);
  const { dependencies, peerDependencies, scripts } = JSON.parse(readFileSync(here("../package.json"), "utf8"));
  equal({ dependencies, peerDependencies, install: scripts.install ?? scripts.postinstall }, { dependencies: undefined, peerDependencies: undefined, install: undefined });
});

test("the start of the README runs with the installed package", () => {
  writeFileSync(join(directory, "package.json"), '{"private": true, "type": "module"}');
  run("npm", ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", `./${packed.filename}`], directory);
  const [, code] = /```js\n([^]*?)```/.exec(readme);
  writeFileSync(join(directory, "start.js"), code);
  const [, want] = /prints\n\n```\n([^]*?)```/.exec(readme);
  equal(run(process.execPath, ["start.js"], directory), want);
});

test("TypeScript finds the types, as Node and as bundlers resolve them, with or without those of browsers", () => {
  writeFileSync(join(directory, "use.ts"), `
    import { Engine, type Aggregate } from "compute-pipeline";
    import { loadComponent } from "compute-pipeline/component";
    export const aggregate: Aggregate = (await Engine.load()).computeAggregate([{ timestamp: 1, value: 2 }]);
    export const sums: Float64Array = (await loadComponent())().metrics.computeAggregate([{ timestamp: 1n, value: 2 }]);
  `);
  const tsc = (...args) => run(process.execPath, [here("../node_modules/typescript/bin/tsc"), "--noEmit", "--strict", "--target", "ES2022", ...args, "use.ts"], directory);
  tsc("--lib", "ES2022,DOM", "--types", "", "--module", "NodeNext");
  tsc("--lib", "ES2022,DOM", "--types", "", "--module", "ESNext", "--moduleResolution", "bundler");
  // Node's own types have none of WebAssembly.
  tsc("--lib", "ES2022", "--types", "node", "--typeRoots", here("../node_modules/@types"), "--module", "NodeNext");
});

test("the sizes in the README are right", () => {
  const sizes = [...readme.matchAll(/^\| ([^|]*) \| (\d+) \| (\d+) \|$/gm)].map(([, what, plain, zipped]) => ({ what, plain: Number(plain), zipped: Number(zipped) }));
  equal(sizes.length, 4);
  const own = readdirSync(here("../dist")).filter((name) => name.endsWith(".js") && name !== "component.js");
  for (const [i, names] of [own, ["engine.wasm"], ["engine.metered.wasm"], ["component/engine.js"]].entries()) {
    const bytes = Buffer.concat(names.map((name) => readFileSync(here(`../dist/${name}`))));
    for (const [got, want] of [[bytes.length, sizes[i].plain], [gzipSync(bytes, { level: 9 }).length, sizes[i].zipped]]) {
      // Each compiler makes a little more or less.
      if (Math.abs(got / 1024 - want) > Math.max(1, 0.05 * want)) throw new Error(`${sizes[i].what}: ${(got / 1024).toFixed(1)} KiB, the README says ${want}`);
    }
  }
});

const passed = await runAll(console.log);
console.log(`${packed.filename}: ${packed.entryCount} files, ${packed.size} bytes, ${packed.unpackedSize} unpacked`);
rmSync(directory, { recursive: true });
process.exitCode = passed ? 0 : 1;
