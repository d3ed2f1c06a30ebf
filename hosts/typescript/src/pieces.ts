import { LimitError, ParseError } from "./errors.js";
import { Nesting } from "./nesting.js";

/** A place in a stream: bytes from 0, lines and columns from 1, columns in bytes. */
export interface Position {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** JSON text with an array of some of a stream's records, which is valid if they are. */
export interface Piece {
  readonly text: Uint8Array;
  /** Where in the text parts of the stream begin, in order, and their places in the stream. */
  readonly marks: readonly { readonly at: number; readonly position: Position }[];
}

/** Cuts a stream of bytes into pieces between records. */
export interface Splitter {
  /** Takes bytes, and returns what is complete once it is large enough. */
  push(bytes: Uint8Array): Piece | undefined;
  /** Returns the rest. */
  end(): Piece | undefined;
}

/** The size of a piece from which on it is large enough. */
const TARGET = 65536;

const NEWLINE = 0x0a;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const COMMA = 0x2c;

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** The length of a byte order mark at the start, which a stream may have. */
const markLength = (bytes: Uint8Array): number => (BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte) ? BYTE_ORDER_MARK.length : 0);

/** Returns the place of a byte of a piece. */
export function positionIn(piece: Piece, at: number): Position {
  let mark = piece.marks[0]!;
  for (const next of piece.marks) if (next.at <= at) mark = next;
  return advance(mark.position, piece.text.subarray(mark.at, Math.max(at, mark.at)));
}

/** Returns the place after some bytes. */
function advance(from: Position, bytes: Uint8Array): Position {
  let { line, column } = from;
  let start = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, start)) {
    line++;
    column = 1;
    start = at + 1;
  }
  return { offset: from.offset + bytes.length, line, column: column + bytes.length - start };
}

/** An error at a place, worded as the contract words those of a text. */
export function errorAt({ offset, line, column }: Position, what: string): ParseError {
  return new ParseError(`Parse failed: ${what} at line ${line} column ${column}`, offset);
}

/** Bytes that have arrived and are not in a piece yet. */
class Held {
  #buffer = new Uint8Array(2 * TARGET);
  #length = 0;
  /** The place of the first byte. */
  position: Position = { offset: 0, line: 1, column: 1 };

  constructor(readonly maxRecord: number) {}

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
      larger.set(this.bytes);
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }

  /** Drops bytes from the start. */
  drop(count: number): void {
    this.position = advance(this.position, this.#buffer.subarray(0, count));
    this.#buffer.copyWithin(0, count, this.#length);
    this.#length -= count;
  }

  /** Checks how much a record that is not complete has. */
  checkRecord(length: number): void {
    if (length <= this.maxRecord) return;
    const { line, column } = this.position;
    throw new LimitError("input", this.maxRecord, `the record at line ${line} column ${column} has more than ${this.maxRecord} bytes (maxRecord)`);
  }
}

/** Splits a JSON array between its elements. */
export class ArraySplitter implements Splitter {
  readonly #held: Held;
  readonly #nesting = new Nesting();
  /** How much of what is held was looked at. */
  #seen = 0;
  #comma = -1;
  #state: "before" | "inside" | "after" = "before";
  /** Whether the last piece ended at a comma. */
  #continued = false;

  constructor(maxRecord: number) {
    this.#held = new Held(maxRecord);
  }

  push(bytes: Uint8Array): Piece | undefined {
    this.#held.append(bytes);
    return this.#scan();
  }

  end(): Piece | undefined {
    if (this.#state === "after") return undefined;
    if (this.#state === "before") throw errorAt(advance(this.#held.position, this.#held.bytes), "expected an array of points, got the end");
    // The engine says what is missing.
    return this.#take(this.#held.bytes.length, false);
  }

  #scan(): Piece | undefined {
    if (this.#state === "before" && !this.#open()) return undefined;
    const held = this.#held.bytes;
    if (this.#state === "inside") {
      this.#seen = this.#nesting.skip(held, this.#seen, held.length, (at) => (this.#comma = at));
      if (this.#nesting.depth > 0) {
        const comma = this.#comma;
        this.#held.checkRecord(held.length - comma - 1);
        if (comma < TARGET) return undefined;
        const piece = this.#take(comma, true);
        this.#held.drop(1); // the comma
        this.#seen = this.#held.bytes.length;
        this.#comma = -1;
        this.#continued = true;
        return piece;
      }
      const piece = this.#take(this.#seen - 1, true);
      this.#held.drop(1); // the bracket
      this.#state = "after";
      this.#rest();
      return piece;
    }
    this.#rest();
    return undefined;
  }

  /** Passes over white space and the opening bracket; reports whether it is there. */
  #open(): boolean {
    const held = this.#held.bytes;
    let at = 0;
    if (this.#held.position.offset === 0) {
      if (held.length < BYTE_ORDER_MARK.length && held[0] === BYTE_ORDER_MARK[0]) return false;
      at = markLength(held);
    }
    while (at < held.length && isSpace(held[at]!)) at++;
    if (at === held.length) {
      this.#held.drop(at); // it has no limit
      return false;
    }
    if (held[at] !== OPEN) {
      this.#held.drop(at);
      throw errorAt(this.#held.position, "expected an array of points, `[`,");
    }
    this.#nesting.depth = 1;
    this.#held.drop(at + 1);
    this.#seen = 0;
    this.#state = "inside";
    return true;
  }

  #take(length: number, closed: boolean): Piece {
    const { position, bytes } = this.#held;
    const inside = bytes.subarray(0, length);
    if (closed && this.#continued && inside.every(isSpace)) throw errorAt(position, "expected a point after the comma");
    const text = new Uint8Array(length + (closed ? 2 : 1));
    text[0] = OPEN;
    text.set(inside, 1);
    if (closed) text[length + 1] = CLOSE;
    this.#held.drop(length);
    return { text, marks: [{ at: 1, position }] };
  }

  /** Checks that nothing but white space follows the array. */
  #rest(): void {
    const held = this.#held.bytes;
    const at = held.findIndex((byte) => !isSpace(byte));
    this.#held.drop(at < 0 ? held.length : at);
    if (at >= 0) throw errorAt(this.#held.position, "trailing characters");
  }
}

/** Splits text with one JSON value on each line; lines of white space do not count. */
export class LineSplitter implements Splitter {
  readonly #held: Held;
  #seen = 0;
  #lines: Uint8Array[] = [];
  #marks: { at: number; position: Position }[] = [];
  #size = 1;

  constructor(maxRecord: number) {
    this.#held = new Held(maxRecord);
  }

  push(bytes: Uint8Array): Piece | undefined {
    this.#held.append(bytes);
    const held = this.#held.bytes;
    let { position } = this.#held;
    let start = 0;
    for (let at = held.indexOf(NEWLINE, this.#seen); at >= 0; at = held.indexOf(NEWLINE, start)) {
      this.#add(held.subarray(start, at), position);
      start = at + 1;
      let line = position.line + 1;
      for (; held[start] === NEWLINE; start++) line++; // lines without anything
      position = { offset: this.#held.position.offset + start, line, column: 1 };
    }
    this.#held.drop(start);
    this.#seen = this.#held.bytes.length;
    this.#held.checkRecord(this.#seen);
    return this.#size < TARGET ? undefined : this.#take();
  }

  end(): Piece | undefined {
    this.#add(this.#held.bytes, this.#held.position);
    return this.#take();
  }

  #add(line: Uint8Array, position: Position): void {
    let start = position.offset === 0 ? markLength(line) : 0;
    let end = line.length;
    while (start < end && isSpace(line[start]!)) start++;
    while (end > start && isSpace(line[end - 1]!)) end--;
    if (start === end) return;
    const value = line.slice(start, end);
    const place = advance(position, line.subarray(0, start));
    checkLine(value, place);
    this.#marks.push({ at: this.#size, position: place });
    this.#lines.push(value);
    this.#size += value.length + 1; // and a comma, or the bracket
  }

  #take(): Piece | undefined {
    if (this.#lines.length === 0) return undefined;
    const text = new Uint8Array(this.#size);
    text[0] = OPEN;
    this.#lines.forEach((line, i) => {
      const { at } = this.#marks[i]!;
      text.set(line, at);
      text[at + line.length] = COMMA;
    });
    text[this.#size - 1] = CLOSE;
    const piece = { text, marks: this.#marks };
    [this.#lines, this.#marks, this.#size] = [[], [], 1];
    return piece;
  }
}

/** Checks that a line is one value in brackets, so that two broken lines cannot make a whole one. */
function checkLine(value: Uint8Array, place: Position): void {
  const first = value[0];
  if (first !== 0x7b && first !== OPEN) {
    throw errorAt(place, 'expected an object such as {"timestamp": 1, "value": 2} on each line');
  }
  const nesting = new Nesting();
  let end = nesting.skip(value, 0, value.length);
  if (!nesting.ended) throw errorAt(advance(place, value), "the line ends inside an object, expected a whole one on each line");
  while (end < value.length && isSpace(value[end]!)) end++;
  if (end < value.length) throw errorAt(advance(place, value.subarray(0, end)), "expected the end of the line after the object");
}
