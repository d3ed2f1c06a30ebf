import { ContractError, LimitError, ModuleError } from "./errors.js";

/** Bytes of a page of WebAssembly memory. */
export const PAGE = 65536;

const HEADER = 8;
const MEMORY_SECTION = 5;

/** Flags of a memory's limits. */
const HAS_MAX = 1;

/**
 * Returns the module with a memory that cannot grow beyond `limit` bytes: a copy whose
 * memory section is written anew, or the module itself if its own maximum is not larger.
 */
export function limitMemory(wasm: Uint8Array, limit: number): Uint8Array {
  const pages = Math.floor(limit / PAGE);
  const reader = new Reader(wasm, HEADER);
  while (!reader.atEnd()) {
    const start = reader.at;
    const id = reader.byte();
    const size = reader.u32();
    const end = reader.at + size;
    if (id !== MEMORY_SECTION) {
      reader.at = end;
      continue;
    }
    const count = reader.u32();
    if (count !== 1) throw new ContractError([`the module has ${count} memories, expected 1`]);
    const flags = reader.byte();
    if ((flags & ~HAS_MAX) !== 0) throw new ContractError(["the module's memory is shared or has 64-bit addresses, expected an ordinary one"]);
    const min = reader.u32();
    const max = (flags & HAS_MAX) !== 0 ? reader.u32() : Infinity;
    if (reader.at !== end) throw new ModuleError("not a WebAssembly module: its memory section has another length than it says");
    if (min > pages) {
      throw new LimitError("memory", limit, `the module's memory starts with ${min * PAGE} bytes, and ${limit} are allowed (memoryLimit)`);
    }
    if (max <= pages) return wasm;
    const contents = [...u32(1), HAS_MAX, ...u32(min), ...u32(pages)];
    return joined(wasm.subarray(0, start), [MEMORY_SECTION, ...u32(contents.length), ...contents], wasm.subarray(end));
  }
  return wasm;
}

/** Reads the framing of a module. */
class Reader {
  constructor(readonly bytes: Uint8Array, public at: number) {}

  atEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw new ModuleError(`not a WebAssembly module: it ends within a section, at byte ${this.bytes.length}`);
    this.at++;
    return byte;
  }

  /** An unsigned number of 32 bits in LEB128. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new ModuleError(`not a WebAssembly module: the number at byte ${this.at - 5} has more than 5 bytes`);
  }
}

/** A number in LEB128. */
function u32(value: number): number[] {
  const bytes: number[] = [];
  do {
    bytes.push((value % 128) | (value >= 128 ? 0x80 : 0));
    value = Math.floor(value / 128);
  } while (value > 0);
  return bytes;
}

function joined(before: Uint8Array, section: readonly number[], after: Uint8Array): Uint8Array {
  const whole = new Uint8Array(before.length + section.length + after.length);
  whole.set(before);
  whole.set(section, before.length);
  whole.set(after, before.length + section.length);
  return whole;
}
