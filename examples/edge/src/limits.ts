import { InvalidInputError } from "compute-pipeline";

/** The bindings of the worker: what its configuration says, as numbers or their digits. */
export type Env = Readonly<Record<string, unknown>>;

/** What a request may have. */
export interface Limits {
  /** Bytes of a body that is folded as it arrives, decoded. */
  readonly bodyBytes: number;
  /** Bytes that a request keeps: a body that is needed whole, or points of 16 bytes each. */
  readonly heldBytes: number;
  /** Points of a body that is folded. */
  readonly points: number;
  /** Bytes of one record of text. */
  readonly recordBytes: number;
  /** The fuel of one call, if the module is metered. */
  readonly fuel: number | undefined;
}

const MIB = 2 ** 20;

/** Reads the limits from the bindings. */
export function limitsOf(env: Env): Limits {
  return {
    bodyBytes: integer(env, "MAX_BODY_BYTES", 0, Number.MAX_SAFE_INTEGER) ?? 100 * MIB,
    heldBytes: integer(env, "MAX_HELD_BYTES", 0, 256 * MIB - 1) ?? 8 * MIB,
    points: integer(env, "MAX_POINTS", 0, Number.MAX_SAFE_INTEGER) ?? 20_000_000,
    recordBytes: integer(env, "MAX_RECORD_BYTES", 16, 256 * MIB) ?? MIB,
    fuel: integer(env, "FUEL", 1, Number.MAX_SAFE_INTEGER),
  };
}

function integer(env: Env, name: string, min: number, max: number): number | undefined {
  const given = env[name];
  if (given === undefined) return undefined;
  const value = typeof given === "string" && /^\d+$/.test(given) ? Number(given) : given;
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw new InvalidInputError(`the binding ${name}: expected an integer from ${min} to ${max}, got ${JSON.stringify(given)}`);
  }
  return value;
}
