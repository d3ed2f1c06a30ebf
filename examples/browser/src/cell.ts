// Cells of CSV, written as JSON for the engine, which makes numbers of their digits.

import { CellError, clip } from "./epoch.js";

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE;

/** Reports whether bytes are an integer of JSON that a u64 surely holds. */
export function isPlainInteger(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > 19 || to === from || (bytes[from] === ZERO && to - from > 1)) return false;
  for (let at = from; at < to; at++) if (!isDigit(bytes[at])) return false;
  return true;
}

/** Reports whether bytes are a number of JSON without an exponent. */
export function isPlainNumber(bytes: Uint8Array, from: number, to: number): boolean {
  let at = bytes[from] === MINUS ? from + 1 : from;
  if (at >= to || !isDigit(bytes[at]) || (bytes[at] === ZERO && at + 1 < to && bytes[at + 1] !== POINT)) return false;
  while (at < to && isDigit(bytes[at])) at++;
  if (at === to) return true;
  if (bytes[at] !== POINT || at + 1 === to) return false;
  for (at++; at < to; at++) if (!isDigit(bytes[at])) return false;
  return true;
}

/**
 * Returns a number as JSON writes it. It accepts the numbers of JSON, and other forms that
 * occur in CSV files: +1, 01, .5 and "5.".
 */
export function toJSONNumber(text: string): string {
  if (text === "") throw new CellError("expected a number, found an empty cell");
  if (/[^0-9.eE+-]/.test(text)) throw new CellError(`expected a finite number, found ${clip(text)}`);
  const found = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  const [, sign = "", whole = "", fraction = "", exponent] = found ?? [];
  if (found === null || whole + fraction === "") throw new CellError(`expected a number, found ${clip(text)}`);
  const digits = whole.replace(/^0+(?=\d)/, "") || "0";
  return `${sign === "-" ? "-" : ""}${digits}${fraction === "" ? "" : `.${fraction}`}${exponent === undefined ? "" : `e${exponent}`}`;
}
