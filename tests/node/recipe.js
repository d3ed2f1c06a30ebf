// Makes the states of the summary cases: folds and merges by the guest, cuts
// and damage by this program.

import { crc32 } from "./crc32.js";
import { points, unhex } from "./expand.js";

/** Follows the recipe; a WIT error is thrown by the guest's own functions. */
export function make(summary, sets, recipe) {
  if ("hex" in recipe) return unhex(recipe.hex);
  if ("fold" in recipe) {
    let state = make(summary, sets, recipe.fold);
    const all = points(recipe.points, sets);
    const by = recipe.by ?? Math.max(all.length, 1);
    // An empty list is still one call.
    for (let i = 0; i < Math.max(all.length, 1); i += by) state = summary.fold(state, all.slice(i, i + by));
    return state;
  }
  if ("merge" in recipe) {
    const [a, b] = recipe.merge.map((one) => make(summary, sets, one));
    return summary.merge(a, b);
  }
  if ("double" in recipe) {
    let state = make(summary, sets, recipe.double);
    for (let i = 0; i < recipe.times; i++) state = summary.merge(state, state);
    return state;
  }
  if ("edit" in recipe) return edit(make(summary, sets, recipe.edit), recipe);
  throw new Error(`unknown recipe with ${Object.keys(recipe)}`);
}

function edit(state, { keep, xor = [], append = "", seal = false }) {
  let edited = Uint8Array.from(state);
  if (keep !== undefined) edited = edited.slice(0, index(keep, edited.length));
  for (const [at, mask] of xor) {
    const i = index(at, edited.length);
    if (i >= edited.length) throw new RangeError(`edit at ${at} of a state of ${edited.length} bytes`);
    edited[i] ^= mask;
  }
  edited = Uint8Array.of(...edited, ...unhex(append));
  if (seal) {
    const body = edited.length - 4;
    if (body < 0) throw new RangeError(`no room for a checksum in ${edited.length} bytes`);
    new DataView(edited.buffer).setUint32(body, crc32(edited.subarray(0, body)), true);
  }
  return edited;
}

/** A position; a negative one counts from the end. */
function index(at, length) {
  const absolute = at < 0 ? at + length : at;
  if (absolute < 0 || absolute > length) throw new RangeError(`position ${at} in a state of ${length} bytes`);
  return absolute;
}
