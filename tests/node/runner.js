// `node runner.js COMPONENT`: calls the functions of a component, which jco makes a
// JavaScript module of, as the lines of standard input say; ../README.md defines them.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { load } from "./component.js";
import { serve } from "./lines.js";
import { camel, fromJSON, toJSON } from "./vectors.js";

if (process.argv.length !== 3) {
  console.error("usage: node runner.js COMPONENT");
  process.exit(2);
}
const here = dirname(fileURLToPath(import.meta.url));
const instantiate = await load(process.argv[2], join(here, "transpiled"));

/** The instance that serves all calls; a new one after a trap. */
let instance;

const jco = JSON.parse(readFileSync(join(here, "package.json"), "utf8")).devDependencies["@bytecodealliance/jco-transpile"];
const version = `${process.versions.node} (V8 ${process.versions.v8}, jco-transpile ${jco})`;

/** The types of the functions. */
let types;

/** The message that a panic left in the memory of the core module, or "". */
function panicMessage({ memory, "compute-pipeline:panic-message": at }) {
  if (at === undefined) return "";
  const length = new DataView(memory.buffer).getUint32(at.value, true);
  return new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(memory.buffer, at.value + 4, length));
}

/** Answers a request. A WIT result is {ok} or {err}. */
function answer({ functions, call: name, args }) {
  if (functions !== undefined) {
    types = functions;
    return { runtime: "Node", version };
  }
  const { params, result } = types[name];
  const [path, own] = name.split("#");
  instance ??= instantiate();
  const { exports, core } = instance;
  const target = own === undefined ? exports : exports[camel(path.split("/")[1])];
  const values = params.map((type, i) => fromJSON(type, args[i]));
  const [ok, err] = result?.result ?? [result];
  try {
    const value = target[camel(own ?? path)](...values);
    return { value: err === undefined ? toJSON(ok, value) : { ok: toJSON(ok, value) } };
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) {
      instance = undefined;
      return { trap: panicMessage(core) };
    }
    // jco throws the err of a WIT result as an Error with a payload.
    if (err === undefined || !(error instanceof Error && "payload" in error)) throw error;
    return { value: { err: toJSON(err, error.payload) } };
  }
}

await serve(answer);
