import { DataError } from "./failure.js";

/** How a file's points are written. */
export type Format = "json" | "ndjson" | "csv" | "packed";

/** What a format is called. */
export const FORMAT_NAMES: Record<Format, string> = { json: "JSON", ndjson: "NDJSON", csv: "CSV", packed: "packed points" };

/** The bytes of a file that {@link sniff} wants. */
export const SNIFF_LENGTH = 4096;

const EXPECTED = "expected JSON, NDJSON, CSV or packed points of 16 bytes";

/** Files that people may mistake for data, by their first bytes. */
const OTHERS: readonly (readonly [string, string])[] = [
  ["\x89PNG", "a PNG image"],
  ["\xff\xd8\xff", "a JPEG image"],
  ["GIF8", "a GIF image"],
  ["%PDF", "a PDF document"],
  ["PK\x03\x04", "a ZIP archive or an office document"],
  ["\x28\xb5\x2f\xfd", "compressed with Zstandard, which browsers do not read"],
  ["BZh", "compressed with bzip2, which browsers do not read"],
  ["\xfd7zXZ", "compressed with xz, which browsers do not read"],
  ["PAR1", "a Parquet file"],
  ["SQLite format 3", "a SQLite database"],
  ["\0asm", "a WebAssembly module"],
];

/**
 * Returns the format of a file, from its first bytes, as `pipeline run` does: control
 * characters that no text contains mean packed points, `[` begins a JSON array, `{` one object
 * a line; other text with a separator in its first line is CSV.
 */
export function sniff(head: Uint8Array): Format {
  const start = String.fromCharCode(...head.subarray(0, 16));
  for (const [magic, what] of OTHERS) {
    if (start.startsWith(magic)) throw new DataError(`the file is ${what}; ${EXPECTED}`);
  }
  if (start.startsWith("\xff\xfe") || start.startsWith("\xfe\xff")) throw new DataError("the text is UTF-16; expected UTF-8", { place: { line: 1 } });
  const text = withoutMark(head);
  if (text.some((byte) => byte < 0x20 && !isSpace(byte))) return "packed";
  const at = text.findIndex((byte) => !isSpace(byte));
  if (at < 0) throw new DataError("the file is empty: expected at least one datapoint");
  if (text[at] === 0x5b) return "json";
  if (text[at] === 0x7b) return "ndjson";
  if (separator(text.subarray(at)) !== undefined) return "csv";
  throw new DataError("the format is not recognised; expected a JSON array ('['), an object per line ('{'), CSV with a header, or packed points of 16 bytes", { place: { line: 1 } });
}

/** Bytes without a byte order mark at their start. */
export function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

/** Returns the separator of the cells of the first line: the most frequent of comma, semicolon and tab. */
export function separator(text: Uint8Array): number | undefined {
  const end = text.indexOf(0x0a);
  const line = end < 0 ? text : text.subarray(0, end);
  let best: number | undefined;
  let most = 0;
  for (const mark of [0x2c, 0x3b, 0x09]) {
    const count = line.reduce((sum, byte) => sum + (byte === mark ? 1 : 0), 0);
    if (count > most) [best, most] = [mark, count];
  }
  return best;
}
