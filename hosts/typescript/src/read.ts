import { describe } from "./bytes.js";
import { EmptyDatasetError, InvalidInputError, ParseError } from "./errors.js";
import type { Engine } from "./engine.js";
import { integer } from "./options.js";
import { ArraySplitter, LineSplitter, errorAt, positionIn, type Piece } from "./pieces.js";
import { POINT_SIZE, type ColumnArrays } from "./points.js";
import { invalidUTF8 } from "./text.js";

/** How the points of a stream are written. */
export type Format =
  /** One JSON array, as {@link Engine.validateStream} reads it. */
  | "json"
  /** A JSON object on each line. */
  | "ndjson"
  /** 16 bytes a point, little-endian: a u64 and a double. */
  | "packed";

/** Options of {@link readPoints}. */
export interface ReadOptions {
  format: Format;
  /** The largest record, in bytes; a larger one is a `LimitError`. The default is 16 MiB. */
  maxRecord?: number;
}

/** Bytes that arrive in pieces: the body of a request or response, the stream of a file. */
export type ByteStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Reads the points of a stream of any length in pieces of some thousands, in order, with
 * memory for one piece and one record. The stream is cancelled when the loop over the pieces
 * is left.
 *
 * @throws {@link ParseError} with the line and column in the stream; {@link EmptyDatasetError}
 * for text without points; {@link LimitError} for a record that is too large;
 * {@link InvalidInputError} for bytes that are not UTF-8, and packed points that are cut off
 */
export async function* readPoints(engine: Engine<number> | Engine<bigint>, stream: ByteStream, options: ReadOptions): AsyncGenerator<ColumnArrays, void, undefined> {
  const { format, maxRecord = 2 ** 24 } = options;
  integer("maxRecord", maxRecord, POINT_SIZE, 2 ** 28);
  switch (format) {
    case "packed":
      return yield* readPacked(stream);
    case "json":
    case "ndjson":
      break;
    default:
      throw new InvalidInputError(`format: expected "json", "ndjson" or "packed", got ${describe(format)}`);
  }
  const splitter = format === "json" ? new ArraySplitter(maxRecord) : new LineSplitter(maxRecord);
  let any = false;
  for await (const bytes of chunks(stream)) {
    const piece = splitter.push(bytes);
    if (piece === undefined) continue;
    any = true;
    yield parse(engine, piece);
  }
  const rest = splitter.end();
  if (rest !== undefined) yield parse(engine, rest);
  else if (!any) throw new EmptyDatasetError("Empty dataset");
}

/** Parses a piece; the position of an error is that in the stream. */
function parse(engine: Engine<number> | Engine<bigint>, piece: Piece): ColumnArrays {
  const invalid = invalidUTF8(piece.text);
  if (invalid >= 0) throw errorAt(positionIn(piece, invalid), "expected UTF-8");
  try {
    return engine.validateStreamColumns(piece.text);
  } catch (error) {
    if (!(error instanceof ParseError) || error.line === undefined || error.column === undefined) throw error;
    const what = error.message.replace(/^Parse failed: /, "").replace(/ at line \d+ column \d+$/, "");
    throw errorAt(positionIn(piece, offsetOf(piece.text, error.line, error.column)), what);
  }
}

/** The offset of a line and column, both from 1; a column of 0 is the end of the line before. */
function offsetOf(text: Uint8Array, line: number, column: number): number {
  let start = 0;
  for (; line > 1; line--) start = text.indexOf(0x0a, start) + 1;
  return Math.max(start + column - 1, 0);
}

async function* readPacked(stream: ByteStream): AsyncGenerator<ColumnArrays, void, undefined> {
  let rest = new Uint8Array();
  let offset = 0;
  for await (const bytes of chunks(stream)) {
    const joined = new Uint8Array(rest.length + bytes.length);
    joined.set(rest);
    joined.set(bytes, rest.length);
    const count = Math.floor(joined.length / POINT_SIZE);
    const view = new DataView(joined.buffer);
    const timestamps = new BigUint64Array(count);
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      timestamps[i] = view.getBigUint64(i * POINT_SIZE, true);
      values[i] = view.getFloat64(i * POINT_SIZE + 8, true);
    }
    rest = joined.slice(count * POINT_SIZE);
    offset += count * POINT_SIZE;
    if (count > 0) yield { timestamps, values };
  }
  if (rest.length > 0) {
    throw new InvalidInputError(`the points: expected ${POINT_SIZE} bytes for each, got ${rest.length} at byte ${offset} and then the end`, offset);
  }
}

/** The chunks of a stream, each checked to be bytes. */
async function* chunks(stream: ByteStream): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const bytes of iterable(stream)) {
    if (!(bytes instanceof Uint8Array)) throw new InvalidInputError(`the stream: expected each chunk to be a Uint8Array, got ${describe(bytes)}`);
    if (bytes.length > 0) yield bytes;
  }
}

function iterable(stream: ByteStream): AsyncIterable<unknown> | Iterable<unknown> {
  if (typeof stream === "object" && stream !== null) {
    if (Symbol.asyncIterator in stream || Symbol.iterator in stream) return stream as AsyncIterable<unknown>;
    // Not every browser iterates over its streams.
    if ("getReader" in stream) return readAll(stream);
  }
  throw new InvalidInputError(`the stream: expected a ReadableStream or an iterable of Uint8Arrays, got ${describe(stream)}`);
}

async function* readAll(stream: ReadableStream<Uint8Array>): AsyncGenerator<unknown, void, undefined> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}
