// Results against exact rational arithmetic, and the same results by every way.

import { Engine } from "../dist/index.js";
import { equal, Random, test } from "./harness.js";

const engine = await Engine.load();
const random = new Random(12);
const SCALE = 1074n;

/** A finite double as an integer in units of 2⁻¹⁰⁷⁴. */
function units(value) {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0];
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & (2n ** 52n - 1n);
  const magnitude = exponent === 0n ? fraction : (fraction + 2n ** 52n) << (exponent - 1n);
  return value < 0 ? -magnitude : magnitude;
}

/** The double nearest to n / d · 2⁻ˢᶜᵃˡᵉ, ties to even. */
function nearest(n, d, scale) {
  if (n === 0n) return 0;
  if (n < 0n) return -nearest(-n, d, scale);
  // As units of 2⁻¹⁰⁷⁴, then with at most 53 bits.
  if (scale > SCALE) d <<= scale - SCALE;
  const whole = n / d;
  const drop = BigInt(Math.max(0, whole.toString(2).length - 53));
  d <<= drop;
  let mantissa = n / d;
  const rest = 2n * (n % d);
  if (rest > d || (rest === d && mantissa % 2n === 1n)) mantissa++;
  // Exact: a number of 53 bits, by powers of 2.
  let result = Number(mantissa);
  for (let exponent = Number(drop) - 1074; exponent !== 0;) {
    const step = Math.max(-1000, Math.min(1000, exponent));
    result *= 2 ** step;
    exponent -= step;
  }
  return result;
}

function reference(values) {
  const n = BigInt(values.length);
  const x = values.map(units);
  const sum = x.reduce((a, b) => a + b, 0n);
  const squares = x.reduce((a, b) => a + b * b, 0n);
  return { mean: nearest(sum, n, SCALE), variance: nearest(n * squares - sum * sum, n * n, 2n * SCALE), sum: nearest(sum, 1n, SCALE) };
}

/** A random double with an exponent from around 2⁻ʷⁱᵈᵗʰ to 2ʷⁱᵈᵗʰ. */
function value(width) {
  const bits = (random.bits() & 0x800f_ffff_ffff_ffffn) | (BigInt(1023 - width + random.below(2 * width + 1)) << 52n);
  return new Float64Array(BigUint64Array.of(bits).buffer)[0];
}

test("mean, variance and sum are the exact ones, rounded once", () => {
  for (let n = 0; n < 400; n++) {
    const width = [2, 30, 300, 1020][n % 4];
    const values = Array.from({ length: 1 + random.below(12) }, () => value(width));
    if (n % 3 === 0) values.push(...values.map((x) => -x)); // sums that cancel
    const points = values.map((value) => ({ timestamp: 0, value }));
    equal(engine.computeAggregate(points), reference(values), JSON.stringify(values));
  }
});

test("objects and columns, numbers and bigints, pieces and the whole give the same state", () => {
  for (const length of [0, 1, 2, 8191, 8192, 8193, 20_000]) {
    const timestamps = BigUint64Array.from({ length }, () => BigInt(random.below(2 ** 31)) * 2_097_151n);
    const values = Float64Array.from({ length }, () => value(40));
    const numbers = Array.from(timestamps, Number);
    const cut = random.below(length + 1);
    const empty = new Uint8Array();
    const want = engine.fold(empty, { timestamps, values });
    for (const state of [
      engine.fold(empty, Array.from(values, (value, i) => ({ timestamp: timestamps[i], value }))),
      engine.fold(empty, Array.from(values, (value, i) => ({ timestamp: numbers[i], value }))),
      engine.fold(empty, { timestamps: numbers, values: Array.from(values) }),
      engine.fold(empty, { timestamps: timestamps.toReversed?.() ?? timestamps.slice().reverse(), values: values.slice().reverse() }),
      engine.fold(engine.fold(empty, { timestamps: timestamps.subarray(cut), values: values.subarray(cut) }), { timestamps: timestamps.subarray(0, cut), values: values.subarray(0, cut) }),
    ]) equal(state, want, `${length} points, cut at ${cut}`);
  }
});

test("what is written as JSON is read as it was", () => {
  const points = Array.from({ length: 2000 }, () => ({ timestamp: random.below(2 ** 52), value: value(1000) }));
  const text = JSON.stringify(points);
  equal(engine.validateStream(text), points);
  const { timestamps, values } = engine.validateStreamColumns(new TextEncoder().encode(text));
  equal(Array.from(timestamps, Number), points.map((p) => p.timestamp));
  equal([...values], points.map((p) => p.value));
});
