// Makes a component of a module, after npm install: build.js MODULE FILE. Without WASI it is
// one core module, which is what the Go host runs; the features would import WASI 0.2.
import { appendFile, cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { componentize } from "@bytecodealliance/componentize-js";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const [module, out] = process.argv.slice(2);

const wit = await mkdtemp(join(tmpdir(), "plugin-"));
try {
  await cp(path("../../../wit/deps"), join(wit, "deps"), { recursive: true });
  await cp(path("plugin.wit"), join(wit, "plugin.wit"));
  const { component } = await componentize({
    sourcePath: module,
    witPath: wit,
    worldName: "plugin",
    disableFeatures: ["stdio", "random", "clocks", "http", "fetch-event"],
  });
  await writeFile(out, component);
} finally {
  await rm(wit, { recursive: true });
}

// The claim of a grade is a custom section: 0, its size, the size of its name, its name, its
// contents.
const name = "compute-pipeline:grade";
const grade = "stable";
const size = 1 + name.length + grade.length;
await appendFile(out, Buffer.concat([Buffer.from([0, size, name.length]), Buffer.from(name + grade)]));
