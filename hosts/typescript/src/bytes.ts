import { InvalidInputError } from "./errors.js";

/** Bytes in any of the usual forms. */
export type Bytes = ArrayBufferLike | ArrayBufferView;

/**
 * Returns the bytes without a copy, unless other threads could change them while they are
 * read.
 */
export function bytesOf(what: string, data: unknown): Uint8Array {
  if (ArrayBuffer.isView(data)) {
    checkAttached(what, data.buffer);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return isShared(data.buffer) ? bytes.slice() : bytes;
  }
  if (!isBuffer(data)) throw new InvalidInputError(`${what}: expected a Uint8Array or an ArrayBuffer, got ${describe(data)}`);
  checkAttached(what, data);
  return isShared(data) ? new Uint8Array(data).slice() : new Uint8Array(data);
}

/** Checks that a buffer still has its bytes: one that was sent to a worker has none. */
export function checkAttached(what: string, buffer: ArrayBufferLike): void {
  if (buffer.byteLength > 0) return;
  try {
    new Uint8Array(buffer);
  } catch {
    throw new InvalidInputError(`${what}: its buffer is detached, as one is that was transferred`);
  }
}

/** Reports whether a value is a buffer, whatever realm it is from. */
export function isBuffer(data: unknown): data is ArrayBufferLike {
  return data instanceof ArrayBuffer || has(bufferLength, data) || isShared(data);
}

/** Reports whether a value is memory that several threads may share. */
export function isShared(data: unknown): boolean {
  return !(data instanceof ArrayBuffer) && sharedLength !== undefined && has(sharedLength, data);
}

// Getters that throw for what is not of their class, as `instanceof` does not tell for values
// of another realm.
const bufferLength = lengthGetter(ArrayBuffer)!;
const sharedLength = typeof SharedArrayBuffer === "undefined" ? undefined : lengthGetter(SharedArrayBuffer);

function lengthGetter(buffer: { readonly prototype: object }): (() => unknown) | undefined {
  return Object.getOwnPropertyDescriptor(buffer.prototype, "byteLength")?.get;
}

function has(getter: () => unknown, data: unknown): boolean {
  try {
    getter.call(data);
    return true;
  } catch {
    return false;
  }
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
