import type { Answer, Request } from "./protocol.js";

/** The worker, as the page sees it. There is one at a time, which starts before it is needed. */
export class Client {
  readonly #listen: (answer: Answer) => void;
  #worker: Worker | undefined;
  /** Requests without an answer. */
  #open = 0;

  constructor(listen: (answer: Answer) => void) {
    this.#listen = listen;
    this.#worker = this.#start();
  }

  ask(request: Request): void {
    this.#open++;
    this.#worker ??= this.#start();
    this.#worker.postMessage(request);
  }

  /** Drops what was asked for: ends a worker that is at work, whatever it does, and starts another. */
  cancel(): void {
    if (this.#open === 0) return;
    this.#end();
    this.#worker = this.#start();
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#open = 0;
  }

  #start(): Worker {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (worker !== this.#worker) return;
      if (data.kind !== "progress") this.#open--;
      this.#listen(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (worker !== this.#worker) return;
      const asked = this.#open > 0;
      // The next request starts another.
      this.#end();
      if (asked) this.#listen({ kind: "failed", failure: { message: `the worker ended: ${event.message || "its files cannot be loaded"}` } });
    };
    return worker;
  }
}
