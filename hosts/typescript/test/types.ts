// What TypeScript accepts and refuses; `npm run test:types` compiles it and runs nothing.

import { Engine, ParseError, readPoints, type ColumnArrays, type Datapoint, type LimitError, type Points, type Statistics, type Summary } from "../dist/index.js";

const engine = await Engine.load();
const numbers: Engine<number> = engine;
const bigints: Engine<bigint> = await Engine.load({ timestamps: "bigint", budget: 1e9 });

const read: Datapoint<number>[] = engine.validateStream("[]");
const exact: Datapoint<bigint>[] = bigints.validateStream(new Uint8Array());
const count: bigint = bigints.finish(new Uint8Array()).count;
const statistics: Statistics = engine.summary().add(read).merge(bigints.summary()).statistics();
const summary: Summary<bigint> = bigints.summary().add(exact).add(read);
const points: readonly Points[] = [
  read, exact, [{ timestamp: 1, value: 2 }, { timestamp: 1n, value: 2 }] as const,
  { timestamps: new BigUint64Array(1), values: new Float64Array(1) },
  { timestamps: [1, 2n], values: [1, 2] },
];
const module: Engine = Engine.from(await WebAssembly.compile(new Uint8Array()));
export const used = [numbers, count, statistics, summary, points, module];

export async function* body(response: Response): AsyncGenerator<ColumnArrays> {
  if (response.body !== null) yield* readPoints(bigints, response.body, { format: "ndjson" });
  yield* readPoints(engine, [new Uint8Array()], { format: "packed", maxRecord: 1024 });
}

export function column(error: unknown): number | undefined {
  return error instanceof ParseError ? error.column : undefined;
}

export const limit = (error: LimitError): "fuel" | undefined => (error.limit === "fuel" ? error.limit : undefined);

// @ts-expect-error: timestamps are numbers unless bigints are asked for.
bigints.validateStream("[]")[0]!.timestamp.toFixed();
// @ts-expect-error: a point has a value.
engine.computeAggregate([{ timestamp: 1 }]);
// @ts-expect-error: a value is no text.
engine.computeAggregate([{ timestamp: 1, value: "2" }]);
// @ts-expect-error: a timestamp is no Date.
engine.computeAggregate([{ timestamp: new Date(), value: 2 }]);
// @ts-expect-error: columns are two.
engine.computeAggregate({ timestamps: [] });
// @ts-expect-error: there is no such format.
readPoints(engine, [], { format: "csv" });
// @ts-expect-error: there is no such option.
Engine.load({ timestamp: "bigint" });
// @ts-expect-error: only the class makes engines.
new Engine();
