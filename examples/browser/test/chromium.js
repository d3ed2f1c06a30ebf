// Opens the page in Debian's Chromium, and watches it: an error that it prints or throws, or a
// violation of its policy, fails the test.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { serve } from "../serve.js";

export const dist = fileURLToPath(new URL("../dist", import.meta.url));

/** The time that something may take on a busy machine, in milliseconds. */
const PATIENCE = 240_000;

let browser;
/** The server of the folder. */
export let server;
let complaints = [];
const contexts = [];

before(async () => {
  server = await listen(serve(dist));
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
});

afterEach(async () => {
  const found = complaints;
  complaints = [];
  for (const context of contexts.splice(0)) await context.close();
  assert.deepEqual(found, []);
});

after(async () => {
  await browser?.close();
  await stop(server);
});

/** Lets a server listen on a port of its own, or on a given one. */
export async function listen(server, port = 0) {
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

export async function stop(server) {
  server?.closeAllConnections();
  await new Promise((resolve) => (server?.listening ? server.close(resolve) : resolve()));
}

export const address = (server) => `http://127.0.0.1:${server.address().port}/`;

/** The browser. */
export const launched = () => browser;

/** Opens the page, of the folder's server or another. */
export async function open(options = {}, url = address(server)) {
  const context = await browser.newContext({ viewport: { width: 1180, height: 900 }, ...options });
  contexts.push(context);
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`error: ${error.stack}`));
  await page.exposeFunction("complain", (text) => complaints.push(text));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => globalThis.complain(`policy: ${violatedDirective} ${blockedURI}`));
    globalThis.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration);
    }).observe({ type: "longtask", buffered: true });
  });
  await page.goto(url);
  return page;
}

/** What the page complained about so far, which then is no failure. */
export const taken = () => complaints.splice(0);

/** Gives the page a file: a path, or a name and its bytes. */
export async function give(page, file) {
  await page.setInputFiles("#input", typeof file === "string" ? file : { name: file.name, mimeType: "application/octet-stream", buffer: Buffer.from(file.bytes) });
}

/** Waits for a result or an error, and returns the words of the error, if it is one. */
export async function outcome(page) {
  await page.locator("#result:not([hidden]), #failed:not([hidden])").first().waitFor();
  if (await page.locator("#failed").isHidden()) return undefined;
  const text = async (id) => (await page.locator(id).textContent()) ?? "";
  return {
    place: await text("#place"), message: await text("#message"),
    excerpt: (await page.locator("#excerpt").isHidden()) ? undefined : [await text("#before"), await text("#after-mark"), await text("#after")],
  };
}

/** Gives the page a file, and returns the words of the error, if it is one. */
export async function read(page, file) {
  await give(page, file);
  return outcome(page);
}

/** Chooses a window, and waits for it. */
export async function choose(page, window, title) {
  await page.locator(`input[name=window][value="${window}"]`).check();
  await page.locator("#chart-title", { hasText: title }).waitFor();
}

/** Downloads, and returns the file and its name. */
export async function download(page, as) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator(`[data-export=${as}]`).click()]);
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}
