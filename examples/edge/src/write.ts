// Points and numbers as `pipeline serve` writes them, byte for byte.

import type { Format } from "compute-pipeline";

/** Points in two columns. */
export interface Columns {
  readonly timestamps: BigUint64Array;
  readonly values: Float64Array;
}

/** Points that are written at a time. */
const AT_A_TIME = 1024;

const encoder = new TextEncoder();

/** A stream of points, which are written as the client reads it. */
export function pointStream(pieces: readonly Columns[], format: Format): ReadableStream<Uint8Array> {
  const parts = written(pieces, format);
  return new ReadableStream({
    pull(controller) {
      const { done, value } = parts.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
}

function* written(pieces: readonly Columns[], format: Format): Generator<Uint8Array, void, undefined> {
  let separator = format === "json" ? "[" : "";
  for (const { timestamps, values } of pieces) {
    for (let from = 0; from < values.length; from += AT_A_TIME) {
      const to = Math.min(from + AT_A_TIME, values.length);
      if (format === "packed") {
        yield packed({ timestamps: timestamps.subarray(from, to), values: values.subarray(from, to) });
        continue;
      }
      let text = "";
      for (let i = from; i < to; i++) {
        text += `${separator}{"timestamp":${timestamps[i]},"value":${double(values[i]!)}}`;
        if (format === "json") separator = ",";
        else text += "\n";
      }
      yield encoder.encode(text);
    }
  }
  if (format === "json") yield encoder.encode(separator === "[" ? "[]" : "]");
}

/** Points in 16 bytes each, little-endian: a u64 and a double. */
export function packed({ timestamps, values }: Columns): Uint8Array {
  const bytes = new Uint8Array(values.length * 16);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) {
    view.setBigUint64(i * 16, timestamps[i]!, true);
    view.setFloat64(i * 16 + 8, values[i]!, true);
  }
  return bytes;
}

/** The points of bytes as {@link packed} makes them. */
export function unpacked(bytes: Uint8Array): Columns {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = bytes.length / 16;
  const columns = { timestamps: new BigUint64Array(count), values: new Float64Array(count) };
  for (let i = 0; i < count; i++) {
    columns.timestamps[i] = view.getBigUint64(i * 16, true);
    columns.values[i] = view.getFloat64(i * 16 + 8, true);
  }
  return columns;
}

/**
 * A double as JSON: the shortest number that reads back as the same bits, in the form of Go's
 * `strconv` with 'g', or a string for what is not a number of JSON.
 */
export function double(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [digits, power] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return String(value);
  return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
