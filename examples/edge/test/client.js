// Requests whose bodies are sent in pieces that a test chooses.

import { Agent, request } from "node:http";

export const JSON_TYPE = "application/json";
export const NDJSON = "application/x-ndjson";
export const PACKED = "application/vnd.compute-pipeline.packed";

const agent = new Agent({ keepAlive: true, noDelay: true });

/** Where the operations are. */
export const ENGINE = "/v1/plugins/engine/";

/** Begins a request; `end` sends the rest and waits for the answer. */
export function open(url, path, { method = "POST", type, headers = {}, length } = {}) {
  const all = { ...headers };
  if (type !== undefined) all["content-type"] = type;
  if (length !== undefined) all["content-length"] = length;
  const sent = request(new URL(path, url), { method, headers: all, agent });
  const answer = new Promise((resolve, reject) => {
    sent.on("error", reject);
    sent.on("response", (response) => {
      const parts = [];
      response.on("data", (data) => parts.push(data));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }));
    });
  });
  answer.catch(() => {}); // of a request that was aborted
  return {
    answer,
    /** Sends a piece; resolves when the system has taken it. */
    write: (piece) => new Promise((resolve, reject) => sent.write(piece, (error) => (error ? reject(error) : resolve()))),
    end(piece) {
      sent.end(piece);
      return answer;
    },
    abort: () => sent.destroy(),
  };
}

/** Sends a whole body, and returns the answer. */
export function send(url, path, { body, ...options } = {}) {
  const length = body === undefined ? undefined : Buffer.byteLength(body);
  return open(url, path, { length, ...options }).end(body);
}

/** Calls an operation. */
export const post = (url, operation, type, body, headers) => send(url, ENGINE + operation, { type, body, headers });

/** The answer as JSON. */
export const parsed = ({ body }) => JSON.parse(body);
