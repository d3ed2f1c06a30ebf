// The page in Firefox: results, errors and another window. A page around it gives it files.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { serve } from "../serve.js";
import { gzip, points, toCSV } from "./data.js";
import { directory, run, write } from "./pipeline.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const csv = toCSV(points(2000, 21, { shuffled: true }));
const FILES = { "a.csv.gz": gzip(csv), "bad.json": '[{"timestamp": 1, "value": 2},\n {"timestamp": 2}]' };
const AROUND = { "around.html": ["text/html", '<script type="module" src="around.js"></script>'], "around.js": ["text/javascript", readFileSync(here("around.js"))] };

/** Serves the page, the one around it and its files, and gives the report that is posted. */
function withReport(report) {
  const page = serve(here("../dist"));
  return createServer((request, response) => {
    const name = request.url.slice(1);
    if (request.method === "POST") {
      let body = "";
      request.on("data", (data) => (body += data)).on("end", () => {
        response.end();
        report(JSON.parse(body));
      });
    } else if (name in AROUND) response.writeHead(200, { "content-type": AROUND[name][0] }).end(AROUND[name][1]);
    else if (name in FILES) response.writeHead(200).end(FILES[name]);
    else {
      // The page itself refuses to be in another one.
      const { writeHead } = response;
      const policy = "content-security-policy";
      response.writeHead = (status, headers) => writeHead.call(response, status, headers && { ...headers, [policy]: headers[policy].replace("; frame-ancestors 'none'", "") });
      page.emit("request", request, response);
    }
  });
}

test("Firefox shows the same", async () => {
  let report;
  const reported = new Promise((resolve) => (report = resolve));
  const server = withReport(report);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const firefox = spawn("firefox-esr", ["--headless", "--no-remote", "--profile", mkdtempSync(join(directory, "firefox-")), `http://127.0.0.1:${server.address().port}/around.html`], { stdio: "ignore" });
  const ended = new Promise((resolve) => {
    firefox.on("error", (error) => resolve(error.message));
    firefox.on("exit", (status) => resolve(`it ended with status ${status}`));
  });
  ended.then((how) => report({ error: `firefox-esr: ${how}` }));
  const got = await reported;
  firefox.kill("SIGKILL");
  await ended;
  server.closeAllConnections();
  server.close();

  assert.equal(got.error, undefined);
  const path = write("a.csv", csv);
  const table = run(path, "--window", "1mo").output.trimEnd().split("\n").slice(1).map((line) => line.trim().split(/  +/));
  assert.deepEqual(got.months, table);
  assert.equal(got.json, run(path, "--window", "7d", "-o", "json").output);
  assert.deepEqual(got.failure, ["Line 2, column 17", "Missing field `value`."]);
  assert.deepEqual(got.violations, []);
});
