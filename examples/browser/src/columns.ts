// Which columns of a CSV file have the timestamp and the value, as `pipeline run` decides it.

import { DataError } from "./failure.js";

/** Names of columns, in order of preference. Only letters and digits count, in either case. */
const TIME_NAMES = ["timestamp", "time", "ts", "datetime", "date", "epoch", "unixtime", "unix", "t"];
const VALUE_NAMES = ["value", "val", "v", "temperature", "temp", "reading", "measurement", "y"];

/** The names that a user chose. */
export interface ColumnNames {
  readonly time?: string;
  readonly value?: string;
}

/** Returns the columns of a header. In a file of two columns, the other one is the value. */
export function findColumns(header: readonly string[], names: ColumnNames): { time: number; value: number } {
  const refuse = (message: string): never => {
    throw new DataError(message, { place: { line: 1 }, columns: header.map((name) => name.trim()) });
  };
  const column = (given: string | undefined, usual: readonly string[], what: string, other: number): number => {
    if (given !== undefined) {
      const at = header.findIndex((name) => name.trim() === given);
      return at >= 0 ? at : refuse(`no column is named ${JSON.stringify(given)}; expected one of: ${quoteAll(header)}`);
    }
    for (const name of usual) {
      const at = header.findIndex((cell) => cell.toLowerCase().replace(/[^a-z0-9]/g, "") === name);
      if (at >= 0) return at;
    }
    return other >= 0 ? other : refuse(`no column is recognised as the ${what} (${usual.join(", ")}); choose one of: ${quoteAll(header)}`);
  };
  const time = column(names.time, TIME_NAMES, "time", -1);
  const value = column(names.value, VALUE_NAMES, "value", header.length === 2 ? 1 - time : -1);
  if (time === value) refuse(`column ${JSON.stringify(header[time])} cannot be both the time and the value`);
  return { time, value };
}

function quoteAll(names: readonly string[]): string {
  const quoted = names.slice(0, 20).map((name) => JSON.stringify(name.trim().slice(0, 40)));
  return [...quoted, ...(names.length > 20 ? ["…"] : [])].join(", ");
}
