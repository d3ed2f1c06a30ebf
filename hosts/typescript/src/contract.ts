import { ContractError } from "./errors.js";

/** The functions of the contract: the module's export, and its parameters of core WebAssembly. */
export const FUNCTIONS = {
  computeAggregate: { name: "org:analytics/metrics@0.1.0#compute-aggregate", params: 2 },
  validateStream: { name: "org:analytics/metrics@0.1.0#validate-stream", params: 2 },
  processBatch: { name: "org:compute/pipeline@0.1.0#process-batch", params: 2 },
  validateChecksum: { name: "org:compute/pipeline@0.1.0#validate-checksum", params: 3 },
  fold: { name: "org:compute-pipeline/summary@0.1.0#fold", params: 4 },
  merge: { name: "org:compute-pipeline/summary@0.1.0#merge", params: 4 },
  finish: { name: "org:compute-pipeline/summary@0.1.0#finish", params: 2 },
} as const;

export type FunctionName = keyof typeof FUNCTIONS;

/** The functions of the interface summary, which a module may leave out as a whole. */
const SUMMARY: readonly FunctionName[] = ["fold", "merge", "finish"];

export const REALLOC = "cabi_realloc";
export const POST_RETURN = "cabi_post_";
export const PANIC_MESSAGE = "compute-pipeline:panic-message";

/** The import and the exported global of a metered module. */
export const FUEL = "compute-pipeline:fuel";
export const REFUEL = "refuel";

/** What a module offers beyond what every module must. */
export interface Offer {
  readonly summary: boolean;
  readonly metered: boolean;
}

/** Checks what a module imports and exports; a {@link ContractError} lists all problems. */
export function checkContract(module: WebAssembly.Module): Offer {
  const kinds = new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind]));
  const problems: string[] = [];

  let metered = false;
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (from === FUEL && name === REFUEL && kind === "function") metered = true;
    else problems.push(`the module imports the ${kind} ${from}.${name}, but nothing is given to it`);
  }
  if (metered && kinds.get(FUEL) !== "global") problems.push(`the module imports ${FUEL}.${REFUEL}, but exports no global ${FUEL}`);

  for (const [name, kind] of kinds) {
    if (name.startsWith(POST_RETURN) && kind !== "function") problems.push(`the module exports ${name} as a ${kind}, expected a function`);
  }
  const need = (name: string, kind: WebAssembly.ImportExportKind) => {
    const got = kinds.get(name);
    if (got === kind) return;
    problems.push(`the module exports ${got === undefined ? `no ${kind} ${name}` : `${name} as a ${got}, expected a ${kind}`}${otherVersion(kinds, name)}`);
  };
  need("memory", "memory");
  need(REALLOC, "function");
  const summary = SUMMARY.some((f) => kinds.has(FUNCTIONS[f].name));
  for (const key of Object.keys(FUNCTIONS) as FunctionName[]) {
    if (summary || !SUMMARY.includes(key)) need(FUNCTIONS[key].name, "function");
  }
  if (problems.length > 0) throw new ContractError(problems);
  return { summary, metered };
}

/** Says that a function is there in another version of its interface. */
function otherVersion(kinds: ReadonlyMap<string, string>, name: string): string {
  const split = /^(.*)@(.*)#(.*)$/.exec(name);
  if (split === null) return "";
  for (const other of kinds.keys()) {
    const found = /^(.*)@(.*)#(.*)$/.exec(other);
    if (found !== null && found[1] === split[1] && found[3] === split[3]) return `, but that of version ${found[2]}`;
  }
  return "";
}
