import { Problem } from "./problem.js";

/** Bytes that are read at a time. */
const CHUNK = 65536;

/** The body of a request, decoded. The limit is that of its bytes as they are sent, and decoded. */
export class Body {
  /** The bytes that have arrived. */
  length = 0;

  constructor(
    readonly request: Request,
    readonly limit: number,
  ) {}

  /** Yields the body as it arrives. A chunk is valid until the next one is asked for. */
  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const { request, limit } = this;
    const decode = isGzip(request);
    if (Number(request.headers.get("content-length")) > limit) throw tooLarge(limit);
    if (request.body === null) return;
    const stream = decode ? request.body.pipeThrough(bounded(limit)).pipeThrough(new DecompressionStream("gzip")) : request.body;
    // By default workerd reads 4 KiB at a time, which takes six times as long.
    const reader = stream.getReader({ mode: "byob" });
    let buffer = new ArrayBuffer(CHUNK);
    try {
      for (;;) {
        const { done, value } = await reader.read(new Uint8Array(buffer));
        if (done) return;
        this.length += value.length;
        if (this.length > limit) throw tooLarge(limit);
        yield value;
        buffer = value.buffer;
      }
    } catch (error) {
      if (error instanceof Problem) throw error;
      if (decode) throw new Problem("invalid-body", `the body cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      throw new Problem("client-gone", "the client disconnected in the middle of its body");
    } finally {
      // The rest of a body that is refused. The answer does not wait for it.
      reader.cancel().catch(() => {});
    }
  }

  /** Returns the whole body. */
  async bytes(): Promise<Uint8Array> {
    // A client that announces much may send little.
    let held = new Uint8Array(Math.min(CHUNK, this.limit));
    let length = 0;
    for await (const chunk of this.chunks()) {
      if (this.length > held.length) {
        const larger = new Uint8Array(Math.min(Math.max(this.length, 2 * held.length), this.limit));
        larger.set(held.subarray(0, length));
        held = larger;
      }
      held.set(chunk, length);
      length = this.length;
    }
    return held.subarray(0, length);
  }
}

/** Passes bytes on, up to a number of them: compressed data of any length may have none. */
function bounded(limit: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let sent = 0;
  return new TransformStream({
    transform(chunk, controller) {
      sent += chunk.length;
      if (sent > limit) throw tooLarge(limit);
      controller.enqueue(chunk);
    },
  });
}

const tooLarge = (limit: number): Problem => new Problem("body-too-large", `the body is longer than the ${limit} bytes that are allowed`);

function isGzip(request: Request): boolean {
  const encoding = request.headers.get("content-encoding") ?? "";
  switch (encoding.trim().toLowerCase()) {
    case "":
    case "identity":
      return false;
    case "gzip":
    case "x-gzip":
      return true;
    default:
      throw new Problem("unsupported-encoding", `Content-Encoding is ${JSON.stringify(encoding)}; expected gzip, or none`, undefined, { "accept-encoding": "gzip" });
  }
}
