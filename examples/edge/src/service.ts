import { EmptyDatasetError, Engine, InvalidInputError, LimitError, ParseError, readPoints, type Format, type Summary } from "compute-pipeline";
import { Body } from "./body.js";
import { limitsOf, type Env, type Limits } from "./limits.js";
import { Problem } from "./problem.js";
import type { Columns } from "./write.js";

/** The largest memory of an instance that is kept after a request; it never shrinks. */
const KEPT_MEMORY = 32 * 2 ** 20;

/**
 * The engine and its limits, for all requests of an isolate. A call of the engine is
 * synchronous, so that requests take turns between calls; what a request has so far is in its
 * own state. After a trap the next call has a new instance.
 */
export class Service {
  readonly limits: Limits;
  readonly engine: Engine<bigint>;
  /** Whether the module has fold, merge and finish. */
  readonly hasSummary: boolean;

  constructor(module: WebAssembly.Module, env: Env) {
    this.limits = limitsOf(env);
    const { fuel } = this.limits;
    this.engine = Engine.from(module, { timestamps: "bigint", ...(fuel === undefined ? {} : { budget: fuel }) });
    this.hasSummary = WebAssembly.Module.exports(module).some(({ name }) => name === "org:compute-pipeline/summary@0.1.0#fold");
  }

  /** Drops an instance that a request has made large. */
  tidy(): void {
    if (this.engine.memorySize > KEPT_MEMORY) this.engine.reset();
  }

  /** Refuses a request that needs the optional part of the contract, if the module has none. */
  needSummary(): void {
    if (!this.hasSummary) throw new Problem("no-summary", "the module does not support fold, merge and finish");
  }

  /** Returns a summary: that of no points, or of a state. */
  summary(state?: Uint8Array): Summary<bigint> {
    this.needSummary();
    return this.engine.summary(state);
  }

  /** Adds the points of the body to a summary, as they arrive. */
  async fold(request: Request, format: Format, summary: Summary<bigint>): Promise<Summary<bigint>> {
    let count = 0;
    for await (const points of this.points(new Body(request, this.limits.bodyBytes), format)) {
      count += points.values.length;
      if (count > this.limits.points) throw new Problem("too-many-points", `the body has more than the ${this.limits.points} points that are allowed`);
      summary.add(points);
    }
    return summary;
  }

  /** Returns all points of the body. */
  async list(request: Request, format: Format): Promise<Columns[]> {
    const { heldBytes } = this.limits;
    const pieces: Columns[] = [];
    let bytes = 0;
    for await (const points of this.points(new Body(request, heldBytes), format)) {
      bytes += 16 * points.values.length;
      if (bytes > heldBytes) throw new Problem("too-many-points", `the body has more than the ${Math.floor(heldBytes / 16)} points that are allowed`);
      pieces.push(points);
    }
    return pieces;
  }

  /** Yields the points of a body; errors in it are problems with their places. */
  async *points(body: Body, format: Format): AsyncGenerator<Columns, void, undefined> {
    try {
      yield* readPoints(this.engine, body.chunks(), { format, maxRecord: this.limits.recordBytes });
    } catch (error) {
      throw pointsProblem(error, body);
    }
  }
}

function pointsProblem(error: unknown, body: Body): unknown {
  if (error instanceof EmptyDatasetError || (error instanceof ParseError && body.length === 0)) {
    return new Problem("invalid-points", "the body has no points: expected at least one");
  }
  if (error instanceof ParseError && error.line !== undefined && error.column !== undefined && error.offset !== undefined) {
    const { line, column, offset } = error;
    const what = error.message.replace(/^Parse failed: /, "").replace(/ at line \d+ column \d+$/, "");
    return new Problem("invalid-points", `line ${line}, column ${column} (byte offset ${offset}): ${what}`, { line, column, offset });
  }
  if (error instanceof ParseError) return new Problem("invalid-points", error.message);
  if (error instanceof InvalidInputError && error.index !== undefined) {
    const what = `the input ends in the middle of a point; expected 16 bytes, found ${body.length - error.index}`;
    return new Problem("invalid-points", `byte offset ${error.index}: ${what}`, { offset: error.index });
  }
  if (error instanceof LimitError && error.limit === "input") return new Problem("record-too-large", error.message);
  return error;
}
