import type { Answer, Request } from "./protocol.js";

/** The worker, as the page sees it. There is one at a time, which starts before it is needed. */
export class Client {
  readonly #listen: (answer: Answer) => void;
  #worker: Worker;
  /** Whether it reads a file. */
  #reading = false;

  constructor(listen: (answer: Answer) => void) {
    this.#listen = listen;
    this.#worker = this.#start();
  }

  ask(request: Request): void {
    if (request.kind === "read") this.#reading = true;
    this.#worker.postMessage(request);
  }

  /** Ends a worker that reads a file, whatever it does, and starts another. */
  cancel(): void {
    if (this.#reading) this.#replace();
  }

  #replace(): void {
    this.#worker.terminate();
    this.#reading = false;
    this.#worker = this.#start();
  }

  #start(): Worker {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    const current = (listener: () => void): void => {
      if (worker === this.#worker) listener();
    };
    worker.onmessage = ({ data }: MessageEvent<Answer>) => current(() => {
      if (data.kind === "read" || data.kind === "failed") this.#reading = false;
      this.#listen(data);
    });
    worker.onerror = (event) => {
      event.preventDefault();
      current(() => {
        this.#replace();
        this.#listen({ kind: "failed", failure: { message: `the worker ended: ${event.message || "it could not be started"}` } });
      });
    };
    return worker;
  }
}
