import type { Excerpt, Place } from "./failure.js";

/** The bytes of a line that are shown on either side of a place. */
const AROUND = 60;

const NEWLINE = 0x0a;

/**
 * Reads a text again up to a place, and returns what is around it in its line; undefined if it
 * is not there. Columns count bytes, and so does this.
 */
export async function excerptAt(stream: AsyncIterable<Uint8Array>, { line, column = 1 }: Place): Promise<Excerpt | undefined> {
  let linesLeft = line - 1;
  let columnsLeft = Math.max(column - 1, 0);
  let before = new Uint8Array();
  let after = new Uint8Array();
  for await (let bytes of stream) {
    let start = 0;
    while (linesLeft > 0) {
      const newline = bytes.indexOf(NEWLINE, start);
      if (newline < 0) break;
      start = newline + 1;
      linesLeft--;
    }
    if (linesLeft > 0) continue;
    bytes = bytes.subarray(start);
    if (columnsLeft > 0) {
      const passed = bytes.subarray(0, columnsLeft);
      columnsLeft -= passed.length;
      before = join(before, passed).slice(-AROUND);
      bytes = bytes.subarray(passed.length);
    }
    const newline = bytes.indexOf(NEWLINE);
    after = join(after, newline < 0 ? bytes : bytes.subarray(0, newline)).slice(0, AROUND);
    if (newline >= 0 || after.length === AROUND) break;
  }
  if (linesLeft > 0 || columnsLeft > 0) return undefined;
  return { before: clean(before), after: clean(after) };
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/** Text with a sign for what cannot be seen. Half a character at the end is left out. */
function clean(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/^\uFFFD{1,3}|\uFFFD{1,3}$/g, "").replace(/[\0-\x1f\x7f]/g, (control) => (control === "\t" ? " " : control === "\r" ? "" : "\u00b7"));
}
