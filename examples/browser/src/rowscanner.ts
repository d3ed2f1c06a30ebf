import { DataError } from "./failure.js";
import { withoutMark } from "./format.js";

/** The max size of a row, in bytes, as of `pipeline run`: a quote that is not closed reaches far. */
const MAX_ROW = 2 ** 24;

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

const NOT_CLOSED = 'expected a separator or the end of the line after a quote ("), or the quote is not closed; "" is a quote within quotes';

const utf8 = new TextDecoder();

/**
 * Finds the rows and cells of CSV in bytes that arrive in pieces, with the rules and errors of
 * Go's encoding/csv, which `pipeline run` uses: empty lines are passed over, and a quote is
 * either around a whole cell or an error.
 */
export class RowScanner {
  /** The bytes that have the row. */
  bytes = new Uint8Array();
  /** The number of the row's cells. */
  length = 0;
  /** The line in which the row begins, from 1. */
  line = 0;

  readonly #separator: number;
  /** Where the cells begin and end, with their quotes. */
  #from: number[] = [];
  #to: number[] = [];
  #start = 0;
  /** The lines of the row. */
  #lines = 1;
  #end = 0;
  #nextLine = 1;
  #begun = false;
  /** The bytes from which the next row is looked for: twice those in which it did not end. */
  #enough = 0;

  constructor(separator: number) {
    this.#separator = separator;
  }

  /** Adds bytes, and forgets those of rows that were read. */
  push(more: Uint8Array): void {
    const rest = this.bytes.length - this.#end;
    if (rest > MAX_ROW) {
      throw new DataError(`the row that begins here is longer than ${MAX_ROW / 2 ** 20} MiB, the max; is a quote not closed?`, { place: { line: this.#nextLine, column: 1 } });
    }
    if (!this.#begun && more.length > 0) {
      more = withoutMark(more);
      this.#begun = true;
    }
    if (rest === 0) this.bytes = more as Uint8Array<ArrayBuffer>;
    else {
      const joined = new Uint8Array(rest + more.length);
      joined.set(this.bytes.subarray(this.#end));
      joined.set(more, rest);
      this.bytes = joined;
    }
    this.#end = 0;
  }

  /** Finds the next row; reports whether there is one. Without `last`, more bytes may follow. */
  next(last: boolean): boolean {
    const { bytes } = this;
    let start = this.#end;
    for (;;) {
      if (start === bytes.length) break;
      if (bytes[start] === NEWLINE) start++;
      else if (bytes[start] === RETURN && bytes[start + 1] === NEWLINE) start += 2;
      else if (bytes[start] === RETURN && last && start + 1 === bytes.length) start++;
      else break;
      this.#nextLine++;
      this.#end = start;
    }
    if (start === bytes.length) return false;
    // A long row that comes in many pieces is not read again with each.
    const size = bytes.length - start;
    if (size < this.#enough && !last) return false;
    this.#start = start;
    this.line = this.#nextLine;
    const end = this.#row(start, last);
    this.#enough = end < 0 ? Math.min(2 * size, MAX_ROW + 1) : 0;
    if (end < 0) return false;
    this.#end = end;
    return true;
  }

  /** Finds the cells of the row; returns where the next one begins, or -1 if the end is missing. */
  #row(start: number, last: boolean): number {
    const { bytes } = this;
    const separator = this.#separator;
    const { length } = bytes;
    let newlines = 0;
    /** A newline that is next, or the end; found once, and not for each quote. */
    let newline = -1;
    const skip = (from: number): void => {
      newline = bytes.indexOf(NEWLINE, from);
      if (newline < 0) newline = length;
    };
    let at = start;
    this.length = 0;
    for (;;) {
      this.#from[this.length] = at;
      if (bytes[at] === QUOTE) {
        for (at++; ; at++) {
          const quote = bytes.indexOf(QUOTE, at);
          if (quote < 0 && !last) return -1;
          if (quote < 0) throw this.#notClosed();
          if (newline < at) skip(at);
          for (; newline < quote; skip(newline + 1)) newlines++;
          at = quote + 1;
          if (at === length && !last) return -1;
          if (bytes[at] !== QUOTE) break;
        }
        const byte = bytes[at];
        const ends = at === length || byte === NEWLINE || (byte === RETURN && (bytes[at + 1] === NEWLINE || (last && at + 1 === length)));
        if (byte === RETURN && at + 1 === length && !last) return -1;
        if (!ends && byte !== separator) throw this.#quoteError(at - 1);
      } else {
        while (at < length && bytes[at] !== separator && bytes[at] !== NEWLINE) {
          if (bytes[at] === QUOTE) throw this.#bareQuote(at);
          at++;
        }
      }
      if (at === length && !last) return -1;
      this.#to[this.length] = at;
      this.length++;
      if (at < length && bytes[at] === separator) {
        at++;
        // A separator at the very end is followed by an empty cell.
        if (at === length && !last) return -1;
        continue;
      }
      const cell = this.length - 1;
      if (this.#to[cell]! > this.#from[cell]! && bytes[this.#to[cell]! - 1] === RETURN && (bytes[at] === NEWLINE || at === length)) this.#to[cell]!--;
      if (bytes[at] === RETURN) at++;
      this.#lines = newlines + 1;
      this.#nextLine = this.line + this.#lines;
      return Math.min(at + 1, length);
    }
  }

  /** Where a cell's bytes begin, without white space. */
  from(i: number): number {
    let at = this.#from[i]!;
    const to = this.#to[i]!;
    while (at < to && isSpace(this.bytes[at]!)) at++;
    return at;
  }

  /** Where a cell's bytes end, without white space. */
  to(i: number): number {
    let at = this.#to[i]!;
    const from = this.#from[i]!;
    while (at > from && isSpace(this.bytes[at - 1]!)) at--;
    return at;
  }

  /** The text of a cell. */
  text(i: number): string {
    const raw = utf8.decode(this.bytes.subarray(this.#from[i], this.#to[i]));
    return raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"').replaceAll("\r\n", "\n") : raw;
  }

  /** The bytes of the row. */
  get size(): number {
    return this.#end - this.#start;
  }

  /** The column of a cell, in bytes from 1. */
  column(i: number): number {
    // Lines end within a row only in quoted cells.
    return this.#lines === 1 ? this.#from[i]! - this.#start + 1 : this.#place(this.#from[i]!).column;
  }

  /** An error about a cell. */
  error(i: number, message: string): DataError {
    return new DataError(message, { place: this.#place(this.#from[i]!) });
  }

  #place(at: number): { line: number; column: number } {
    let line = this.line;
    let begin = this.#start;
    for (let n = this.bytes.indexOf(NEWLINE, begin); n >= 0 && n < at; n = this.bytes.indexOf(NEWLINE, begin)) {
      line++;
      begin = n + 1;
    }
    return { line, column: at - begin + 1 };
  }

  #quoteError(at: number): DataError {
    return new DataError(NOT_CLOSED, { place: this.#place(at) });
  }

  #bareQuote(at: number): DataError {
    return new DataError('a quote (") in a cell without quotes; expected the cell in quotes, and "" for each quote within it', { place: this.#place(at) });
  }

  /** The error of a quote without an end: after the last line, whose newline begins no other. */
  #notClosed(): DataError {
    const { length } = this.bytes;
    const newline = this.bytes[length - 1] === NEWLINE ? 1 : 0;
    const text = length - newline - (this.bytes[length - 1 - newline] === RETURN ? 1 : 0);
    const { line, column } = this.#place(text);
    return new DataError(NOT_CLOSED, { place: { line, column: column + newline } });
  }
}

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
