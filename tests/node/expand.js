// Expands the compact forms of the vectors to the values they stand for; see
// ../vectors/README.md.

const scratch = new DataView(new ArrayBuffer(8));

/** The double with these 16 hex digits. */
export function double(bits) {
  scratch.setBigUint64(0, BigInt("0x" + bits));
  return scratch.getFloat64(0);
}

/** The 16 hex digits of a double. */
export function bits(double) {
  scratch.setFloat64(0, double);
  return scratch.getBigUint64(0).toString(16).padStart(16, "0");
}

const words = (text) => (text === "" ? [] : text.split(" "));

/** The shared sets, expanded. */
export function expandSets(sets) {
  return Object.fromEntries(Object.entries(sets).map(([name, segments]) => [name, points(segments, {})]));
}

/** The points that segments stand for. */
export function points(segments, sets) {
  const all = [];
  for (const segment of segments) {
    if ("set" in segment) {
      const set = sets[segment.set];
      if (set === undefined) throw new Error(`unknown set ${segment.set}`);
      const { from = 0, to = set.length, stride = 1 } = segment;
      for (let i = from; i < to; i++) all.push(set[(i * stride) % set.length]);
    } else if ("times" in segment) {
      const times = words(segment.times);
      const values = words(segment.values);
      if (times.length !== values.length) throw new Error(`${times.length} times, ${values.length} values`);
      times.forEach((time, i) => all.push({ timestamp: BigInt(time), value: double(values[i]) }));
    } else {
      const values = words(segment.values).map(double);
      const step = BigInt(segment.step);
      let timestamp = BigInt(segment.first);
      for (let i = 0; i < (segment.repeat ?? 1); i++) {
        for (const value of values) {
          all.push({ timestamp, value });
          timestamp = BigInt.asUintN(64, timestamp + step);
        }
      }
    }
  }
  return all;
}

/** The text that pieces stand for. */
export const text = (pieces) => pieces.map((piece) => piece.text.repeat(piece.repeat ?? 1)).join("");

/** The bytes that pieces stand for. */
export const bytes = (pieces) => unhex(pieces.map((piece) => piece.hex.repeat(piece.repeat ?? 1)).join(""));

/** Bytes from hex. */
export const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"));

/** Hex from bytes. */
export const hex = (bytes) => Buffer.from(bytes).toString("hex");
