import { FUEL, FUNCTIONS, POST_RETURN, REALLOC, type FunctionName } from "./contract.js";
import { AbiError, ContractError, LimitError, TrapError } from "./errors.js";
import type { Meter } from "./fuel.js";
import { isShared } from "./bytes.js";
import { MAX_MESSAGE, messageIn } from "./panic.js";
import { beginning, decode } from "./text.js";

/** Bytes that a list or string may have: the canonical ABI's limit. */
export const MAX_LIST = 2 ** 28 - 1;

/** An exported function; those that a call does not need are undefined. */
type Exported = (a: number, b?: number, c?: number, d?: number) => unknown;

/** A function of the contract and the one that frees its result, if the module has them. */
interface Callable {
  readonly name: string;
  readonly run: Exported | undefined;
  readonly nameOfFree: string;
  readonly free: Exported | undefined;
}

/**
 * A started module. It serves one call at a time: lower the arguments with {@link alloc},
 * {@link call}, lift the result, {@link finish}. After any error in between it is broken.
 */
export class Instance {
  /** Views of the whole memory. They are other ones after every run of the module. */
  u8!: Uint8Array;
  u32!: Uint32Array;
  u64!: BigUint64Array;
  f64!: Float64Array;
  /** Whether a call has begun and not finished. */
  pending = false;

  readonly #memory: WebAssembly.Memory;
  readonly #exports: WebAssembly.Exports;
  readonly #realloc: Exported;
  readonly #functions: Readonly<Record<FunctionName, Callable>>;
  readonly #meter: Meter | undefined;
  readonly #memoryLimit: number;

  constructor(module: WebAssembly.Module, meter: Meter | undefined, memoryLimit: number) {
    this.#meter = meter;
    this.#memoryLimit = memoryLimit;
    meter?.begin();
    try {
      this.#exports = new WebAssembly.Instance(module, meter?.imports ?? {}).exports;
    } catch (error) {
      throw this.#failure("while it started", error);
    }
    this.#memory = this.#exports["memory"] as WebAssembly.Memory;
    if (isShared(this.#memory.buffer)) throw new ContractError(["the module's memory is shared, expected an ordinary one"]);
    if (meter !== undefined) {
      meter.check();
      meter.global = this.#exports[FUEL] as WebAssembly.Global;
      if (typeof meter.global.value !== "bigint") throw new ContractError([`the module's global ${FUEL} is no i64`]);
    }
    this.#realloc = this.#exported(REALLOC, 4)!;
    this.#functions = Object.fromEntries(Object.entries(FUNCTIONS).map(([key, { name, params }]) => [key, {
      name, run: this.#exported(name, params), nameOfFree: POST_RETURN + name, free: this.#exported(POST_RETURN + name, 1),
    }])) as Record<FunctionName, Callable>;
    this.#refresh();
  }

  /** The size of the memory, in bytes. */
  get memorySize(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Asks the module for room, and returns its address. */
  alloc(size: number, align: number): number {
    this.pending = true;
    const at = this.#address(REALLOC, this.#run(this.#realloc, REALLOC, 0, 0, align, size));
    this.#within("what realloc returned", at, size, align);
    return at;
  }

  /** Calls a function, and returns what it returned: a number, or an address. */
  call(f: FunctionName, a: number, b: number, c?: number, d?: number): number {
    this.pending = true;
    const { name, run } = this.#functions[f];
    return this.#address(name, this.#run(run!, name, a, b, c, d));
  }

  /** Frees the result of a function. */
  finish(f: FunctionName, result: number): void {
    const { nameOfFree, free } = this.#functions[f];
    if (free !== undefined) this.#run(free, nameOfFree, result);
    this.#meter?.check();
    this.pending = false;
  }

  /** Checks a result's area, and returns its address. */
  area(at: number, size: number, align: number): number {
    this.#within("a result", at, size, align);
    return at;
  }

  /** Reads the place of a list at an address, and checks it. */
  list(at: number, size: number, align: number): { at: number; length: number } {
    const start = this.u32[at >>> 2]!;
    const length = this.u32[(at >>> 2) + 1]!;
    if (length * size > MAX_LIST) {
      throw new AbiError(`a list has ${length} elements of ${size} bytes, more than the ${MAX_LIST} bytes that it may have`);
    }
    this.#within("a list", start, length * size, align);
    return { at: start, length };
  }

  /** Reads the list of bytes at an address: a view, until the module runs again. */
  bytes(at: number): Uint8Array {
    const list = this.list(at, 1, 1);
    return this.u8.subarray(list.at, list.at + list.length);
  }

  /** Reads the string at an address, and cuts it if it is long. */
  message(at: number): string {
    const whole = this.bytes(at);
    const kept = beginning(whole, MAX_MESSAGE);
    const text = decode(kept);
    if (text === undefined) throw new AbiError("a string of the module is not UTF-8");
    return kept.length === whole.length ? text : `${text}… (${whole.length} bytes)`;
  }

  #within(what: string, at: number, size: number, align: number): void {
    if (at % align !== 0) throw new AbiError(`${what} at address ${at} is not aligned to ${align}`);
    if (at + size > this.u8.length) {
      throw new AbiError(`${what} at address ${at} with ${size} bytes is outside of the memory of ${this.u8.length} bytes`);
    }
  }

  /** The i32 that a function returned, without its sign. */
  #address(name: string, result: unknown): number {
    if (typeof result !== "number" || (result | 0) !== result) {
      throw new ContractError([`${name} returned ${String(result)}, expected an i32: the function has another type`]);
    }
    return result >>> 0;
  }

  /** The exported function of a name, if there is one. */
  #exported(name: string, params: number): Exported | undefined {
    const f = this.#exports[name];
    if (typeof f === "function" && f.length !== params) {
      throw new ContractError([`${name} has ${f.length} parameters of core WebAssembly, expected ${params}`]);
    }
    return f as Exported | undefined;
  }

  #run(f: Exported, name: string, a: number, b?: number, c?: number, d?: number): unknown {
    try {
      return f(a, b, c, d);
    } catch (error) {
      throw this.#failure(`in ${name}`, error);
    } finally {
      this.#refresh();
    }
  }

  /** Makes the views anew if the memory has grown. */
  #refresh(): void {
    const { buffer } = this.#memory;
    if (this.u8?.buffer === buffer) return;
    this.u8 = new Uint8Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.u64 = new BigUint64Array(buffer);
    this.f64 = new Float64Array(buffer);
  }

  /** The error of a module that ended with an exception. */
  #failure(where: string, error: unknown): Error {
    const stopped = this.#meter?.stopped;
    if (stopped !== undefined) return stopped;
    if (error instanceof WebAssembly.RuntimeError) {
      if (error.stack?.includes(`${FUEL}.stack-exhausted`)) return this.#stack(error);
      const message = messageIn(this.#exports);
      if (message?.startsWith("out of memory")) {
        return new LimitError("memory", this.#memoryLimit, `${message}; the memory may have ${this.#memoryLimit} bytes (memoryLimit)`, error);
      }
      return new TrapError(message ?? `${error.message} (${where})`, error);
    }
    if (error instanceof WebAssembly.LinkError) return new ContractError([error.message]);
    // The runtime's own limit, which is a RangeError, or an InternalError in Firefox.
    if (error instanceof RangeError || (error as Error | undefined)?.name === "InternalError") return this.#stack(error);
    // A parameter or result has a type that a number is not.
    if (error instanceof TypeError) return new ContractError([`${where}: ${error.message}`]);
    return new TrapError(`an exception of the module (${where})`, error);
  }

  #stack(cause: unknown): LimitError {
    return new LimitError("stack", 0, "call stack exhausted", cause);
  }
}
