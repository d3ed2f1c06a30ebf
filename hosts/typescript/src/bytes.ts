import { InvalidInputError } from "./errors.js";

/** Bytes in any of the usual forms. */
export type Bytes = ArrayBufferLike | ArrayBufferView;

/**
 * Returns the bytes without a copy, unless other threads could change them while they are
 * read.
 */
export function bytesOf(what: string, data: unknown): Uint8Array {
  let bytes: Uint8Array;
  if (ArrayBuffer.isView(data)) bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  else if (isBuffer(data)) bytes = new Uint8Array(data);
  else throw new InvalidInputError(`${what}: expected a Uint8Array or an ArrayBuffer, got ${describe(data)}`);
  return isShared(bytes.buffer) ? bytes.slice() : bytes;
}

/** Reports whether a value is a buffer, whatever realm it is from. */
export function isBuffer(data: unknown): data is ArrayBufferLike {
  return data instanceof ArrayBuffer || tag(data) === "ArrayBuffer" || isShared(data);
}

/** Reports whether a value is memory that several threads may share. */
export function isShared(data: unknown): boolean {
  return tag(data) === "SharedArrayBuffer";
}

/** The name by which a value's class calls itself. */
export function tag(data: unknown): string {
  return Object.prototype.toString.call(data).slice("[object ".length, -1);
}

/** Describes a value in a few words. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "undefined":
    case "boolean":
      return String(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return shorten(`${value}n`);
    case "string":
      return `the string ${shorten(JSON.stringify(value.slice(0, MAX_SHOWN)))}`;
    case "symbol":
      return "a symbol";
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "an array" : `an object (${tag(value)})`;
  }
}

const MAX_SHOWN = 48;

function shorten(text: string): string {
  return text.length <= MAX_SHOWN ? text : text.slice(0, MAX_SHOWN) + "…";
}
