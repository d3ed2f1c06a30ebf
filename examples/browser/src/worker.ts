// The worker of the page: reads files and computes, so that the page stays free. To cancel, the
// page ends it and starts another.

import { Engine } from "./compute-pipeline/index.js";
import type { Failure } from "./failure.js";
import type { Answer, Request } from "./protocol.js";
import { failureOf, readFile } from "./reading.js";
import { toCSV, toJSON } from "./report.js";
import { buffersOf, span, type Rows } from "./rows.js";
import type { Series } from "./series.js";
import type { Window } from "./window.js";

interface WorkerScope {
  onmessage: (event: { readonly data: Request }) => void;
  postMessage(answer: Answer, transfer?: ArrayBuffer[]): void;
}

const scope = globalThis as unknown as WorkerScope;
let loading: Promise<Engine<bigint>> | undefined;
load().catch(() => undefined); // before it is needed

/** Milliseconds between two messages of progress. */
const PROGRESS = 80;

let series: Series | undefined;

/** Loads the engine once; after a failure the next call tries again. */
function load(): Promise<Engine<bigint>> {
  loading ??= Engine.load({ timestamps: "bigint" }).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function read({ file, options, window }: Extract<Request, { kind: "read" }>): Promise<void> {
  const began = performance.now();
  let told = began;
  const engine = await load();
  const reading = await readFile(engine, file, options, (done, points) => {
    const now = performance.now();
    if (now - told < PROGRESS) return;
    told = now;
    scope.postMessage({ kind: "progress", done, points });
  });
  series = reading.series;
  const total = series.rows("all");
  const rows = rowsOf(series, window ?? fitting(total));
  const milliseconds = performance.now() - began;
  scope.postMessage({ kind: "read", summary: { ...reading.summary, milliseconds, total }, rows }, [...buffers(rows), ...buffersOf(total)]);
}

/** The window that divides the time of all points into some tens, if one does. */
function fitting(total: Rows): Window {
  const { from, to } = span(total, 0);
  const days = (to - from) / 86400;
  return days < 1 / 24 ? "all" : days < 5 ? "1h" : days < 120 ? "1d" : "1mo";
}

/** The rows of windows, or why there are none. */
function rowsOf(from: Series, window: Window): Rows | Failure {
  try {
    return from.rows(window);
  } catch (error) {
    return failureOf(error);
  }
}

const buffers = (rows: Rows | Failure): ArrayBuffer[] => ("message" in rows ? [] : buffersOf(rows));

async function answer(request: Request): Promise<void> {
  if (request.kind === "read") return read(request);
  if (series === undefined) throw new Error("no file was read");
  if (request.kind === "window") {
    const rows = rowsOf(series, request.window);
    scope.postMessage({ kind: "rows", window: request.window, rows }, buffers(rows));
  } else {
    const rows = series.rows(request.window);
    scope.postMessage({ kind: "file", as: request.as, window: request.window, file: request.as === "csv" ? toCSV(rows) : toJSON(rows) });
  }
}

scope.onmessage = ({ data }) => {
  answer(data).catch((error: unknown) => scope.postMessage({ kind: "failed", failure: failureOf(error) }));
};
