// The command `pipeline run`, whose results and errors the page's are compared with.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

/** A directory for the test's files. */
export const directory = mkdtempSync(join(tmpdir(), "compute-pipeline-page-"));
after(() => rmSync(directory, { recursive: true, force: true }));

// Beside the packages, so that it is linked once for all files of tests.
const command = fileURLToPath(new URL("../node_modules/.cache/pipeline", import.meta.url));
execFileSync("go", ["build", "-o", command, "./gohost/cmd/pipeline"], { cwd: fileURLToPath(new URL("../../..", import.meta.url)), stdio: "inherit" });

/** Writes a file, and returns its path. */
export function write(name, bytes) {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

/** What the command's errors name that the page has not: flags, which follow what is wrong. */
const FLAGS = /; --missing skip leaves it out$|; if it stands for no value: --missing skip .*$|, or --tz or --assume-utc$/;

/**
 * Runs the command on a file with timestamps in seconds; returns what it prints, or its error without the file's
 * name and flags.
 */
export function run(path, ...flags) { return call("run", path, ...flags); }

/** Does the same with `pipeline detect`. */
export function detect(path, ...flags) { return call("detect", path, ...flags); }

function call(name, path, ...flags) {
  const { status, stdout, stderr } = spawnSync(command, [name, path, ...(flags.includes("--unit") ? [] : ["--unit", "s"]), ...flags], { maxBuffer: 2 ** 30, env: { ...process.env, PIPELINE_CACHE_DIR: join(directory, "cache") } });
  return status === 0 ? { output: stdout.toString() } : { error: stderr.toString().trimEnd().replace(`pipeline: ${path}: `, "").replace(FLAGS, "") };
}
