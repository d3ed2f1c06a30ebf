// `node generate.js MODULE VECTORS`: continues the prompts of a file of vectors by a module of the
// world org:inference/generator, and prints the texts beside those that were wanted, as JSON.

import { readFileSync } from "node:fs";

const [modulePath, vectorsPath] = process.argv.slice(2);
const contract = "org:inference/generations@0.1.0";
const resources = { "[resource-new]generation": (it) => it, "[resource-drop]generation": () => {} };
const module = new WebAssembly.Module(readFileSync(modulePath));
const { exports } = new WebAssembly.Instance(module, { [`[export]${contract}`]: resources });

const view = () => new DataView(exports.memory.buffer);
const text = (at, length) => new TextDecoder().decode(new Uint8Array(exports.memory.buffer, at, length));

const results = [];
for (const v of JSON.parse(readFileSync(vectorsPath)).generations) {
  const prompt = new TextEncoder().encode(v.prompt);
  const at = exports.cabi_realloc(0, 0, 1, prompt.length);
  new Uint8Array(exports.memory.buffer).set(prompt, at);
  const start = `${contract}#[static]generation.start`;
  const started = exports[start](at, prompt.length, v.temperature, v.topK, BigInt.asIntN(64, BigInt(v.seed)));
  if (view().getUint8(started) !== 0) throw new Error(`no text for ${v.prompt}`);
  const generation = view().getInt32(started + 4, true);
  exports[`cabi_post_${start}`]?.(started);

  const next = `${contract}#[method]generation.next`;
  const chunk = exports[next](generation, v.maxTokens);
  if (view().getUint8(chunk) !== 0) throw new Error(`no tokens for ${v.prompt}`);
  const word = (i) => view().getUint32(chunk + 4 * i, true);
  results.push({ Text: text(word(1), word(2)), Tokens: word(3), Ended: view().getUint8(chunk + 16) === 1, Wanted: v.text });
  exports[`cabi_post_${next}`]?.(chunk);
  exports[`${contract}#[dtor]generation`]?.(generation);
}
console.log(JSON.stringify(results));
