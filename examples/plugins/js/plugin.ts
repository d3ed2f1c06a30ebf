// A plugin in TypeScript for the contract of compute-pipeline, in the grade stable.

// The bindings decode strings with a TextDecoder that leaves out a byte order mark, which the
// contract refuses.
const exact = new TextDecoder("utf-8", { ignoreBOM: true });
const { decode } = TextDecoder.prototype;
TextDecoder.prototype.decode = (bytes?: AllowSharedBufferSource) => decode.call(exact, bytes);

export const metrics: contract.Metrics = {
  // The two-pass algorithm (T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for
  // computing the sample variance", The American Statistician 37, 1983).
  computeAggregate(points: contract.Datapoint[]): Float64Array {
    const n = points.length;
    if (n === 0) return Float64Array.of(0, 0, 0);
    let sum = 0;
    for (const { value } of points) sum += value;
    const mean = sum / n;
    let squares = 0;
    for (const { value } of points) squares += (value - mean) ** 2;
    return Float64Array.of(mean, squares / n, sum);
  },

  validateStream(text: string): contract.Datapoint[] {
    let records: contract.Datapoint[];
    try {
      const value: unknown = JSON.parse(text, keepNumbers);
      if (!Array.isArray(value)) throw new Error("expected an array");
      records = value.map(datapoint);
    } catch (error) {
      throw `Parse failed: ${(error as Error).message.replaceAll("\n", " ")}`;
    }
    if (records.length === 0) throw "Empty dataset";
    return records;
  },
};

// A Text is a number as it was written: 1.0 is no timestamp, and 2^63 no double.
class Text {
  source: string;

  constructor(source: string) {
    this.source = source;
  }
}

function keepNumbers(_: string, value: unknown, context?: { source: string }): unknown {
  return typeof value === "number" ? new Text(context!.source) : value;
}

const MAX_TIMESTAMP = 2n ** 64n - 1n;

function datapoint(record: unknown, i: number): contract.Datapoint {
  const invalid = (reason: string): Error => new Error(`record ${i + 1}: ${reason}`);
  if (record === null || typeof record !== "object" || Array.isArray(record) || record instanceof Text) {
    throw invalid("expected an object");
  }
  const number = (field: string): string => {
    if (!Object.hasOwn(record, field)) throw invalid(`missing field \`${field}\``);
    const text: unknown = Reflect.get(record, field);
    if (!(text instanceof Text)) throw invalid(`${field}: expected a number`);
    return text.source;
  };
  const digits = number("timestamp");
  if (!/^\d{1,20}$/.test(digits) || BigInt(digits) > MAX_TIMESTAMP) {
    throw invalid("timestamp: expected an integer from 0 to 2^64-1");
  }
  const value = Number(number("value"));
  if (!Number.isFinite(value)) throw invalid("value: the number is out of range");
  return { timestamp: BigInt(digits), value };
}

export const pipeline: contract.Pipeline = {
  processBatch(input: Uint8Array): Uint8Array {
    if (input.length % 16 !== 0) throw new Error("the length is not a multiple of 16");
    const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
    // A map keeps the order in which timestamps came first, and their last point.
    const last = new Map<bigint, number>();
    for (let at = 0; at < input.length; at += 16) {
      if (Number.isFinite(view.getFloat64(at + 8, true))) last.set(view.getBigUint64(at, true), at);
    }
    const kept = [...last].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    const output = new Uint8Array(16 * kept.length);
    kept.forEach(([, at], i) => output.set(input.subarray(at, at + 16), 16 * i));
    return output;
  },

  validateChecksum(data: Uint8Array, expected: number): boolean {
    let crc = ~0;
    // Not for-of, which calls an iterator for each byte: there is no JIT.
    for (let i = 0; i < data.length; i++) crc = CRC[(crc ^ data[i]!) & 255]! ^ (crc >>> 8);
    return (~crc >>> 0) === expected;
  },
};

// The CRC-32 of each byte.
const CRC = Int32Array.from({ length: 256 }, (_, crc) => {
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});
