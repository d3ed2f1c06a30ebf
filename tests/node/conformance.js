// `node conformance.js COMPONENT VECTORS`: runs every vector of an expanded file on the
// component, which jco makes a JavaScript module of, and prints what it returned: one
// JSON line a case, as ../vectors/README.md defines.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { load } from "./component.js";
import { camel, fromJSON, read, resolve, toJSON } from "./vectors.js";

if (process.argv.length !== 4) {
  console.error("usage: node conformance.js COMPONENT VECTORS");
  process.exit(2);
}
const [component, vectors] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const instantiate = await load(component, join(here, "transpiled"));

/** The instance that serves all cases; a new one after a trap. */
let instance;

/** Calls a function with JSON, and returns JSON; a WIT result is {ok} or {err}. */
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

/** Runs the steps of a case. */
function run(types, { steps, call: name, args }) {
  const returned = [];
  steps ??= [{ call: name, args }];
  for (const [i, step] of steps.entries()) {
    const given = [];
    const values = step.args.map((arg) => {
      if (arg?.$step === undefined) return arg;
      given.push(resolve(arg, returned[arg.$step]));
      return given.at(-1);
    });
    const value = call(types, step.call, values);
    const fallible = types[step.call].result?.result !== undefined;
    if (i === steps.length - 1) return given.length > 0 ? { value, given } : { value };
    if (fallible && "err" in value) return { value };
    returned.push(fallible ? value.ok : value);
  }
  throw new Error("no steps");
}

function answer(types, test) {
  try {
    return run(types, test);
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
for await (const part of read(vectors)) {
  if (types === undefined) types = part.functions;
  else print({ case: part.id, result: answer(types, part) });
}
