import { PANIC_MESSAGE } from "./contract.js";
import { decode } from "./text.js";

/** Bytes of a message that are kept, as in the Go package. */
export const MAX_MESSAGE = 4096;

/**
 * Returns the message that a panic left in the memory of a module: a length and UTF-8.
 * Nothing in it is trusted.
 */
export function messageIn(exports: WebAssembly.Exports | undefined): string | undefined {
  const { memory, [PANIC_MESSAGE]: global } = exports ?? {};
  if (!(memory instanceof WebAssembly.Memory && global instanceof WebAssembly.Global) || typeof global.value !== "number") return undefined;
  const bytes = new Uint8Array(memory.buffer);
  const at = global.value >>> 0;
  if (at === 0 || at % 4 !== 0 || at + 4 > bytes.length) return undefined;
  const length = new DataView(memory.buffer).getUint32(at, true);
  if (length === 0 || length > MAX_MESSAGE || at + 4 + length > bytes.length) return undefined;
  return decode(bytes.slice(at + 4, at + 4 + length));
}
