import "./webassembly.js";

export type { Bytes } from "./bytes.js";
export { Engine, type Aggregate, type Statistics } from "./engine.js";
export {
  AbiError,
  BusyError,
  ComputePipelineError,
  ContractError,
  EmptyDatasetError,
  GuestError,
  InvalidInputError,
  LimitError,
  ModuleError,
  ParseError,
  StateError,
  TrapError,
  UnsafeIntegerError,
  type ErrorCode,
  type Limit,
} from "./errors.js";
export type { LoadOptions, Options, Timestamps } from "./options.js";
export type { ColumnArrays, Columns, Datapoint, Points } from "./points.js";
export { readPoints, type ByteStream, type Format, type ReadOptions } from "./read.js";
export { Summary } from "./summary.js";
