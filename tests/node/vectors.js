// The vectors without macros, their values and their steps; ../../docs/vectors.md defines
// them. Any JavaScript runtime can import this, the tests of hosts/typescript too.

import { crc32 } from "./crc32.js";

const FORMAT = 2;

/** Reads the lines of a file with a case on each: gives first its head, then every case. */
export async function* read(lines) {
  let head;
  for await (const line of lines) {
    if (head === undefined) {
      head = JSON.parse(line + "]}");
      if (head.format !== FORMAT) throw new Error(`format ${head.format}, expected ${FORMAT}`);
      yield head;
    } else if (line === "]}") {
      return;
    } else {
      yield JSON.parse(line.replace(/,$/, ""));
    }
  }
  throw new Error("the vectors have no end");
}

const scratch = new DataView(new ArrayBuffer(8));

/** The kind of a type: its name, or that of its only member; and the type's parts. */
const kind = (type) => (typeof type === "string" ? [type] : Object.entries(type)[0]);

export const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());

const isOption = (type) => kind(type)[0] === "option";

/** The type of the payload of a case. */
const payload = (cases, tag) => cases.find(([name]) => name === tag)[1];

const resultCases = ([ok, err]) => [["ok", ok], ["err", err]];

/** The value that jco wants for the JSON of a type; null has the type null. */
export function fromJSON(type, json) {
  if (type === null) return undefined;
  const [name, of] = kind(type);
  switch (name) {
    case "u64":
    case "s64":
      return BigInt(json);
    case "f32":
      scratch.setUint32(0, parseInt(json, 16));
      return scratch.getFloat32(0);
    case "f64":
      scratch.setBigUint64(0, BigInt("0x" + json));
      return scratch.getFloat64(0);
    case "list":
      return of === "u8" ? unhex(json.hex) : json.map((item) => fromJSON(of, item));
    case "tuple":
      return of.map((type, i) => fromJSON(type, json[i]));
    case "record":
      return Object.fromEntries(of.map(([field, type]) => [camel(field), fromJSON(type, json[field])]));
    case "flags":
      return Object.fromEntries(of.map((flag) => [camel(flag), json.includes(flag)]));
    case "option":
      if (!isOption(of)) return json === null ? undefined : fromJSON(of, json);
      return json === null ? { tag: "none" } : { tag: "some", val: fromJSON(of, json.some) };
    case "result":
      return fromJSON({ variant: resultCases(of) }, json);
    case "variant": {
      const [[tag, val]] = typeof json === "string" ? [[json, null]] : Object.entries(json);
      return { tag, val: fromJSON(payload(of, tag), val) };
    }
  }
  return json;
}

/** The JSON of a value of a type. */
export function toJSON(type, value) {
  if (type === null) return null;
  const [name, of] = kind(type);
  switch (name) {
    case "u64":
    case "s64":
      return value.toString();
    case "f32":
      scratch.setFloat32(0, value);
      return scratch.getUint32(0).toString(16).padStart(8, "0");
    case "f64":
      scratch.setFloat64(0, value);
      return scratch.getBigUint64(0).toString(16).padStart(16, "0");
    case "list":
      return of === "u8" ? { hex: hex(value) } : Array.from(value, (item) => toJSON(of, item));
    case "tuple":
      return of.map((type, i) => toJSON(type, value[i]));
    case "record":
      return Object.fromEntries(of.map(([field, type]) => [field, toJSON(type, value[camel(field)])]));
    case "flags":
      return of.filter((flag) => value[camel(flag)]);
    case "option":
      if (!isOption(of)) return value === undefined ? null : toJSON(of, value);
      return value.tag === "none" ? null : { some: toJSON(of, value.val) };
    case "result":
      return { [value.tag]: toJSON(payload(resultCases(of), value.tag), value.val) };
    case "variant": {
      const type = payload(of, value.tag);
      return type === null ? value.tag : { [value.tag]: toJSON(type, value.val) };
    }
  }
  return value;
}

/** What a reference stands for, given the result of its step. */
export function resolve({ keep, xor = [], append = "", crc32: seal = false }, result) {
  if (keep === undefined && xor.length === 0 && append === "" && !seal) return result;
  let bytes = unhex(result.hex);
  if (keep !== undefined) bytes = bytes.slice(0, position(keep, bytes.length));
  for (const [at, mask] of xor) {
    const i = position(at, bytes.length);
    if (i >= bytes.length) throw new RangeError(`xor at ${at} of ${bytes.length} bytes`);
    bytes[i] ^= mask;
  }
  bytes = Uint8Array.of(...bytes, ...unhex(append));
  if (seal) {
    const body = bytes.length - 4;
    if (body < 0) throw new RangeError(`no room for a checksum in ${bytes.length} bytes`);
    new DataView(bytes.buffer).setUint32(body, crc32(bytes.subarray(0, body)), true);
  }
  return { hex: hex(bytes) };
}

/** A position; a negative one counts from the end. */
function position(at, length) {
  const absolute = at < 0 ? at + length : at;
  if (absolute < 0 || absolute > length) throw new RangeError(`position ${at} in ${length} bytes`);
  return absolute;
}

/**
 * Runs the steps of a case and returns what a runner prints of it. `call` takes the name of a
 * function and its arguments as JSON, and returns JSON; a WIT result is {ok} or {err}.
 */
export function run(types, { steps, call: name, args }, call) {
  const returned = [];
  steps ??= [{ call: name, args }];
  for (const [i, step] of steps.entries()) {
    const given = [];
    const values = step.args.map((arg) => {
      if (arg?.$step === undefined) return arg;
      given.push(resolve(arg, returned[arg.$step]));
      return given.at(-1);
    });
    const value = call(step.call, values);
    const fallible = types[step.call].result?.result !== undefined;
    if (i === steps.length - 1) return given.length > 0 ? { value, given } : { value };
    if (fallible && "err" in value) return { value };
    returned.push(fallible ? value.ok : value);
  }
  throw new Error("no steps");
}

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const bytesOfDigits = new Map(digits.map((pair, byte) => [pair, byte]));

function unhex(text) {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytesOfDigits.get(text.slice(2 * i, 2 * i + 2));
    if (byte === undefined) throw new RangeError(`bytes in hexadecimal: ${text.slice(0, 40)}`);
    bytes[i] = byte;
  }
  return bytes;
}

function hex(bytes) {
  let text = "";
  for (const byte of bytes) text += digits[byte];
  return text;
}
