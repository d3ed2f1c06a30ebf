// A plugin in AssemblyScript for the contract of compute-pipeline, in the grade stable. It is
// written against the canonical ABI by hand; exports.js gives the exports their names.
import { Datapoint } from "./datapoint";
import { parseStream } from "./stream";

const SIZE = offsetof<Datapoint>();

// @ts-ignore: decorator
@inline
function at(points: usize, i: usize): Datapoint {
  return changetype<Datapoint>(points + i * SIZE);
}

// The host calls cabi_realloc for room for arguments. The runtime `stub` gives out memory one
// after the other, aligned to 16.
export function cabi_realloc(old: usize, oldSize: usize, align: usize, size: usize): usize {
  return old == 0 ? heap.alloc(size) : heap.realloc(old, size);
}

// The host calls it once it has copied a result: the call is over, and all memory is free.
export function done(result: usize): void {
  heap.reset();
}

// Where results are that do not fit in one number: a list, or a result of a list or a string.
const list = memory.data(8, 4);
const result = memory.data(12, 4);

function canonical(x: f64): f64 {
  return x == x ? x : NaN;
}

// The two-pass algorithm (T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for
// computing the sample variance", The American Statistician 37, 1983).
export function computeAggregate(points: usize, length: usize): usize {
  const n: f64 = length > 0 ? f64(length) : 1;
  let sum: f64 = 0;
  let squares: f64 = 0;
  for (let i: usize = 0; i < length; i++) sum += at(points, i).value;
  const mean = sum / n;
  for (let i: usize = 0; i < length; i++) {
    const distance = at(points, i).value - mean;
    squares += distance * distance;
  }
  const values = heap.alloc(24);
  store<f64>(values, canonical(mean));
  store<f64>(values, canonical(squares / n), 8);
  store<f64>(values, canonical(sum), 16);
  store<usize>(list, values);
  store<usize>(list, 3, 4);
  return list;
}

export function validateStream(text: usize, length: usize): usize {
  parseStream(text, length, result);
  return result;
}

// compare orders points by timestamp, and equal ones as they are in memory: the library's sort
// is not stable.
function compare(a: usize, b: usize): i32 {
  const s = at(a, 0).timestamp;
  const t = at(b, 0).timestamp;
  return s < t || (s == t && a < b) ? -1 : i32(a != b);
}

// A list of datapoints packed in bytes: its length counts bytes.
export function processBatch(points: usize, bytes: usize): usize {
  if (bytes % SIZE != 0) unreachable();
  const finite = new Array<usize>();
  for (let end = points + bytes, p = points; p < end; p += SIZE) {
    if (isFinite(at(p, 0).value)) finite.push(p);
  }
  finite.sort(compare);
  const output = heap.alloc(usize(finite.length) * SIZE);
  let kept: usize = 0;
  for (let i = 0; i < finite.length; i++) {
    const last = i + 1 == finite.length || at(finite[i + 1], 0).timestamp != at(finite[i], 0).timestamp;
    if (last) memory.copy(output + SIZE * kept++, finite[i], SIZE);
  }
  store<usize>(list, output);
  store<usize>(list, kept * SIZE, 4);
  return list;
}

// The CRC-32 of each four bits.
const crcs: StaticArray<u32> = [
  0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
  0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
];

export function validateChecksum(data: usize, length: usize, expected: u32): bool {
  let crc: u32 = 0xffffffff;
  for (let i: usize = 0; i < length; i++) {
    crc ^= load<u8>(data + i);
    crc = (crc >> 4) ^ unchecked(crcs[crc & 15]);
    crc = (crc >> 4) ^ unchecked(crcs[crc & 15]);
  }
  heap.reset(); // a number needs no post-return
  return ~crc == expected;
}
