// `node browser.js chromium` or `firefox`: runs the tests in a headless browser, in a page and
// in a worker. It serves them to a page that posts what they print.

import { spawn } from "node:child_process";
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".gz": "application/octet-stream" };
// What a strict site allows, with which the package must work.
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";

let finish;
const finished = new Promise((resolve) => (finish = resolve));

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  if (request.method === "POST") {
    let body = "";
    request.on("data", (data) => (body += data)).on("end", () => {
      response.end();
      if (pathname === "/done") finish(body === "true");
      else console.log(body);
    });
    return;
  }
  const file = join(root, normalize(pathname));
  createReadStream(file)
    .on("open", function () {
      response.writeHead(200, {
        "content-type": TYPES[extname(file)] ?? "text/plain",
        "content-security-policy": POLICY,
        // For SharedArrayBuffer.
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      });
      this.pipe(response);
    })
    .on("error", () => response.writeHead(404).end());
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const profile = mkdtempSync(join(tmpdir(), "compute-pipeline-"));
const page = `http://127.0.0.1:${server.address().port}/hosts/typescript/test/page.html`;
const BROWSERS = {
  chromium: ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", `--user-data-dir=${profile}`, page],
  firefox: ["firefox-esr", "--headless", "--no-remote", "--profile", profile, page],
};
const [program, ...args] = BROWSERS[process.argv[2]];
const browser = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
let said = "";
browser.stderr.on("data", (data) => (said += data));
const ended = new Promise((resolve) => {
  browser.on("error", (error) => resolve(error.message));
  browser.on("exit", (code) => resolve(`it ended with status ${code}`));
});
let killed = false;
const end = ended.then((how) => {
  if (!killed) console.log(`${program}: ${how}\n${said}`);
  finish(false);
});

const passed = await finished;
killed = true;
browser.kill("SIGKILL");
await end;
server.closeAllConnections();
server.close();
rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
process.exit(passed ? 0 : 1);
