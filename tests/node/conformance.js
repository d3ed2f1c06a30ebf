// `node conformance.js COMPONENT VECTORS`: runs every vector of an expanded file on the
// component, which jco makes a JavaScript module of, and prints what it returned: one
// JSON line a case, as ../vectors/README.md defines.

import { createReadStream, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { load } from "./component.js";
import { camel, fromJSON, read, run, toJSON } from "./vectors.js";

if (process.argv.length !== 4) {
  console.error("usage: node conformance.js COMPONENT VECTORS");
  process.exit(2);
}
const [component, vectors] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const instantiate = await load(component, join(here, "transpiled"));

/** The instance that serves all cases; a new one after a trap. */
let instance;

function call(types, name, args) {
  const { params, result } = types[name];
  const [path, own] = name.split("#");
  instance ??= instantiate();
  const target = own === undefined ? instance : instance[camel(path.split("/")[1])];
  const values = params.map((type, i) => fromJSON(type, args[i]));
  const [ok, err] = result?.result ?? [result];
  try {
    const value = target[camel(own ?? path)](...values);
    return err === undefined ? toJSON(ok, value) : { ok: toJSON(ok, value) };
  } catch (error) {
    // jco throws the err of a WIT result as an Error with a payload.
    if (err === undefined || !(error instanceof Error && "payload" in error)) throw error;
    return { err: toJSON(err, error.payload) };
  }
}

function answer(types, test) {
  try {
    return run(types, test, (name, args) => call(types, name, args));
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) {
      instance = undefined;
      return { trap: "" };
    }
    throw new Error(test.id, { cause: error });
  }
}

// To a pipe or a file, Node writes at once.
const print = (object) => process.stdout.write(JSON.stringify(object) + "\n");

const jco = JSON.parse(readFileSync(join(here, "package.json"), "utf8")).devDependencies["@bytecodealliance/jco-transpile"];
print({ runtime: "Node", version: `${process.versions.node} (V8 ${process.versions.v8}, jco-transpile ${jco})` });

let types;
for await (const part of read(createInterface({ input: createReadStream(vectors), crlfDelay: Infinity }))) {
  if (types === undefined) types = part.functions;
  else print({ case: part.id, result: answer(types, part) });
}
