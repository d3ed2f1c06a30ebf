/** Returns the position of the first byte that is not UTF-8, or -1. */
export function invalidUTF8(bytes: Uint8Array): number {
  const n = bytes.length;
  const offset = bytes.byteOffset % 4;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset - offset, (n + offset) >>> 2);
  let i = 0;
  while (i < n) {
    const first = bytes[i]!;
    if (first < 0x80) {
      i++;
      if ((i + offset) % 4 !== 0) continue;
      // ASCII, four at a time, takes a quarter of the time.
      let word = (i + offset) >>> 2;
      while (word < words.length && (words[word]! & 0x80808080) === 0) word++;
      i = word * 4 - offset;
      continue;
    }
    // The number of bytes that follow, and what the first of them may be; RFC 3629.
    let more: number;
    let low = 0x80;
    let high = 0xbf;
    if (first >= 0xc2 && first <= 0xdf) more = 1;
    else if (first >= 0xe0 && first <= 0xef) {
      more = 2;
      if (first === 0xe0) low = 0xa0;
      else if (first === 0xed) high = 0x9f;
    } else if (first >= 0xf0 && first <= 0xf4) {
      more = 3;
      if (first === 0xf0) low = 0x90;
      else if (first === 0xf4) high = 0x8f;
    } else return i;
    for (let k = 1; k <= more; k++) {
      const next = bytes[i + k];
      if (next === undefined || next < low || next > high) return i;
      low = 0x80;
      high = 0xbf;
    }
    i += more + 1;
  }
  return -1;
}

/** Returns the position of the first half of a surrogate pair that stands alone, or -1. */
export function loneSurrogate(text: string): number {
  const known = text as { isWellFormed?: () => boolean };
  if (known.isWellFormed?.() === true) return -1;
  return text.search(/\p{Surrogate}/u);
}

const encoder = new TextEncoder();

/** The bytes of a string in UTF-8. */
export const encode = (text: string): Uint8Array => encoder.encode(text);

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The string of bytes, or undefined if they are not UTF-8. */
export function decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** At most `max` bytes from the start, up to the end of a character. */
export function beginning(bytes: Uint8Array, max: number): Uint8Array {
  if (bytes.length <= max) return bytes;
  let end = max;
  while (end > max - 3 && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
