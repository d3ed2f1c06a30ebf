/** What kind of error it is; each is the `code` of one class. */
export type ErrorCode =
  | "invalid-input"
  | "unsafe-integer"
  | "parse"
  | "empty"
  | "state"
  | "trap"
  | "limit"
  | "module"
  | "contract"
  | "abi"
  | "busy";

/** The limits that a {@link LimitError} names. */
export type Limit =
  /** The size of an argument, `maxInput`, in bytes. */
  | "input"
  /** The memory of the instance, `memoryLimit`, in bytes. */
  | "memory"
  /** The fuel of one call, `budget`, in units. */
  | "fuel"
  /** The time of one call, `timeLimit`, in milliseconds. */
  | "time"
  /** The depth of the call stack, which the runtime sets; `max` is 0. */
  | "stack"
  /** The size of a state that the module returns, in bytes. */
  | "state"
  /** The size of the module, in bytes. */
  | "module";

/** The base class of every error that this package throws. */
export abstract class ComputePipelineError extends Error {
  /** The kind of error, for programs that do not use `instanceof`. */
  abstract readonly code: ErrorCode;

  /** Returns the error's class, code, message and fields, for `JSON.stringify`. */
  toJSON(): Record<string, unknown> {
    const fields: object = this; // those that a class declares
    return { name: this.name, message: this.message, ...fields };
  }
}

/** An argument or option was refused; the module was not called with it. */
export class InvalidInputError extends ComputePipelineError {
  static {
    this.prototype.name = "InvalidInputError";
  }
  override readonly code = "invalid-input";
  /** The position of the point, byte or character that was refused, if it is one. */
  readonly index?: number;

  constructor(message: string, index?: number) {
    super(message);
    if (index !== undefined) this.index = index;
  }
}

/**
 * A result has an integer beyond `Number.MAX_SAFE_INTEGER`, and the engine was loaded for
 * numbers. Load it with `timestamps: "bigint"`.
 */
export class UnsafeIntegerError extends ComputePipelineError {
  static {
    this.prototype.name = "UnsafeIntegerError";
  }
  override readonly code = "unsafe-integer";
  /** The integer's decimal digits. */
  readonly digits: string;

  constructor(what: string, value: bigint) {
    super(`${what} is ${value}, more than a number holds exactly (${Number.MAX_SAFE_INTEGER}); load the engine with timestamps: "bigint"`);
    this.digits = String(value);
  }
}

/** The module returned an error of its own: the err of a WIT `result`. The instance goes on. */
export abstract class GuestError extends ComputePipelineError {}

/** The text is not a list of datapoints. The message is the contract's, `Parse failed: …`. */
export class ParseError extends GuestError {
  static {
    this.prototype.name = "ParseError";
  }
  override readonly code = "parse";
  /** The line of the error, from 1, if the message ends with its position. */
  readonly line?: number;
  /** The column of the error in bytes, from 1; 0 is the end of the line before. */
  readonly column?: number;
  /** The offset of the error in a stream, in bytes, from 0; only errors of `readPoints` have it. */
  readonly offset?: number;

  constructor(message: string, offset?: number) {
    super(message);
    if (offset !== undefined) this.offset = offset;
    const at = /at line (\d+) column (\d+)$/.exec(message);
    if (at !== null) {
      this.line = Number(at[1]);
      this.column = Number(at[2]);
    }
  }
}

/** The text has no datapoints. The message is the contract's, `Empty dataset`. */
export class EmptyDatasetError extends GuestError {
  static {
    this.prototype.name = "EmptyDatasetError";
  }
  override readonly code = "empty";
}

/** Bytes are not a state, or the state would have too many points. */
export class StateError extends GuestError {
  static {
    this.prototype.name = "StateError";
  }
  override readonly code = "state";
}

/**
 * The module trapped. The message is that of its panic, if it left one, or else the
 * runtime's; `cause` is the runtime's error, with a stack. The next call has a new instance.
 */
export class TrapError extends ComputePipelineError {
  static {
    this.prototype.name = "TrapError";
  }
  override readonly code = "trap";

  constructor(message: string, cause: unknown) {
    super(message, { cause });
  }
}

/** A limit was reached. */
export class LimitError extends ComputePipelineError {
  static {
    this.prototype.name = "LimitError";
  }
  override readonly code = "limit";
  /** Which limit. */
  readonly limit: Limit;
  /** The limit's value, in the unit that {@link Limit} names. */
  readonly max: number;

  constructor(limit: Limit, max: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.limit = limit;
    this.max = max;
  }
}

/** The module could not be read or compiled. */
export class ModuleError extends ComputePipelineError {
  static {
    this.prototype.name = "ModuleError";
  }
  override readonly code = "module";

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** The module does not implement the contract, or returned what the contract forbids. */
export class ContractError extends ComputePipelineError {
  static {
    this.prototype.name = "ContractError";
  }
  override readonly code = "contract";
  /** Everything that is wrong. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("; "));
    this.problems = problems;
  }
}

/** The module violated the canonical ABI. The next call has a new instance. */
export class AbiError extends ComputePipelineError {
  static {
    this.prototype.name = "AbiError";
  }
  override readonly code = "abi";
}

/** The engine was called by a getter of the arguments of a call that runs. */
export class BusyError extends ComputePipelineError {
  static {
    this.prototype.name = "BusyError";
  }
  override readonly code = "busy";
}
