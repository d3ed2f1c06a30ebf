import { ParseError, type ColumnArrays, type Engine } from "./compute-pipeline/index.js";
import { isPlainInteger, isPlainNumber, toJSONNumber } from "./cell.js";
import { findColumns, type ChosenColumns } from "./columns.js";
import { CellError, clip, parseTimestamp, perSecond, plainTime, type Unit } from "./epoch.js";
import { DataError, type Place } from "./failure.js";
import { separator, withoutMark } from "./format.js";
import { RowScanner } from "./rowscanner.js";

/** The points of a piece of a file, and where they are. */
export interface Piece {
  readonly points: ColumnArrays;
  place(i: number): Place;
}

/** Bytes of JSON from which on the engine reads them. */
const TARGET = 65536;

const utf8 = new TextEncoder();

/** Reads the rows of a CSV file. */
export class CsvReader {
  /** The names of the columns, if there is a header. */
  header: readonly string[] | undefined;
  time = 0;
  value = 1;

  readonly #engine: Engine<bigint>;
  readonly #unit: Unit;
  readonly #chosen: ChosenColumns;
  /** Points as a JSON array, which the engine reads: it makes the numbers. */
  #json = new Uint8Array(TARGET + 4096);
  #length = 0;
  /** The lines of points and the columns of their values. */
  #lines: number[] = [];
  #columns: number[] = [];

  constructor(engine: Engine<bigint>, unit: Unit, chosen: ChosenColumns) {
    this.#engine = engine;
    this.#unit = unit;
    this.#chosen = chosen;
  }

  async *read(bytes: AsyncIterable<Uint8Array>, head: Uint8Array): AsyncGenerator<Piece, void, undefined> {
    const rows = new RowScanner(separator(withoutMark(head)) ?? 0x2c);
    let cells: number | undefined;
    const add = (): void => {
      if (cells === undefined) {
        cells = rows.length;
        if (this.#isHeader(rows)) return;
      }
      if (rows.length !== cells) throw rows.error(0, `expected ${cells} cells as in the first row, found ${rows.length}`);
      this.#add(rows);
    };
    for await (const more of bytes) {
      rows.push(more);
      while (rows.next(false)) {
        add();
        if (this.#length >= TARGET) yield this.#take();
      }
    }
    while (rows.next(true)) add();
    if (this.#length > 0) yield this.#take();
  }

  /** Finds the columns, and reports whether the first row has their names rather than a point. */
  #isHeader(rows: RowScanner): boolean {
    const cells = Array.from({ length: rows.length }, (_, i) => rows.text(i));
    if (this.#chosen.time === undefined && this.#chosen.value === undefined && this.#isData(cells)) {
      if (cells.length === 2) return false;
      throw rows.error(0, `the first row is data and has ${cells.length} cells; expected a header with the names of the columns, or exactly two cells: timestamp and value`);
    }
    const { time, value } = findColumns(cells, this.#chosen);
    this.header = cells.map((name) => name.trim());
    [this.time, this.value] = [time, value];
    return true;
  }

  #isData([time, value]: readonly string[]): boolean {
    if (time === undefined || value === undefined) return false;
    try {
      parseTimestamp(time.trim(), this.#unit);
    } catch {
      return false;
    }
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^[+-]?(nan|inf(inity)?)$/i.test(value.trim());
  }

  /** Writes the point of a row. */
  #add(rows: RowScanner): void {
    const [time, value] = [this.time, this.value];
    if (this.#length + rows.size + 64 > this.#json.length) this.#grow(rows.size);
    this.#put(this.#length === 0 ? OPEN : COMMA);
    this.#put(OPEN);
    this.#cell(rows, time, isPlainInteger, (text) => String(parseTimestamp(text, this.#unit)));
    this.#put(COMMA);
    this.#cell(rows, value, isPlainNumber, toJSONNumber);
    this.#put(CLOSE);
    this.#lines.push(rows.line);
    this.#columns.push(rows.column(value));
  }

  #cell(rows: RowScanner, i: number, isPlain: typeof isPlainNumber, convert: (text: string) => string): void {
    const { bytes } = rows;
    const [from, to] = [rows.from(i), rows.to(i)];
    if (isPlain(bytes, from, to)) {
      const json = this.#json;
      let end = this.#length;
      for (let at = from; at < to; at++) json[end++] = bytes[at]!;
      this.#length = end;
      return;
    }
    const time = i === this.time ? plainTime(bytes, from, to) : -1;
    if (time >= 0 && time * perSecond(this.#unit) < 2 ** 63) return this.#digits(time);
    try {
      const { written } = utf8.encodeInto(convert(rows.text(i).trim()), this.#json.subarray(this.#length));
      this.#length += written;
    } catch (error) {
      if (!(error instanceof CellError)) throw error;
      throw rows.error(i, `column ${JSON.stringify(this.#name(i))}: ${error.message}`);
    }
  }

  /** Writes a time of seconds in the unit. */
  #digits(seconds: number): void {
    const text = String(seconds);
    for (let at = 0; at < text.length; at++) this.#put(text.charCodeAt(at));
    // All of them are powers of ten.
    if (seconds > 0) for (let per = perSecond(this.#unit); per > 1; per /= 10) this.#put(0x30);
  }

  #name(i: number): string {
    return this.header?.[i] ?? (i === this.time ? "timestamp" : "value");
  }

  #put(byte: number): void {
    this.#json[this.#length++] = byte;
  }

  #grow(size: number): void {
    const larger = new Uint8Array(2 * (this.#json.length + size));
    larger.set(this.#json.subarray(0, this.#length));
    this.#json = larger;
  }

  #take(): Piece {
    this.#put(CLOSE);
    const json = this.#json.subarray(0, this.#length);
    const [lines, columns] = [this.#lines, this.#columns];
    this.#length = 0;
    [this.#lines, this.#columns] = [[], []];
    try {
      return { points: this.#engine.validateStreamColumns(json), place: (i) => ({ line: lines[i]! }) };
    } catch (error) {
      // The cells are numbers of JSON, so one is too large. Which one it is matters only now.
      if (!(error instanceof ParseError)) throw error;
      const pairs = new TextDecoder().decode(json).slice(2, -2).split("],[");
      const at = pairs.findIndex((pair) => !Number.isFinite(Number(pair.split(",")[1])));
      if (at < 0) throw error;
      const number = pairs[at]!.split(",")[1]!;
      throw new DataError(`column ${JSON.stringify(this.#name(this.value))}: the number ${clip(number)} is beyond the range of a double`, { place: { line: lines[at]!, column: columns[at]! } });
    }
  }
}

const OPEN = 0x5b;
const CLOSE = 0x5d;
const COMMA = 0x2c;
