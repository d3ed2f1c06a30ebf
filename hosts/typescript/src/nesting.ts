const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Follows brackets and strings in JSON whose bytes arrive in pieces. It does not tell closing
 * brackets apart and checks nothing else, which the engine does.
 */
export class Nesting {
  /** How many brackets are open. */
  depth = 0;
  #inString = false;
  #escaped = false;

  /** Whether all brackets and strings are closed. */
  get ended(): boolean {
    return this.depth === 0 && !this.#inString;
  }

  /**
   * Passes over bytes up to the end of the outermost value, and returns the position after
   * it, or `to`. Calls `comma` with the position of each comma between the elements of the
   * outermost array.
   */
  skip(bytes: Uint8Array, from: number, to: number, comma?: (at: number) => void): number {
    // In locals: this loop sees every byte.
    let { depth } = this;
    let inString = this.#inString;
    let escaped = this.#escaped;
    let at = from;
    while (at < to) {
      const byte = bytes[at++]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) inString = true;
      else if (byte === 0x5b || byte === 0x7b) depth++; // [ {
      else if (byte === 0x5d || byte === 0x7d) {
        if (--depth === 0) break; // ] }
      } else if (byte === COMMA && depth === 1) comma?.(at - 1);
    }
    this.depth = depth;
    this.#inString = inString;
    this.#escaped = escaped;
    return at;
  }
}
