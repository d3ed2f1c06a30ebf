import { secondOf, type Unit } from "./epoch.js";
import type { Window } from "./window.js";

/** The statistics of windows, in columns, which pass from the worker to the page without a copy. */
export interface Rows {
  readonly window: Window;
  readonly unit: Unit;
  readonly length: number;
  /** Where windows begin and end, in seconds since 1970; 0 and Infinity with `all`. */
  readonly start: Float64Array<ArrayBuffer>;
  readonly end: Float64Array<ArrayBuffer>;
  readonly count: Float64Array<ArrayBuffer>;
  readonly mean: Float64Array<ArrayBuffer>;
  readonly variance: Float64Array<ArrayBuffer>;
  readonly min: Float64Array<ArrayBuffer>;
  readonly max: Float64Array<ArrayBuffer>;
  readonly sum: Float64Array<ArrayBuffer>;
  /** The timestamps of the first and the last point. */
  readonly first: BigUint64Array<ArrayBuffer>;
  readonly last: BigUint64Array<ArrayBuffer>;
}

/** The standard deviation of a window's values. */
export const deviation = (rows: Rows, i: number): number => Math.sqrt(rows.variance[i]!);

/** The buffers of rows, to transfer them. */
export function buffersOf(rows: Rows): ArrayBuffer[] {
  return [rows.start, rows.end, rows.count, rows.mean, rows.variance, rows.min, rows.max, rows.sum, rows.first, rows.last].map(({ buffer }) => buffer);
}

/** From when to when a window is, in seconds: with `all` from the first point to the last. */
export function span(rows: Rows, i: number): { from: number; to: number } {
  if (rows.window !== "all") return { from: rows.start[i]!, to: rows.end[i]! };
  const time = (timestamp: bigint): number => {
    const { second, nanoseconds } = secondOf(timestamp, rows.unit);
    return second + nanoseconds / 1e9;
  };
  return { from: time(rows.first[i]!), to: time(rows.last[i]!) };
}
