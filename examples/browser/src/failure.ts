import type { Unit } from "./epoch.js";

/** A place in a text: a line from 1, and a column in bytes from 1, if it is known. */
export interface Place {
  readonly line: number;
  readonly column?: number;
}

/** The columns of a CSV file by their names, and which ones are the time and the value; -1 if that is not known. */
export interface Columns {
  readonly names: readonly string[];
  readonly time: number;
  readonly value: number;
}

/** Why a file was not read, as it is posted to the page. */
export interface Failure {
  readonly message: string;
  readonly place?: Place;
  /** The text around the place, and where in it the place is. */
  readonly excerpt?: Excerpt;
  /** The unit that the timestamps seem to have. */
  readonly unit?: Unit;
  /** The columns of a CSV file whose names were not enough. */
  readonly columns?: Columns;
}

/** A part of a line. */
export interface Excerpt {
  readonly before: string;
  readonly after: string;
}

/** The error of a file that does not match its format. */
export class DataError extends Error {
  readonly failure: Failure;

  constructor(message: string, more: Omit<Failure, "message"> = {}) {
    super(message);
    this.failure = { message, ...more };
  }
}
