import { describe } from "./bytes.js";
import { InvalidInputError } from "./errors.js";
import { MAX_LIST } from "./instance.js";
import { PAGE } from "./memory_limit.js";

/** How the engine returns integers of 64 bits: timestamps and counts. */
export type Timestamps = "number" | "bigint";

/** Options of an engine. */
export interface Options {
  /**
   * How timestamps and counts are returned. As numbers, by default, results are JSON-able,
   * and one beyond `Number.MAX_SAFE_INTEGER` is an `UnsafeIntegerError`. Arguments may
   * always have both.
   */
  timestamps?: Timestamps;
  /**
   * The largest argument, in bytes of UTF-8 or 16 a point; a larger one is a `LimitError`.
   * The default is 2²⁸-1 for texts and bytes, and no limit for points, which are copied in
   * pieces.
   */
  maxInput?: number;
  /**
   * The fuel that one call may use, in units of about one instruction; the same for the same
   * call on every machine. A call that needs more is a `LimitError`. It needs a metered
   * module, which takes a little longer and is loaded by default if this is set.
   */
  budget?: number;
  /**
   * The time that one call may run in the module, in milliseconds, by `performance.now()`;
   * beyond it the call is a `LimitError`. It needs a metered module, as `budget` does.
   */
  timeLimit?: number;
}

/** Options of {@link Engine.load}. */
export interface LoadOptions extends Options {
  /**
   * The module: compiled, its bytes, where it is, or a response with it. The default is the
   * engine of this package, from the file beside this one. Strings are URLs.
   */
  module?: WebAssembly.Module | ArrayBuffer | ArrayBufferView | URL | string | Response | Promise<Response>;
  /**
   * The largest memory of an instance in bytes, a multiple of 65,536 up to 2³². Beyond it
   * the call is a `LimitError`. The default is 256 MiB. A `WebAssembly.Module` has the limit
   * that it was compiled with.
   */
  memoryLimit?: number;
}

/** Options that were checked, with defaults. */
export interface Checked {
  readonly timestamps: Timestamps;
  readonly maxBytes: number;
  readonly maxPoints: number;
  readonly budget: number;
  readonly timeLimit: number;
}

const OPTIONS = ["timestamps", "maxInput", "budget", "timeLimit"];

/** Checks options; `more` are the names of others that are checked elsewhere. */
export function checkOptions(options: Options, more: readonly string[] = []): Checked {
  if (typeof options !== "object" || options === null) throw new InvalidInputError(`options: expected an object, got ${describe(options)}`);
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name) && !more.includes(name)) {
      throw new InvalidInputError(`there is no option ${name}, expected one of ${[...more, ...OPTIONS].join(", ")}`);
    }
  }
  const { timestamps = "number", maxInput, budget = Infinity, timeLimit = Infinity } = options;
  if (timestamps !== "number" && timestamps !== "bigint") {
    throw new InvalidInputError(`timestamps: expected "number" or "bigint", got ${describe(timestamps)}`);
  }
  if (maxInput !== undefined) integer("maxInput", maxInput, 0, Number.MAX_SAFE_INTEGER);
  if (budget !== Infinity) integer("budget", budget, 1, Number.MAX_SAFE_INTEGER);
  if (!(typeof timeLimit === "number" && timeLimit > 0)) {
    throw new InvalidInputError(`timeLimit: expected a number of milliseconds above 0, got ${describe(timeLimit)}`);
  }
  return { timestamps, maxBytes: Math.min(maxInput ?? MAX_LIST, MAX_LIST), maxPoints: maxInput ?? Infinity, budget, timeLimit };
}

/** The default memory limit, that of the Go package: 256 MiB. */
const MEMORY_LIMIT = 2 ** 28;

/** Bytes of the largest memory that WebAssembly's 32-bit addresses reach. */
export const MAX_MEMORY = 2 ** 32;

/** Checks the memory limit. */
export function checkMemoryLimit(limit: number | undefined): number {
  if (limit === undefined) return MEMORY_LIMIT;
  integer("memoryLimit", limit, PAGE, MAX_MEMORY);
  if (limit % PAGE !== 0) throw new InvalidInputError(`memoryLimit: expected a multiple of ${PAGE} bytes, got ${limit}`);
  return limit;
}

/** Checks that a value is an integer within bounds. */
export function integer(what: string, value: unknown, min: number, max: number): asserts value is number {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    throw new InvalidInputError(`${what}: expected an integer from ${min} to ${max}, got ${describe(value)}`);
  }
}
