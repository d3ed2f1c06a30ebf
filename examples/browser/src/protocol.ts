// What the page and its worker say to each other.

import type { Unit } from "./epoch.js";
import type { Columns, Failure } from "./failure.js";
import type { Format } from "./format.js";
import type { Rows } from "./rows.js";
import type { Compression } from "./source.js";
import type { Window } from "./window.js";

/** How a file is read. */
export interface ReadOptions {
  readonly unit: Unit;
  /** The columns of a CSV file, by their places from 0; those with the usual names without. */
  readonly timeColumn?: number;
  readonly valueColumn?: number;
}

/** What the page asks for. Without a window the worker chooses one that makes a good picture. */
export type Request =
  | { readonly kind: "read"; readonly file: Blob; readonly options: ReadOptions; readonly window?: Window }
  | { readonly kind: "window"; readonly window: Window }
  | { readonly kind: "export"; readonly window: Window; readonly as: "csv" | "json" };

/** What is known of a file that was read. */
export interface Summary {
  readonly format: Format;
  readonly compression: Compression;
  readonly bytes: number;
  readonly points: number;
  readonly milliseconds: number;
  /** The statistics of all points: one row. */
  readonly total: Rows;
  /** The columns of a CSV file with a header, and which of them were read. */
  readonly columns?: Columns;
}

/** What the worker says. */
export type Answer =
  | { readonly kind: "progress"; readonly done: number; readonly points: number }
  | { readonly kind: "read"; readonly summary: Summary; readonly rows: Rows | Failure }
  | { readonly kind: "rows"; readonly window: Window; readonly rows: Rows | Failure }
  | { readonly kind: "file"; readonly as: "csv" | "json"; readonly window: Window; readonly file: Blob }
  | { readonly kind: "failed"; readonly failure: Failure };
