// Tests that run in every JavaScript runtime, also in a browser: no test framework does.

const tests = [];

/** Registers a test. */
export function test(name, run) {
  tests.push({ name, run });
}

/** Runs all tests, and gives each failure to `print` and then the closing line. */
export async function runAll(print) {
  let failed = 0;
  for (const { name, run } of tests) {
    try {
      await run();
    } catch (error) {
      failed++;
      print(`FAILED ${name}: ${error?.stack ?? error}`);
    }
  }
  print(`${tests.length - failed} passed, ${failed} failed`);
  return failed === 0;
}

/** Fails unless the values are equal: numbers by their bits but for NaN, objects by their fields. */
export function equal(got, want, what = "") {
  const difference = differ(got, want, what);
  if (difference !== undefined) throw new Error(difference);
}

function differ(got, want, path) {
  if (Object.is(got, want)) return undefined;
  const isObject = (value) => typeof value === "object" && value !== null;
  if (!isObject(got) || !isObject(want) || Object.getPrototypeOf(got) !== Object.getPrototypeOf(want)) {
    return `${path} is ${show(got)}, want ${show(want)}`;
  }
  const keys = new Set([...Object.keys(got), ...Object.keys(want)]);
  for (const key of keys) {
    const difference = key in got && key in want ? differ(got[key], want[key], `${path}.${key}`) : `${path}.${key} is only in ${key in got ? "what was got" : "what was wanted"}`;
    if (difference !== undefined) return difference;
  }
  return undefined;
}

const show = (value) => (typeof value === "string" ? JSON.stringify(value) : typeof value === "bigint" ? `${value}n` : Object.is(value, -0) ? "-0" : String(value));

/** Fails unless the function throws an error of the class with the text and the fields. */
export function throws(run, type, text, fields = {}) {
  let result;
  try {
    result = run();
  } catch (error) {
    return isError(error, type, text, fields);
  }
  throw new Error(`returned ${show(result)}, want a ${type.name}: ${text}`);
}

/** As throws, for a promise. */
export async function rejects(promise, type, text, fields = {}) {
  let result;
  try {
    result = await promise;
  } catch (error) {
    return isError(error, type, text, fields);
  }
  throw new Error(`resolved to ${show(result)}, want a ${type.name}: ${text}`);
}

function isError(error, type, text, fields) {
  if (!(error instanceof type)) throw new Error(`threw ${error?.stack ?? error}, want a ${type.name}: ${text}`);
  if (!error.message.includes(text)) throw new Error(`threw ${show(error.message)}, want a message with ${show(text)}`);
  for (const [name, value] of Object.entries(fields)) equal(error[name], value, name);
  return error;
}

/** Reads a file, by its place beside a module. */
export async function read(url) {
  if (url.protocol === "file:") return new Uint8Array(await (await import("node:fs/promises")).readFile(url));
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Random numbers that are the same in every run: xorshift of 64 bits. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = BigInt(seed) | 1n;
  }

  /** 64 random bits. */
  bits() {
    let x = this.#state;
    x ^= BigInt.asUintN(64, x << 13n);
    x ^= x >> 7n;
    x ^= BigInt.asUintN(64, x << 17n);
    return (this.#state = x);
  }

  /** An integer from 0 to n-1. */
  below(n) {
    return Number(this.bits() % BigInt(n));
  }
}
