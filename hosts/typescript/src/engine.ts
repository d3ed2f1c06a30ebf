import { bytesOf, describe, type Bytes } from "./bytes.js";
import { checkContract, type FunctionName, type Offer } from "./contract.js";
import { AbiError, BusyError, ContractError, EmptyDatasetError, type GuestError, InvalidInputError, LimitError, ParseError, StateError } from "./errors.js";
import { Meter } from "./fuel.js";
import { Instance } from "./instance.js";
import { compile, isModule, ownModule } from "./module.js";
import { checkMemoryLimit, checkOptions, integer, MAX_MEMORY, type Checked, type LoadOptions, type Options } from "./options.js";
import {
  asBigInt, asNumber, double, POINT_SIZE, readColumns, readObjects, source,
  type ColumnArrays, type Datapoint, type Integer, type Points, type Source,
} from "./points.js";
import { Summary } from "./summary.js";
import { encode, invalidUTF8, loneSurrogate } from "./text.js";

/** Statistics of a list of values; each is the exact result, rounded once. */
export interface Aggregate {
  /** Finite for finite values, even if their sum is not. */
  mean: number;
  /** The population variance, in the square of the values' unit. */
  variance: number;
  sum: number;
}

/** Statistics of the points of a state. Without points all fields are 0. */
export interface Statistics<T extends number | bigint = number> extends Aggregate {
  count: T;
  /** The smallest value; NaN if any value is NaN. */
  min: number;
  /** The largest value; NaN if any value is NaN. */
  max: number;
  /** The smallest timestamp. */
  first: T;
  /** The largest timestamp. */
  last: T;
}

/** Points that are copied into the module at a time: 128 KiB, which stay in the processor's cache. */
const PIECE = 8192;

/** Bytes of a state that a module may return; the engine's have at most 900. */
const MAX_STATE = 65536;

const EMPTY = new Uint8Array();

/**
 * The compute-pipeline engine. Its methods are synchronous and pure: a result depends on the
 * arguments alone. After an error the engine keeps working; a trap costs only the instance
 * that trapped, and the next call starts another.
 *
 * @typeParam T - how timestamps and counts are returned: `number` or `bigint`
 */
export class Engine<T extends number | bigint = number> {
  readonly #module: WebAssembly.Module;
  readonly #offer: Offer;
  readonly #options: Checked;
  readonly #memoryLimit: number;
  readonly #integer: Integer<T>;
  #instance: Instance | undefined;
  #meter: Meter | undefined;
  #fuelUsed: number | undefined;
  #busy = false;

  /** Use {@link Engine.load} or {@link Engine.from}. */
  private constructor(module: WebAssembly.Module, options: Checked, memoryLimit: number) {
    this.#module = module;
    this.#options = options;
    this.#memoryLimit = memoryLimit;
    this.#integer = (options.timestamps === "bigint" ? asBigInt : asNumber) as Integer<number | bigint> as Integer<T>;
    this.#offer = checkContract(module);
    if (!this.#offer.metered && (options.budget !== Infinity || options.timeLimit !== Infinity)) {
      throw new ContractError(["the module is not metered, which budget and timeLimit need; expected one such as engine.metered.wasm"]);
    }
    this.#instance = this.#start();
  }

  /**
   * Loads the engine: by default the module of this package, from the file beside this one.
   * A browser or worker fetches it.
   *
   * @throws {@link ModuleError} if the module cannot be read or compiled,
   * {@link ContractError} if it does not implement the contract, {@link LimitError} if it
   * does not fit `memoryLimit`, {@link InvalidInputError} for an option
   */
  static load(options: LoadOptions & { timestamps: "bigint" }): Promise<Engine<bigint>>;
  static load(options?: LoadOptions & { timestamps?: "number" }): Promise<Engine<number>>;
  static async load(options: LoadOptions = {}): Promise<Engine<number> | Engine<bigint>> {
    const checked = checkOptions(options, ["module", "memoryLimit"]);
    if (isModule(options.module)) {
      if (options.memoryLimit === undefined) return new Engine<number>(options.module, checked, MAX_MEMORY);
      throw new InvalidInputError("memoryLimit: a WebAssembly.Module has the limit that it was compiled with; expected the module's bytes or URL");
    }
    const memoryLimit = checkMemoryLimit(options.memoryLimit);
    const metered = checked.budget !== Infinity || checked.timeLimit !== Infinity;
    const module = await compile(options.module ?? ownModule(metered), memoryLimit);
    return new Engine<number>(module, checked, memoryLimit);
  }

  /**
   * Makes an engine of a module that is compiled, at once. It is for workers that are given
   * the module.
   *
   * @throws the errors of {@link Engine.load} but for reading and compiling
   */
  static from(module: WebAssembly.Module, options: Options & { timestamps: "bigint" }): Engine<bigint>;
  static from(module: WebAssembly.Module, options?: Options & { timestamps?: "number" }): Engine<number>;
  static from(module: WebAssembly.Module, options: Options = {}): Engine<number> | Engine<bigint> {
    if (!isModule(module)) throw new InvalidInputError(`module: expected a WebAssembly.Module, got ${describe(module)}`);
    return new Engine<number>(module, checkOptions(options), MAX_MEMORY);
  }

  /** The memory of the instance, in bytes; 0 if there is none. */
  get memorySize(): number {
    return this.#instance?.memorySize ?? 0;
  }

  /** The fuel that the last call used, in units; undefined if the module is not metered. */
  get fuelUsed(): number | undefined {
    return this.#fuelUsed;
  }

  /** Drops the instance and its memory, which never shrinks; the next call starts another. */
  reset(): void {
    this.#checkIdle();
    this.#instance = undefined;
  }

  /**
   * Returns mean, population variance and sum of the values, in linear time. Without points
   * all are 0. Any NaN, or infinities of both signs, make all three NaN; infinities of one
   * sign make mean and sum that infinity, and the variance NaN.
   *
   * @throws {@link InvalidInputError} with the index of a point that is none
   */
  computeAggregate(points: Points): Aggregate {
    const checked = this.#source(points);
    return this.#use((instance) => {
      if (checked.length > PIECE && this.#offer.summary) {
        const { mean, variance, sum } = this.#finishState(instance, this.#foldPieces(instance, EMPTY, checked));
        return { mean, variance, sum };
      }
      const result = instance.call("computeAggregate", this.#lowerPoints(instance, checked, 0, checked.length), checked.length);
      const { at, length } = instance.list(instance.area(result, 8, 4), 8, 8);
      if (length !== 3) throw new ContractError([`compute-aggregate returned ${length} numbers, expected mean, variance and sum`]);
      const place = at >>> 3;
      const aggregate = { mean: double(instance, place), variance: double(instance, place + 1), sum: double(instance, place + 2) };
      instance.finish("computeAggregate", result);
      return aggregate;
    });
  }

  /**
   * Parses a JSON array of objects with the fields `timestamp`, an integer from 0 to 2⁶⁴-1,
   * and `value`, a number. Other fields are ignored.
   *
   * @param text - the JSON, as a string or as its bytes in UTF-8
   * @throws {@link ParseError} with the contract's message, line and column;
   * {@link EmptyDatasetError} for an array without points; {@link InvalidInputError} for
   * bytes that are not UTF-8 or a string with half a surrogate pair;
   * {@link UnsafeIntegerError} for a timestamp that is not exact as a number
   */
  validateStream(text: string | Bytes): Datapoint<T>[] {
    return this.#validate(text, (instance, at, length) => readObjects(instance, at, length, this.#integer));
  }

  /** As {@link validateStream}, but returns two lists, which takes less time and memory. */
  validateStreamColumns(text: string | Bytes): ColumnArrays {
    return this.#validate(text, readColumns);
  }

  /**
   * Normalises datapoints that are packed in 16 bytes each, little-endian: a u64 and a
   * double. Returns those with a finite value in the same form, sorted by timestamp; of
   * several with the same timestamp, the last.
   *
   * @throws {@link InvalidInputError} if the length is not a multiple of 16
   */
  processBatch(batch: Bytes): Uint8Array {
    const bytes = this.#bytes("the batch", batch);
    if (bytes.length % POINT_SIZE !== 0) {
      throw new InvalidInputError(`the batch: expected a multiple of ${POINT_SIZE} bytes, got ${bytes.length}`);
    }
    return this.#use((instance) => {
      const result = instance.call("processBatch", lowerBytes(instance, bytes), bytes.length);
      const normal = instance.bytes(instance.area(result, 8, 4)).slice();
      instance.finish("processBatch", result);
      return normal;
    });
  }

  /**
   * Reports whether `expected` is the CRC-32 of the data, that of zlib, gzip and PNG.
   *
   * @param expected - an integer from 0 to 2³²-1
   * @throws {@link InvalidInputError} for another `expected`
   */
  validateChecksum(data: Bytes, expected: number): boolean {
    const bytes = this.#bytes("the data", data);
    integer("expected", expected, 0, 2 ** 32 - 1);
    return this.#use((instance) => {
      const result = instance.call("validateChecksum", lowerBytes(instance, bytes), bytes.length, expected);
      if (result > 1) throw new AbiError(`validate-checksum returned ${result}, expected a bool: 0 or 1`);
      instance.finish("validateChecksum", result);
      return result === 1;
    });
  }

  /**
   * Returns the state of the points of `state` and `points`. No bytes are the state of no
   * points. Equal points give equal bytes, in any order and by any way.
   *
   * @throws {@link StateError} for bytes that are no state, or for more than 2⁶⁴-1 points;
   * {@link InvalidInputError} with the index of a point that is none
   */
  fold(state: Bytes, points: Points): Uint8Array {
    const bytes = this.#bytes("the state", state);
    const checked = this.#source(points);
    return this.#use((instance) => this.#foldPieces(instance, bytes, checked));
  }

  /**
   * Returns the state of the points of both states.
   *
   * @throws {@link StateError} for bytes that are no state, or for more than 2⁶⁴-1 points
   */
  merge(a: Bytes, b: Bytes): Uint8Array {
    const first = this.#bytes("the first state", a);
    const second = this.#bytes("the second state", b);
    return this.#use((instance) => {
      this.#needSummary();
      const result = instance.call("merge", lowerBytes(instance, first), first.length, lowerBytes(instance, second), second.length);
      return readState(instance, "merge", result);
    });
  }

  /**
   * Returns the statistics of the points of a state.
   *
   * @throws {@link StateError} for bytes that are no state; {@link UnsafeIntegerError} for a
   * count or timestamp that is not exact as a number
   */
  finish(state: Bytes): Statistics<T> {
    const bytes = this.#bytes("the state", state);
    return this.#use((instance) => this.#finishState(instance, bytes));
  }

  /**
   * Starts a summary: a state with methods.
   *
   * @param state - the state to begin with, as bytes or as the digits of its JSON
   * @throws {@link StateError} for bytes that are no state
   */
  summary(state: Bytes | string = EMPTY): Summary<T> {
    return new Summary(this, state);
  }

  /** Runs a call on the instance. One that fails within a call is dropped. */
  #use<R>(f: (instance: Instance) => R): R {
    this.#checkIdle();
    this.#busy = true;
    try {
      const instance = (this.#instance ??= this.#start());
      this.#meter?.begin();
      return f(instance);
    } finally {
      this.#fuelUsed = this.#meter?.used;
      if (this.#instance?.pending === true) this.#instance = undefined;
      this.#busy = false;
    }
  }

  #start(): Instance {
    const { budget, timeLimit } = this.#options;
    this.#meter = this.#offer.metered ? new Meter(budget, timeLimit) : undefined;
    return new Instance(this.#module, this.#meter, this.#memoryLimit);
  }

  #checkIdle(): void {
    if (this.#busy) throw new BusyError("the engine was called by a getter of the arguments of a call that runs");
  }

  #needSummary(): void {
    if (!this.#offer.summary) throw new ContractError(["the module does not export the optional interface org:compute-pipeline/summary"]);
  }

  #bytes(what: string, data: Bytes): Uint8Array {
    const bytes = bytesOf(what, data);
    this.#checkSize(what, bytes.length);
    return bytes;
  }

  #source(points: Points): Source {
    const checked = source(points);
    const { maxPoints, maxBytes } = this.#options;
    const size = checked.length * POINT_SIZE;
    const max = this.#offer.summary ? maxPoints : maxBytes;
    if (size > max) {
      throw new LimitError("input", max, `points: ${checked.length} of ${POINT_SIZE} bytes, and ${max} bytes are allowed (maxInput)`);
    }
    return checked;
  }

  #checkSize(what: string, size: number): void {
    const { maxBytes } = this.#options;
    if (size > maxBytes) throw new LimitError("input", maxBytes, `${what} has ${size} bytes, and ${maxBytes} are allowed (maxInput)`);
  }

  #lowerPoints(instance: Instance, points: Source, from: number, to: number): number {
    const at = instance.alloc((to - from) * POINT_SIZE, 8);
    points.write(instance, at, from, to);
    return at;
  }

  #foldPieces(instance: Instance, state: Uint8Array, points: Source): Uint8Array {
    this.#needSummary();
    for (let from = 0; ; ) {
      const to = Math.min(from + PIECE, points.length);
      const at = lowerBytes(instance, state);
      const list = this.#lowerPoints(instance, points, from, to);
      state = readState(instance, "fold", instance.call("fold", at, state.length, list, to - from));
      if (to === points.length) return state;
      from = to;
    }
  }

  #finishState(instance: Instance, state: Uint8Array): Statistics<T> {
    this.#needSummary();
    const result = instance.call("finish", lowerBytes(instance, state), state.length);
    const at = payload(instance, "finish", result, 64, 8, (message) => new StateError(message));
    const place = at >>> 3;
    const integer = (i: number, what: string) => this.#integer(instance, place + i, what);
    const statistics = {
      count: integer(0, "the count"),
      mean: double(instance, place + 1),
      variance: double(instance, place + 2),
      sum: double(instance, place + 3),
      min: double(instance, place + 4),
      max: double(instance, place + 5),
      first: integer(6, "the first timestamp"),
      last: integer(7, "the last timestamp"),
    };
    instance.finish("finish", result);
    return statistics;
  }

  #validate<R>(text: string | Bytes, read: (instance: Instance, at: number, length: number) => R): R {
    const bytes = this.#text(text);
    return this.#use((instance) => {
      const result = instance.call("validateStream", lowerBytes(instance, bytes), bytes.length);
      const list = payload(instance, "validateStream", result, 8, 4, readingError);
      const { at, length } = instance.list(list, POINT_SIZE, 8);
      const points = read(instance, at, length);
      instance.finish("validateStream", result);
      return points;
    });
  }

  /** The bytes of a text, checked to be what a string of WIT may be. */
  #text(text: string | Bytes): Uint8Array {
    if (typeof text === "string") {
      this.#checkSize("the text", text.length); // at least that many
      const at = loneSurrogate(text);
      if (at >= 0) throw new InvalidInputError(`the text: expected Unicode, got half a surrogate pair at index ${at}`, at);
      const bytes = encode(text);
      this.#checkSize("the text", bytes.length);
      return bytes;
    }
    const bytes = this.#bytes("the text", text);
    const at = invalidUTF8(bytes);
    if (at >= 0) throw new InvalidInputError(`the text: expected UTF-8, got another byte (0x${bytes[at]!.toString(16).padStart(2, "0")}) at index ${at}`, at);
    return bytes;
  }
}

function lowerBytes(instance: Instance, bytes: Uint8Array): number {
  const at = instance.alloc(bytes.length, 1);
  instance.u8.set(bytes, at);
  return at;
}

function readingError(message: string): GuestError {
  return message === "Empty dataset" ? new EmptyDatasetError(message) : new ParseError(message);
}

/**
 * Lifts a `result<T, string>` whose T has a size and an alignment: returns the address of T,
 * or throws the err, after the result is freed.
 */
function payload(instance: Instance, f: FunctionName, result: number, size: number, align: number, failed: (message: string) => Error): number {
  const at = instance.area(result, align + Math.max(size, 8), align) + align;
  const which = instance.u8[result]!;
  if (which > 1) throw new AbiError(`${f} returned a result of case ${which}, expected 0 or 1`);
  if (which === 0) return at;
  const error = failed(instance.message(at));
  instance.finish(f, result);
  throw error;
}

function readState(instance: Instance, f: FunctionName, result: number): Uint8Array {
  const at = payload(instance, f, result, 8, 4, (message) => new StateError(message));
  const bytes = instance.bytes(at);
  if (bytes.length > MAX_STATE) {
    throw new LimitError("state", MAX_STATE, `the module returned a state of ${bytes.length} bytes, and ${MAX_STATE} are allowed`);
  }
  const state = bytes.slice();
  instance.finish(f, result);
  return state;
}
