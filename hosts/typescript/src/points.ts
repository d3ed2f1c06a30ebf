import { checkAttached, describe, tag } from "./bytes.js";
import { InvalidInputError, UnsafeIntegerError } from "./errors.js";
import type { Instance } from "./instance.js";

/** One measurement. */
export interface Datapoint<T extends number | bigint = number | bigint> {
  /** The time, in a unit that the caller chooses: an integer from 0 to 2⁶⁴-1. */
  timestamp: T;
  /** The measured value; every double is allowed. */
  value: number;
}

/** Measurements in two lists of equal length. A BigUint64Array and a Float64Array are the fastest. */
export interface Columns {
  /** The times: integers from 0 to 2⁶⁴-1, as numbers or bigints. */
  readonly timestamps: ArrayLike<number | bigint>;
  /** The measured values. */
  readonly values: ArrayLike<number>;
}

/** The columns that are returned. */
export interface ColumnArrays extends Columns {
  readonly timestamps: BigUint64Array;
  readonly values: Float64Array;
}

/** Measurements, as a list of objects or as two lists. */
export type Points = readonly Datapoint[] | Columns;

/** Bytes of a datapoint in memory: a u64, then a double. */
export const POINT_SIZE = 16;

/** Points whose form is checked, but not each of them. */
export interface Source {
  readonly length: number;
  /** Writes points from `from` up to, not including, `to` at an address, which has room. */
  write(into: Instance, at: number, from: number, to: number): void;
}

/** Checks the form of points. */
export function source(points: unknown): Source {
  if (Array.isArray(points)) return fromObjects(points);
  if (typeof points === "object" && points !== null) {
    const { timestamps, values } = points as { timestamps?: unknown; values?: unknown };
    if (isList(timestamps) && isList(values)) {
      for (const list of [timestamps, values]) if (ArrayBuffer.isView(list)) checkAttached("points", list.buffer);
      return fromColumns(timestamps, values);
    }
  }
  throw new InvalidInputError(`points: expected an array of {timestamp, value}, or {timestamps, values} with two arrays, got ${describe(points)}`);
}

function isList(list: unknown): list is ArrayLike<unknown> {
  return Array.isArray(list) || (ArrayBuffer.isView(list) && tag(list) !== "DataView");
}

function fromObjects(points: readonly unknown[]): Source {
  return {
    length: points.length,
    write({ u32, u64, f64 }, at, from, to) {
      let double = at >>> 3;
      for (let i = from; i < to; i++, double += 2) {
        const point = points[i] as Datapoint | null | undefined;
        if (typeof point !== "object" || point === null) throw noPoint(i, point);
        const { timestamp, value } = point;
        if (typeof timestamp === "number") {
          if (!Number.isSafeInteger(timestamp) || timestamp < 0) throw badTimestamp(i, timestamp);
          u32[double * 2] = timestamp; // its lowest 32 bits
          u32[double * 2 + 1] = timestamp / 2 ** 32;
        } else u64[double] = checkedBigInt(i, timestamp);
        if (typeof value !== "number") throw badValue(i, value);
        f64[double + 1] = value;
      }
    },
  };
}

function fromColumns(timestamps: ArrayLike<unknown>, values: ArrayLike<unknown>): Source {
  const { length } = values;
  if (timestamps.length !== length) {
    throw new InvalidInputError(`points: ${timestamps.length} timestamps and ${length} values, expected as many of each`);
  }
  if (timestamps instanceof BigUint64Array && values instanceof Float64Array) return fromArrays(timestamps, values);
  return {
    length,
    write({ u32, u64, f64 }, at, from, to) {
      let double = at >>> 3;
      for (let i = from; i < to; i++, double += 2) {
        const timestamp = timestamps[i];
        if (typeof timestamp === "number") {
          if (!Number.isSafeInteger(timestamp) || timestamp < 0) throw badTimestamp(i, timestamp);
          u32[double * 2] = timestamp;
          u32[double * 2 + 1] = timestamp / 2 ** 32;
        } else u64[double] = checkedBigInt(i, timestamp);
        const value = values[i];
        if (typeof value !== "number") throw badValue(i, value);
        f64[double + 1] = value;
      }
    },
  };
}

/** A timestamp is copied in two halves: for some runtimes each bigint is an allocation. */
function fromArrays(timestamps: BigUint64Array, values: Float64Array): Source {
  const halves = new Uint32Array(timestamps.buffer, timestamps.byteOffset, timestamps.length * 2);
  return {
    length: values.length,
    write({ u32, f64 }, at, from, to) {
      let double = at >>> 3;
      for (let i = from; i < to; i++, double += 2) {
        u32[double * 2] = halves[i * 2]!;
        u32[double * 2 + 1] = halves[i * 2 + 1]!;
        f64[double + 1] = values[i]!;
      }
    },
  };
}

const MAX_U64 = 2n ** 64n - 1n;

function checkedBigInt(i: number, timestamp: unknown): bigint {
  if (typeof timestamp !== "bigint" || timestamp < 0n || timestamp > MAX_U64) throw badTimestamp(i, timestamp);
  return timestamp;
}

function noPoint(i: number, point: unknown): InvalidInputError {
  return new InvalidInputError(`point ${i}: expected {timestamp, value}, got ${describe(point)}`, i);
}

function badTimestamp(i: number, timestamp: unknown): InvalidInputError {
  const expected = typeof timestamp === "bigint" ? "a bigint from 0 to 2⁶⁴-1"
    : typeof timestamp === "number" && timestamp > Number.MAX_SAFE_INTEGER ? "an integer up to Number.MAX_SAFE_INTEGER, or a bigint"
    : "an integer from 0, as a number or a bigint";
  return new InvalidInputError(`the timestamp of point ${i}: expected ${expected}, got ${describe(timestamp)}`, i);
}

function badValue(i: number, value: unknown): InvalidInputError {
  return new InvalidInputError(`the value of point ${i}: expected a number, got ${describe(value)}`, i);
}

/** Reads integers of 64 bits as numbers or as bigints. */
export type Integer<T extends number | bigint> = (memory: Memory, double: number, what: string, index?: number) => T;

type Memory = Pick<Instance, "u32" | "u64">;

export const asBigInt: Integer<bigint> = ({ u64 }, double) => u64[double]!;

export const asNumber: Integer<number> = ({ u32, u64 }, double, what, index) => {
  const high = u32[double * 2 + 1]!;
  if (high >= 2 ** 21) throw new UnsafeIntegerError(index === undefined ? what : `${what} ${index}`, u64[double]!);
  return high * 2 ** 32 + u32[double * 2]!;
};

/** Reads a double; every NaN is the canonical one. */
export function double({ f64 }: Pick<Instance, "f64">, i: number): number {
  const value = f64[i]!;
  return Number.isNaN(value) ? NaN : value;
}

/** Reads `length` points at an address. */
export function readObjects<T extends number | bigint>(memory: Instance, at: number, length: number, integer: Integer<T>): Datapoint<T>[] {
  const points = new Array<Datapoint<T>>(length);
  let place = at >>> 3;
  for (let i = 0; i < length; i++, place += 2) {
    points[i] = { timestamp: integer(memory, place, "the timestamp of point", i), value: double(memory, place + 1) };
  }
  return points;
}

/** Reads `length` points at an address. */
export function readColumns(memory: Instance, at: number, length: number): ColumnArrays {
  const halves = new Uint32Array(length * 2);
  const values = new Float64Array(length);
  let place = at >>> 3;
  for (let i = 0; i < length; i++, place += 2) {
    halves[i * 2] = memory.u32[place * 2]!;
    halves[i * 2 + 1] = memory.u32[place * 2 + 1]!;
    values[i] = double(memory, place + 1);
  }
  return { timestamps: new BigUint64Array(halves.buffer), values };
}
