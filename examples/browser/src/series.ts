import type { ColumnArrays, Engine } from "./compute-pipeline/index.js";
import { LAST_SECOND, perSecond, type Unit } from "./epoch.js";
import type { Rows } from "./rows.js";
import { bounds, divides, type Window } from "./window.js";

/** The max number of windows of a series, as of `pipeline run`. It bounds the memory for senseless timestamps. */
export const MAX_WINDOWS = 2 ** 20;

/** The window of each next base, if the one before has too many. */
const COARSER: Partial<Record<Window, Window>> = { "1h": "1d", "1d": "1mo" };

/** More windows than a series may have. */
export class TooManyWindowsError extends Error {
  constructor() {
    super(`the timestamps fall into more than ${MAX_WINDOWS} windows; choose a longer window, or check the unit`);
  }
}

/** A timestamp after the year 9999. */
export class OutsideError extends Error {
  constructor(
    /** The position of the point among those that were added. */
    readonly index: number,
    readonly timestamp: bigint,
  ) {
    super(`timestamp ${timestamp} is after the year 9999`);
  }
}

/**
 * Has a state of the engine for each hour with points. Those of longer windows are merged from
 * them: states of the same points are the same, so a file is read once for all windows.
 */
export class Series {
  readonly #engine: Engine<bigint>;
  readonly #unit: Unit;
  readonly #maxWindows: number;
  #base: Window = "1h";
  /** The states, by the start of their windows. */
  #states = new Map<number, Uint8Array>();
  /** The window of the last point. */
  #current = { lo: 0, hi: 0 };
  points = 0;

  constructor(engine: Engine<bigint>, unit: Unit, maxWindows = MAX_WINDOWS) {
    this.#engine = engine;
    this.#unit = unit;
    this.#maxWindows = maxWindows;
  }

  /** Folds points into their windows. For a timestamp after the year 9999 it adds nothing. */
  add(points: ColumnArrays): void {
    const seconds = toSeconds(points.timestamps, perSecond(this.#unit));
    let sorted = true;
    for (let i = 0; i < seconds.length; i++) {
      if (seconds[i]! > LAST_SECOND) throw new OutsideError(i, points.timestamps[i]!);
      sorted &&= i === 0 || seconds[i - 1]! <= seconds[i]!;
    }
    // The order does not change the result, only the number of calls: when sorted, each
    // window is one run.
    if (sorted) this.#addRuns(seconds, points);
    else {
      const order = Uint32Array.from(seconds, (_, i) => i).sort((a, b) => seconds[a]! - seconds[b]!);
      this.#addRuns(
        Float64Array.from(order, (i) => seconds[i]!),
        { timestamps: BigUint64Array.from({ length: order.length }, (_, k) => points.timestamps[order[k]!]!), values: Float64Array.from(order, (i) => points.values[i]!) },
      );
    }
    this.points += seconds.length;
  }

  #addRuns(seconds: Float64Array, { timestamps, values }: ColumnArrays): void {
    for (let start = 0; start < seconds.length; ) {
      this.#enter(seconds[start]!);
      const { hi } = this.#current;
      let end = start + 1;
      while (end < seconds.length && seconds[end]! < hi) end++;
      const { lo } = this.#current;
      const run = { timestamps: timestamps.subarray(start, end), values: values.subarray(start, end) };
      this.#states.set(lo, this.#engine.fold(this.#states.get(lo) ?? NO_POINTS, run));
      start = end;
    }
  }

  /** Makes the window of a second the current one. */
  #enter(second: number): void {
    if (second >= this.#current.lo && second < this.#current.hi) return;
    this.#current = bounds(this.#base, second);
    while (this.#states.size >= this.#maxWindows && !this.#states.has(this.#current.lo)) {
      const coarser = COARSER[this.#base];
      if (coarser === undefined) throw new TooManyWindowsError();
      this.#states = this.#merged(coarser);
      this.#base = coarser;
      this.#current = bounds(coarser, second);
    }
  }

  #merged(window: Window): Map<number, Uint8Array> {
    if (window === this.#base) return this.#states;
    if (!divides(this.#base, window)) throw new TooManyWindowsError();
    const merged = new Map<number, Uint8Array>();
    let current = { lo: 0, hi: 0 };
    for (const [start, state] of this.#states) {
      if (start < current.lo || start >= current.hi) current = bounds(window, start);
      const before = merged.get(current.lo);
      merged.set(current.lo, before === undefined ? state : this.#engine.merge(before, state));
    }
    return merged;
  }

  /** Returns the statistics of each window with points, in the order of time. */
  rows(window: Window): Rows {
    const states = this.#merged(window);
    const starts = Float64Array.from(states.keys()).sort();
    const { length } = starts;
    const column = (): Float64Array<ArrayBuffer> => new Float64Array(length);
    const rows: Rows = {
      window, unit: this.#unit, length, start: starts, end: column(), count: column(), mean: column(), variance: column(), min: column(), max: column(), sum: column(),
      first: new BigUint64Array(length), last: new BigUint64Array(length),
    };
    for (let i = 0; i < length; i++) {
      const found = this.#engine.finish(states.get(starts[i]!)!);
      rows.end[i] = bounds(window, starts[i]!).hi;
      rows.count[i] = Number(found.count);
      for (const name of ["mean", "variance", "min", "max", "sum"] as const) rows[name][i] = found[name];
      rows.first[i] = found.first;
      rows.last[i] = found.last;
    }
    return rows;
  }
}

const NO_POINTS = new Uint8Array();

/**
 * Divides timestamps by the units of a second, rounding down. It divides in three steps with
 * remainders below 2⁴⁶, which doubles hold: a bigint for each point would take longer.
 */
export function toSeconds(timestamps: BigUint64Array, per: number): Float64Array<ArrayBuffer> {
  const halves = new Uint32Array(timestamps.buffer, timestamps.byteOffset, timestamps.length * 2);
  const seconds = new Float64Array(timestamps.length);
  for (let i = 0; i < seconds.length; i++) {
    const low = halves[2 * i]!;
    const high = halves[2 * i + 1]!;
    if (per === 1) {
      seconds[i] = high * 2 ** 32 + low; // not exact only beyond the year 9999
      continue;
    }
    const q1 = Math.floor(high / per);
    const next = (high - q1 * per) * 65536 + (low >>> 16);
    const q2 = Math.floor(next / per);
    const last = (next - q2 * per) * 65536 + (low & 0xffff);
    seconds[i] = q1 * 2 ** 32 + q2 * 65536 + Math.floor(last / per);
  }
  return seconds;
}
