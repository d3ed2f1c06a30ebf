// A runner for browsers: posts the answer to a request, and is given the next request.

import { answerer } from "./answer.js";

async function run() {
  const agent = navigator.userAgent;
  const [, runtime, version] = agent.match(/(Firefox|Chrome)\/([\d.]+)/) ?? [, "a browser", agent];
  const answer = await answerer(await fetch("/module"), runtime === "Chrome" ? "Chromium" : runtime, version);
  let body = "";
  for (;;) {
    const response = await fetch("/next", { method: "POST", body });
    if (response.status === 204) return;
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    body = JSON.stringify(answer(await response.json()));
  }
}

run().catch((error) => fetch("/failed", { method: "POST", body: String(error?.stack ?? error) }));
