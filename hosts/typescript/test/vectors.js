// The conformance vectors: every answer has the bits that they want.

import { Engine, InvalidInputError } from "../dist/index.js";
import { read as readCases, run } from "../../../tests/node/vectors.js";
import { call } from "./calls.js";
import { read, test } from "./harness.js";

/** What an answer does not have of what a case wants; undefined if nothing. */
function mismatch(want, { value }) {
  if ("value" in want) return JSON.stringify(value) === JSON.stringify(ordered(want.value, value)) ? undefined : "another value";
  if ("failure" in want) return value.err !== undefined && value.err !== "" ? undefined : "no err";
  if ("err-begins" in want) return value.err?.startsWith(want["err-begins"]) ? undefined : "another err";
  return "same" in want ? undefined : "no trap";
}

/** JSON with the order of members that other JSON has. */
function ordered(json, like) {
  if (Array.isArray(json)) return json.map((item, i) => ordered(item, like?.[i]));
  if (typeof json !== "object" || json === null) return json;
  const keys = Object.keys(like ?? {}).filter((key) => key in json);
  return Object.fromEntries([...keys, ...Object.keys(json).filter((key) => !keys.includes(key))].map((key) => [key, ordered(json[key], like?.[key])]));
}

async function* lines(bytes) {
  const text = new Response(bytes).body.pipeThrough(new DecompressionStream("gzip")).pipeThrough(new TextDecoderStream());
  let rest = "";
  for await (const piece of readable(text)) {
    const found = (rest + piece).split("\n");
    rest = found.pop();
    yield* found;
  }
  if (rest !== "") yield rest;
}

/** The pieces of a stream, which not every browser iterates over. */
async function* readable(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

for (const options of [{}, { budget: Number.MAX_SAFE_INTEGER }]) {
  test(`all vectors, ${JSON.stringify(options)}`, async () => {
    const engine = await Engine.load({ timestamps: "bigint", ...options });
    const archive = await read(new URL("../../../dist/compute-pipeline-vectors.json.gz", import.meta.url));
    const groups = new Map();
    let types;
    let cases = 0;
    for await (const part of readCases(lines(archive))) {
      if (types === undefined) {
        types = part.functions;
        continue;
      }
      cases++;
      const wrong = judge(engine, types, part, groups);
      if (wrong !== undefined) throw new Error(`${part.id}: ${wrong}`);
    }
    if (cases < 2000) throw new Error(`${cases} cases, want 2,000 at least`);
  });
}

function judge(engine, types, part, groups) {
  let answer;
  try {
    answer = run(types, part, (name, args) => call(engine, types, name, args));
  } catch (error) {
    // The package refuses the one call that the contract has a trap for, in its words.
    if ("trap" in part.want && error instanceof InvalidInputError && error.message.includes(part.want.trap)) return undefined;
    return error.stack;
  }
  const wrong = mismatch(part.want, answer);
  if (wrong !== undefined) return `${wrong}: got ${JSON.stringify(answer)}, want ${JSON.stringify(part.want)}`.slice(0, 2000);
  if (part.group === undefined) return undefined;
  const given = JSON.stringify(answer.given);
  if (groups.has(part.group) && groups.get(part.group) !== given) return `not the state of its group ${part.group}`;
  groups.set(part.group, given);
  return undefined;
}
