import { DataError } from "./failure.js";

/** Bytes that are read at a time. */
const SLICE = 2 ** 18;

/** The compression of a file. */
export type Compression = "none" | "gzip";

/** A file that is read from its start, decompressed. */
export class Source {
  /** How many bytes of the file were read. */
  done = 0;
  readonly #file: Blob;
  #compression: Compression = "none";

  private constructor(file: Blob) {
    this.#file = file;
  }

  /** Looks at the first bytes of a file, which tell its compression. */
  static async open(file: Blob): Promise<Source> {
    const source = new Source(file);
    const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
    if (head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) source.#compression = "gzip";
    return source;
  }

  get compression(): Compression {
    return this.#compression;
  }

  /** The decompressed bytes, in pieces. */
  async *bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    this.done = 0;
    if (this.#compression === "none") yield* this.#slices();
    else yield* this.#decompressed();
  }

  async *#slices(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const { size } = this.#file;
    for (let at = 0; at < size; at += SLICE) {
      const bytes = new Uint8Array(await this.#file.slice(at, at + SLICE).arrayBuffer());
      this.done = at + bytes.length;
      yield bytes;
    }
  }

  async *#decompressed(): AsyncGenerator<Uint8Array, void, undefined> {
    const slices = this.#slices();
    // A failure to read the file is told from damaged data.
    let unread: unknown;
    const compressed = new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        try {
          const { done, value } = await slices.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          unread = error;
          throw error;
        }
      },
    });
    const reader = compressed.pipeThrough(new DecompressionStream("gzip")).getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        yield value;
      }
    } catch (error) {
      if (unread !== undefined || !(error instanceof TypeError)) throw error;
      throw new DataError(this.done < this.#file.size || !/trunc|end|incomplete/i.test(error.message)
        ? `the gzip data is damaged at or before byte ${this.done}, or has several parts: ${error.message.replace(/\.$/, "")}`
        : "the gzip data ends too early; is the file complete?");
    } finally {
      // As the loop is left early: nothing more is read.
      await reader.cancel().catch(() => undefined);
    }
  }
}

/** Bytes of a stream whose first ones were looked at. */
export interface Peeked {
  readonly head: Uint8Array;
  /** All bytes, the first ones too. */
  all(): AsyncGenerator<Uint8Array, void, undefined>;
}

/** Reads the first `length` bytes of a stream, or all if it has fewer. */
export async function peek(bytes: AsyncGenerator<Uint8Array, void, undefined>, length: number): Promise<Peeked> {
  let held = new Uint8Array();
  while (held.length < length) {
    const { done, value } = await bytes.next();
    if (done === true) break;
    const longer = new Uint8Array(held.length + value.length);
    longer.set(held);
    longer.set(value, held.length);
    held = longer;
  }
  return {
    head: held.subarray(0, length),
    async *all() {
      if (held.length > 0) yield held;
      yield* bytes;
    },
  };
}
