import { bytesOf, type Bytes } from "./bytes.js";
import type { Engine, Statistics } from "./engine.js";
import { InvalidInputError } from "./errors.js";
import type { Points } from "./points.js";

/**
 * Points in the form of their exact sums: usually less than a hundred bytes, whatever their
 * number. Summaries of parts can be merged in any order. After an error a summary is what
 * it was before.
 */
export class Summary<T extends number | bigint = number> {
  readonly #engine: Engine<T>;
  #state: Uint8Array;

  /** Use {@link Engine.summary}. */
  constructor(engine: Engine<T>, state: Bytes | string) {
    this.#engine = engine;
    // With no more points, which checks it.
    this.#state = engine.fold(typeof state === "string" ? unhex(state) : state, []);
  }

  /** A copy of the state, whose bytes are defined by the contract. */
  get state(): Uint8Array {
    return this.#state.slice();
  }

  /** Adds points; the errors are those of {@link Engine.fold}. */
  add(points: Points): this {
    this.#state = this.#engine.fold(this.#state, points);
    return this;
  }

  /** Adds the points of another summary or state; the errors are those of {@link Engine.merge}. */
  merge(other: Summary<number> | Summary<bigint> | Bytes): this {
    this.#state = this.#engine.merge(this.#state, other instanceof Summary ? other.#state : bytesOf("the state", other));
    return this;
  }

  /** Returns the statistics; the errors are those of {@link Engine.finish}. */
  statistics(): Statistics<T> {
    return this.#engine.finish(this.#state);
  }

  /** Returns the state as hexadecimal digits, which {@link Engine.summary} accepts. */
  toJSON(): string {
    return Array.from(this.#state, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

function unhex(digits: string): Uint8Array {
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) {
    throw new InvalidInputError("the state: expected an even number of hexadecimal digits");
  }
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}
