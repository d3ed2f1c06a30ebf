// Which columns of a CSV file have the timestamp and the value, as `pipeline run` decides it.

import { DataError } from "./failure.js";

/** Names of columns, in order of preference. Only letters and digits count, in either case. */
const TIME_NAMES = ["timestamp", "time", "ts", "datetime", "date", "epoch", "unixtime", "unix", "t"];
const VALUE_NAMES = ["value", "val", "v", "temperature", "temp", "reading", "measurement", "y"];

/** The columns that a user chose, by their places: two may have the same name, or none. */
export interface ChosenColumns {
  readonly time?: number;
  readonly value?: number;
}

/** Returns the columns of a header. In a file of two columns, the other one is the value. */
export function findColumns(header: readonly string[], chosen: ChosenColumns): { time: number; value: number } {
  const time = chosen.time ?? find(header, TIME_NAMES);
  const found = chosen.value ?? find(header, VALUE_NAMES);
  const value = found < 0 && header.length === 2 && time >= 0 ? 1 - time : found;
  const refuse = (message: string): never => {
    throw new DataError(message, { place: { line: 1 }, columns: { names: header.map((name) => name.trim()), time, value: value === time ? -1 : value } });
  };
  const missing = (usual: readonly string[], what: string): never =>
    refuse(`no column is recognised as the ${what} (${usual.join(", ")}); choose one of: ${quoteAll(header)}`);
  if (time < 0) missing(TIME_NAMES, "time");
  if (value < 0) missing(VALUE_NAMES, "value");
  if (time === value) refuse(`column ${JSON.stringify(header[time])} cannot be both the time and the value`);
  return { time, value };
}

/** The place of the first usual name; -1 if there is none. */
function find(header: readonly string[], usual: readonly string[]): number {
  const plain = header.map((name) => name.toLowerCase().replace(/[^a-z0-9]/g, ""));
  return usual.map((name) => plain.indexOf(name)).find((at) => at >= 0) ?? -1;
}

function quoteAll(names: readonly string[]): string {
  const quoted = names.slice(0, 20).map((name) => JSON.stringify(name.trim().slice(0, 40)));
  return [...quoted, ...(names.length > 20 ? ["…"] : [])].join(", ");
}
