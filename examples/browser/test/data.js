// Files of points for the tests. The same seed gives the same file.

import { gzipSync } from "node:zlib";

import { Random } from "../../../hosts/typescript/test/harness.js";

/** Timestamps and values of many kinds, as the digits of files. */
export function points(count, seed, { shuffled = false, start = 1_262_304_000, step = 1800 } = {}) {
  const random = new Random(seed);
  const list = Array.from({ length: count }, (_, i) => [String(start + i * step + random.below(step)), value(random)]);
  if (shuffled) for (let i = count - 1; i > 0; i--) [list[i], list[random.below(i + 1)]] = [list[random.below(i + 1)], list[i]];
  return list;
}

function value(random) {
  const whole = random.below(2000) - 1000;
  switch (random.below(12)) {
    case 0:
      return "-0.0";
    case 1:
      return `${whole}e${random.below(600) - 300}`;
    case 2:
      return "5e-324";
    case 3:
      return `${whole}.${random.bits()}${random.bits()}`;
    default:
      return `${whole}.${random.below(1000)}`;
  }
}

const object = ([timestamp, value]) => `{"timestamp": ${timestamp}, "value": ${value}}`;

export const toJSON = (list) => `[${list.map(object).join(",\n ")}]\n`;
export const toNDJSON = (list) => `${list.map(object).join("\n")}\n`;
export const toCSV = (list) => `time,temperature\n${list.map((point) => point.join(",")).join("\n")}\n`;
export const gzip = (text) => gzipSync(text);

/** Packed points of 16 bytes, which may have any values. */
export function toPacked(list) {
  const bytes = Buffer.alloc(list.length * 16);
  list.forEach(([timestamp, value], i) => {
    bytes.writeBigUInt64LE(BigInt(timestamp), i * 16);
    bytes.writeDoubleLE(Number(value), i * 16 + 8);
  });
  return bytes;
}
