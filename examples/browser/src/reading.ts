import { ComputePipelineError, EmptyDatasetError, LimitError, ParseError, readPoints, type Engine } from "./compute-pipeline/index.js";
import { CsvReader, type Piece } from "./csv.js";
import { meantUnit, unitName } from "./epoch.js";
import { excerptAt } from "./excerpt.js";
import { DataError, type Failure, type Place } from "./failure.js";
import type { ChosenColumns } from "./columns.js";
import { SNIFF_LENGTH, sniff } from "./format.js";
import type { ReadOptions, Summary } from "./protocol.js";
import { OutsideError, Series } from "./series.js";
import { Source, peek } from "./source.js";

/** A file that was read. */
export interface Reading {
  readonly series: Series;
  readonly summary: Omit<Summary, "milliseconds" | "total">;
}

/** Reads a file in pieces, and calls `progress` after each with the bytes and points so far. */
export async function readFile(engine: Engine<bigint>, file: Blob, options: ReadOptions, progress: (done: number, points: number) => void): Promise<Reading> {
  const source = await Source.open(file);
  try {
    const { head, all } = await peek(source.bytes(), SNIFF_LENGTH);
    const format = sniff(head);
    const series = new Series(engine, options.unit);
    const csv = format === "csv" ? new CsvReader(engine, options.unit, chosenColumns(options)) : undefined;
    const pieces = csv?.read(all(), head) ?? jsonPieces(engine, all(), format as Exclude<typeof format, "csv">);
    for await (const piece of pieces) {
      addPiece(series, piece, options);
      progress(source.done, series.points);
    }
    if (series.points === 0) throw new DataError("the file is empty: expected at least one datapoint");
    return {
      series,
      summary: {
        format, compression: source.compression, bytes: file.size, points: series.points,
        ...(csv?.header === undefined ? {} : { columns: { names: csv.header, time: csv.time, value: csv.value } }),
      },
    };
  } catch (error) {
    throw await explained(error, source);
  }
}

function chosenColumns({ timeColumn: time, valueColumn: value }: ReadOptions): ChosenColumns {
  return { ...(time === undefined ? {} : { time }), ...(value === undefined ? {} : { value }) };
}

async function* jsonPieces(engine: Engine<bigint>, bytes: AsyncIterable<Uint8Array>, format: "json" | "ndjson" | "packed"): AsyncGenerator<Partial<Piece> & Pick<Piece, "points">, void, undefined> {
  for await (const points of readPoints(engine, bytes, { format })) yield { points };
}

function addPiece(series: Series, piece: Partial<Piece> & Pick<Piece, "points">, { unit }: ReadOptions): void {
  try {
    series.add(piece.points);
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    const { index, timestamp } = error;
    const place = piece.place?.(index);
    const meant = meantUnit(timestamp, unit);
    const which = place === undefined ? `point ${(series.points + index + 1).toLocaleString("en")}: ` : "";
    throw new DataError(`${which}timestamp ${timestamp} in ${unitName(unit)} is after the year 9999${meant === undefined ? "" : `; are they ${unitName(meant)}?`}`, {
      ...(place === undefined ? {} : { place }), ...(meant === undefined ? {} : { unit: meant }),
    });
  }
}

/** Errors about the data become DataErrors with the text around their place. */
async function explained(error: unknown, source: Source): Promise<unknown> {
  const found = toDataError(error);
  if (found?.failure.place === undefined) return found ?? error;
  try {
    const excerpt = await excerptAt(source.bytes(), found.failure.place);
    const { message, ...more } = found.failure;
    return excerpt === undefined ? found : new DataError(message, { ...more, excerpt });
  } catch {
    // The file is gone or damaged: the error is clear without it.
    return found;
  }
}

function toDataError(error: unknown): DataError | undefined {
  if (error instanceof DataError) return error;
  if (error instanceof ParseError) {
    const message = error.message.replace(/^Parse failed: /, "").replace(/ at line \d+ column \d+$/, "");
    return new DataError(message, error.line === undefined ? {} : { place: placeOf(error.line, error.column) });
  }
  if (error instanceof EmptyDatasetError) return new DataError("the file has no points: expected at least one datapoint");
  if (error instanceof LimitError) {
    const at = /^the record at line (\d+) column (\d+)/.exec(error.message);
    const message = `a record is longer than ${error.max / 2 ** 20} MiB, the max; is a bracket or quote not closed?`;
    return at === null ? new DataError(error.message) : new DataError(message, { place: placeOf(Number(at[1]), Number(at[2])) });
  }
  return error instanceof ComputePipelineError ? new DataError(error.message) : undefined;
}

const placeOf = (line: number, column: number | undefined): Place => (column === undefined ? { line } : { line, column });

/** What the page shows of an error. */
export function failureOf(error: unknown): Failure {
  if (error instanceof DataError) return error.failure;
  if (error instanceof DOMException && ["NotReadableError", "NotFoundError"].includes(error.name)) {
    return { message: "the file cannot be read: it is a folder, or was moved, changed or locked since it was chosen" };
  }
  return { message: error instanceof Error ? error.message : String(error) };
}
