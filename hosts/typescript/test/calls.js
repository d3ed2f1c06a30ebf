// The functions of the contract, called with values in the notation of docs/vectors.md.

import { GuestError } from "../dist/index.js";
import { fromJSON, toJSON } from "../../../tests/node/vectors.js";

/** The functions of the contract as the vectors name them. */
const METHODS = {
  "org:analytics/metrics#compute-aggregate": (engine, points) => {
    const { mean, variance, sum } = engine.computeAggregate(points);
    return [mean, variance, sum];
  },
  "org:analytics/metrics#validate-stream": (engine, text) => engine.validateStream(text),
  "org:compute/pipeline#process-batch": (engine, batch) => engine.processBatch(batch),
  "org:compute/pipeline#validate-checksum": (engine, data, expected) => engine.validateChecksum(data, expected),
  "org:compute-pipeline/summary#fold": (engine, state, points) => engine.fold(state, points),
  "org:compute-pipeline/summary#merge": (engine, a, b) => engine.merge(a, b),
  "org:compute-pipeline/summary#finish": (engine, state) => engine.finish(state),
};

/** Calls a function with JSON, and returns JSON. */
export function call(engine, types, name, args) {
  const { params, result } = types[name];
  const values = params.map((type, i) => fromJSON(type, args[i]));
  const [ok, err] = result?.result ?? [result];
  try {
    const value = METHODS[name](engine, ...values);
    return err === undefined ? toJSON(ok, value) : { ok: toJSON(ok, value) };
  } catch (error) {
    if (err === undefined || !(error instanceof GuestError)) throw error;
    return { err: error.message };
  }
}
