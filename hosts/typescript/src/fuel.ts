import { FUEL, REFUEL } from "./contract.js";
import { LimitError } from "./errors.js";

/**
 * How much fuel a module gets at a time: 50 to 100 µs of usual code. A call may run so far
 * beyond its budget before it fails.
 */
const SLICE = 100_000;

/**
 * Counts the fuel of the calls of one instance and stops one that reaches a limit. A metered
 * module subtracts what it does from a global, and calls refuel when that is below zero.
 */
export class Meter {
  /** The global of the instance; undefined while its start function runs. */
  global: WebAssembly.Global | undefined;
  /** The limit that stopped the call. */
  stopped: LimitError | undefined;
  readonly imports: Record<string, Record<string, () => bigint>> = { [FUEL]: { [REFUEL]: () => this.#refuel() } };

  readonly #budget: number;
  readonly #timeLimit: number;
  #granted = 0;
  #deadline = Infinity;

  constructor(budget: number, timeLimit: number) {
    this.#budget = budget;
    this.#timeLimit = timeLimit;
  }

  /** Starts the accounting of a call. */
  begin(): void {
    this.stopped = undefined;
    this.#deadline = this.#timeLimit === Infinity ? Infinity : performance.now() + this.#timeLimit;
    this.#granted = 0;
    if (this.global === undefined) return;
    this.#granted = SLICE;
    this.global.value = BigInt(SLICE);
  }

  /** The fuel that the call has used so far. */
  get used(): number {
    return this.#granted - Number((this.global?.value as bigint | undefined) ?? 0n);
  }

  /** Throws if the call has reached a limit. */
  check(): void {
    if (this.used > this.#budget) throw this.#stop("fuel");
    if (this.#deadline !== Infinity && performance.now() > this.#deadline) throw this.#stop("time");
  }

  #refuel(): bigint {
    this.check();
    this.#granted += SLICE;
    return BigInt(SLICE);
  }

  #stop(limit: "fuel" | "time"): LimitError {
    this.stopped = limit === "fuel"
      ? new LimitError(limit, this.#budget, `the call needs more than its budget of ${this.#budget} units of fuel`)
      : new LimitError(limit, this.#timeLimit, `the call took longer than its limit of ${this.#timeLimit} ms`);
    return this.stopped;
  }
}
