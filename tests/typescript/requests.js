// Asks the test for requests: posts the answer to one, and is given the next.

/** Answers requests with what the function returns for the browser and its version. */
export async function run(answerer) {
  try {
    const agent = navigator.userAgent;
    const [, runtime, version] = agent.match(/(Firefox|Chrome)\/([\d.]+)/) ?? [, "a browser", agent];
    const answer = await answerer(runtime === "Chrome" ? "Chromium" : runtime, version);
    let body = "";
    for (;;) {
      const response = await fetch("/next", { method: "POST", body });
      if (response.status === 204) return;
      if (!response.ok) throw new Error(`HTTP status ${response.status}`);
      body = JSON.stringify(await answer(await response.json()));
    }
  } catch (error) {
    await fetch("/failed", { method: "POST", body: String(error?.stack ?? error) });
  }
}
