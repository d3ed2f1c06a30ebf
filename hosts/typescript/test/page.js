// Runs all tests in the page, then most in a worker, and posts what they print.

import { runAll } from "./all.js";

let posts = Promise.resolve();
const post = (path, body) => (posts = posts.then(() => fetch(path, { method: "POST", body })));

let clean = true;
addEventListener("securitypolicyviolation", ({ violatedDirective }) => {
  clean = false;
  post("/print", `the content security policy forbids ${violatedDirective}`);
});
addEventListener("error", ({ message }) => {
  clean = false;
  post("/print", `error: ${message}`);
});

/** Runs tests in a worker. */
function inWorker() {
  return new Promise((resolve, reject) => {
    const worker = new Worker("worker.js", { type: "module" });
    worker.onerror = ({ message }) => reject(new Error(`the worker: ${message}`));
    worker.onmessage = ({ data }) => (typeof data === "string" ? post("/print", `worker: ${data}`) : resolve(data));
  });
}

try {
  const began = performance.now();
  const page = await runAll((line) => post("/print", line));
  const worker = await inWorker();
  const [browser] = navigator.userAgent.match(/(Chrome|Firefox)\/\d+/);
  post("/print", `${browser}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  post("/done", String(page && worker && clean));
} catch (error) {
  post("/print", String(error.stack));
  post("/done", "false");
}
