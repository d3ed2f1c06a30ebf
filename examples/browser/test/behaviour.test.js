// What a person does with the page: keyboard, drop, cancel, offline, large files.

import assert from "node:assert/strict";
import { cpSync, createWriteStream, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";

import { serve } from "../serve.js";
import { address, choose, dist, give, listen, open, outcome, read, stop, taken } from "./chromium.js";
import { points, toCSV } from "./data.js";
import { directory, run } from "./pipeline.js";

test("everything is done with the keyboard alone", async () => {
  const page = await open();
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());
  await press("Tab");
  assert.equal(await focused(), "choose");
  await press("Tab");
  assert.equal(await focused(), "example");
  await press("Enter");
  await page.locator("#result").waitFor();
  assert.equal(await focused(), "name", "the focus is on the name of the file");
  await press("Tab");
  assert.equal(await focused(), "unit");
  await press("Tab");
  assert.equal(await focused(), "another");
  await press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.value), "1mo", "the windows are one stop");
  await press("ArrowLeft");
  await page.locator("#chart-title", { hasText: "Mean of each week" }).waitFor();
  await press("ArrowRight");
  await page.locator("#chart-title", { hasText: "Mean of each month" }).waitFor();
  await press("Tab");
  assert.equal(await focused(), "chart");
  const chart = page.getByRole("slider", { name: "Window in the chart" });
  const said = () => chart.getAttribute("aria-valuetext");
  assert.equal(await said(), "January 2010: mean 41.7040 ± 1.9052, from 38.6 to 46.2, 744 points");
  await press("ArrowRight", "ArrowRight", "ArrowLeft");
  assert.equal((await said()).split(":")[0], "February 2010");
  await press("End", "ArrowRight");
  assert.equal((await said()).split(":")[0], "December 2010");
  assert.equal(await page.locator("#readout").textContent(), "December 2010mean 40.5319 ± 1.8333from 37.5 to 45.2744 points");
  await press("Home", "PageUp", "Escape");
  assert.equal((await said()).split(":")[0], "February 2010");
  assert.ok(await page.locator("#readout").isHidden());
  await press("Tab", "Tab", "Tab");
  assert.equal(await focused(), "PNG");
  const [file] = await Promise.all([page.waitForEvent("download"), press("Space")]);
  assert.equal(file.suggestedFilename(), "seattle-temps-2010-1mo.png");
  await page.locator("#status", { hasText: "PNG downloaded" }).waitFor({ state: "attached" });
  await press("Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab");
  assert.equal(await focused(), "another");
  await press("Enter");
  assert.equal(await focused(), "headline");
  assert.ok(await page.locator("#result").isHidden());
});

test("what happens is said, and elements have names", async () => {
  const page = await open();
  await page.getByRole("button", { name: "Try a year of temperatures" }).click();
  await page.locator("#result").waitFor();
  assert.match(await page.getByRole("status").textContent(), /^Done\. 8,759 points in [\d,]+ ms\.$/);
  assert.match(await page.locator("#about").textContent(), /^JSON, 333 kB\. 8,759 points in [\d,]+ ms\.$/);
  for (const [role, name] of [["group", "Window of time, in UTC"], ["radio", "Month"], ["region", "Mean of each month"], ["region", "12 months"], ["combobox", "Timestamps count"], ["group", "Download"], ["columnheader", "Start (UTC)"], ["rowheader", "2010-01-01"]]) {
    assert.ok(await page.getByRole(role, { name, exact: true }).count() > 0, `${role} ${name}`);
  }
  await page.getByRole("radio", { name: "Day" }).check();
  await page.locator("#table-title", { hasText: "365 days" }).waitFor();
});

test("texts have a contrast of 4.5 at least, in the light and in the dark", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const page = await open({ colorScheme });
    await read(page, { name: "bad.csv", bytes: "time,value\n1,x\n" });
    const contrasts = async () => page.evaluate(() => {
      // A canvas has the numbers of any notation of a colour.
      const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
      const luminance = (layers) => {
        canvas.clearRect(0, 0, 1, 1);
        for (const layer of layers) {
          canvas.fillStyle = layer;
          canvas.fillRect(0, 0, 1, 1);
        }
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const found = [];
      for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
        if (!own || !element.checkVisibility() || element.matches(":disabled, .visually-hidden, .visually-hidden *")) continue;
        const behind = [];
        for (let at = element; at !== null; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
        const [a, b] = [luminance(behind), luminance([...behind, getComputedStyle(element).color])].sort((x, y) => y - x);
        found.push([(a + 0.05) / (b + 0.05), `${element.localName}#${element.id} ${element.textContent.trim().slice(0, 30)}`]);
      }
      return found;
    });
    const all = await contrasts();
    await page.locator("#another").click();
    all.push(...(await contrasts()));
    await page.locator("#example").click();
    await page.locator("#result").waitFor();
    all.push(...(await contrasts()));
    assert.ok(all.length > 100, `${all.length} texts`);
    assert.deepEqual(all.filter(([contrast]) => contrast < 4.5), [], colorScheme);
  }
});

test("the page is no wider than a phone", async () => {
  const page = await open({ viewport: { width: 320, height: 640 } });
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  assert.equal(await width(), 320);
  await read(page, { name: `${"a-very-long-name".repeat(9)}.csv`, bytes: toCSV(points(2000, 7)) });
  assert.equal(await width(), 320);
  await read(page, { name: "bad.csv", bytes: `time,value\n1,${"x".repeat(500)}\n` });
  assert.equal(await width(), 320);
});

test("a file is dropped anywhere", async () => {
  const page = await open();
  const dropped = async (name, text) => {
    const transfer = await page.evaluateHandle(([name, text]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], name));
      return transfer;
    }, [name, text]);
    await page.dispatchEvent("footer", "dragover", { dataTransfer: transfer });
    assert.ok(await page.locator("#over").isVisible());
    await page.dispatchEvent("footer", "drop", { dataTransfer: transfer });
    assert.ok(await page.locator("#over").isHidden());
  };
  await dropped("one.csv", "time,value\n1,2\n");
  assert.equal(await outcome(page), undefined);
  assert.equal(await page.locator("#name").textContent(), "one.csv");
  await dropped("two.csv", "time,value\n1,x\n");
  assert.equal((await outcome(page)).place, "Line 2, column 3");
});

/** Writes a file of a size, in pieces; its points are a second apart. */
async function large(name, size) {
  const path = join(directory, name);
  const file = createWriteStream(path);
  let points = 0;
  for (let written = 0; written < size; ) {
    let text = "";
    for (let i = 0; i < 5000; i++, points++) text += `{"timestamp":${1262304000 + points},"value":${((points * 7919) % 100003) / 100}}\n`;
    written += text.length;
    if (!file.write(text)) await new Promise((resolve) => file.once("drain", resolve));
  }
  await new Promise((resolve) => file.end(resolve));
  return { path, points };
}

/**
 * Lets the worker stop before it reads a part of the file, so that it is in the middle of it.
 * Returns the promise of the worker's end.
 */
async function hold(page, part) {
  const worker = page.workers().at(-1) ?? (await page.waitForEvent("worker"));
  const end = worker.waitForEvent("close");
  await worker.evaluate((part) => {
    const { arrayBuffer } = Blob.prototype;
    let parts = 0;
    Blob.prototype.arrayBuffer = async function () {
      if (++parts === part) await new Promise(() => undefined);
      return arrayBuffer.call(this);
    };
  }, part);
  return { end };
}

test("200 MB are read while the page answers, and can be cancelled and read again", async (t) => {
  const { path, points } = await large("large.ndjson", 200e6);
  const page = await open();
  const middle = () => page.waitForFunction(() => document.getElementById("progress").value > 0);
  const first = () => page.locator("#totals dd").first().textContent();

  // Cancelled in the middle: the page is as at its start, and the next file is read.
  const cancelled = await hold(page, 400);
  await give(page, path);
  await middle();
  await page.getByRole("button", { name: "Cancel" }).click();
  await cancelled.end;
  assert.equal(await page.locator("#notice").textContent(), "Cancelled: large.ndjson was not read to its end.");
  assert.equal(await page.evaluate(() => document.activeElement.id), "choose");
  await read(page, { name: "small.csv", bytes: "time,value\n1,2\n" });
  assert.equal(await first(), "1");

  // Another file in the middle: what the first one had is not in the second one's.
  const replaced = await hold(page, 400);
  await give(page, path);
  await middle();
  assert.equal(await read(page, { name: "other.csv", bytes: "time,value\n1,2\n3,4\n" }), undefined);
  await replaced.end;
  assert.equal(await first(), "2");

  // To the end: the page hears of it again and again, each time in a task of its own.
  await page.evaluate(() => {
    globalThis.longest = 0;
    globalThis.tasks = 0;
    new MutationObserver(() => globalThis.tasks++).observe(document.getElementById("so-far"), { childList: true });
  });
  await give(page, path);
  assert.equal(await outcome(page), undefined);
  assert.ok((await page.evaluate(() => globalThis.tasks)) > 3);
  assert.equal(await first(), points.toLocaleString("en"));
  await choose(page, "all", "Mean of all points");
  assert.equal(await page.locator("#rows td").nth(1).textContent(), run(path, "--window", "all").output.trim().split("\n")[1].trim().split(/  +/)[2]);
  t.diagnostic(`${await page.locator("#about").textContent()} The longest task of the page had ${await page.evaluate(() => globalThis.longest)} ms.`);
});

test("the page works when the server is stopped", async () => {
  const whole = serve(dist);
  // As many servers do.
  const server = await listen(createServer((request, response) => {
    if (request.url === "/index.html") response.writeHead(308, { location: "./" }).end();
    else whole.emit("request", request, response);
  }));
  const page = await open({}, address(server));
  await page.locator("#offline").waitFor();
  await stop(server);
  for (const path of ["", "index.html", "?from=home", "index.html?from=home"]) {
    await page.goto(address({ address: () => ({ port: page.url().match(/:(\d+)/)[1] }) }) + path);
    await page.locator("#example").click();
    assert.equal(await outcome(page), undefined, path);
    assert.equal(await page.locator("#rows tr").count(), 12);
  }
  // The browser tries to look for a newer version of the page, and says so.
  taken();
});

test("the page's own policy forbids inline code, eval and other servers", async () => {
  const whole = serve(dist);
  // A server that sends no policy: what is left is the page's.
  const server = await listen(createServer((request, response) => {
    const { writeHead } = response;
    response.writeHead = (status, { "content-security-policy": _, ...headers } = {}) => writeHead.call(response, status, headers);
    whole.emit("request", request, response);
  }));
  const page = await open({}, address(server));
  const did = await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "globalThis.ran = true";
    document.body.append(script);
    document.body.setAttribute("style", "color: red");
    // In a task of its own: what a debugger runs may evaluate text.
    const evaluated = await new Promise((resolve) => setTimeout(() => {
      try {
        resolve(globalThis.eval("true"));
      } catch {
        resolve(false);
      }
    }));
    const fetched = await fetch("http://127.0.0.2/").then(() => true, () => false);
    return { ran: globalThis.ran, evaluated, fetched, red: getComputedStyle(document.body).color === "rgb(255, 0, 0)" };
  });
  assert.deepEqual(did, { ran: undefined, evaluated: false, fetched: false, red: false });
  const forbidden = new Set();
  while (forbidden.size < 4) {
    for (const complaint of taken()) if (complaint.startsWith("policy: ")) forbidden.add(complaint.split(" ")[1]);
    await page.evaluate(() => undefined);
  }
  assert.deepEqual(forbidden, new Set(["script-src-elem", "style-src-attr", "script-src", "connect-src"]));
  await page.close();
  taken();
  await stop(server);
});

test("a new version of the folder replaces the old one when its tabs are closed", async () => {
  const folder = mkdtempSync(join(directory, "folder-"));
  cpSync(dist, folder, { recursive: true });
  const whole = serve(folder);
  // A server whose files a browser may keep for a year.
  const server = await listen(createServer((request, response) => {
    const { writeHead } = response;
    response.writeHead = (status, headers = {}) => writeHead.call(response, status, { ...headers, "cache-control": "max-age=31536000" });
    whole.emit("request", request, response);
  }));
  const page = await open({}, address(server));
  await page.locator("#offline").waitFor();
  const change = (name, from, to) => {
    const text = readFileSync(join(folder, name), "utf8");
    assert.ok(text.includes(from));
    writeFileSync(join(folder, name), text.replace(from, to));
  };
  change("index.html", ">Exact statistics", ">New statistics");
  change("files.js", 'VERSION = "', 'VERSION = "new');
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
    const worker = registration.installing ?? registration.waiting;
    while (worker.state !== "installed") await new Promise((resolve) => worker.addEventListener("statechange", resolve, { once: true }));
  });
  await page.reload();
  assert.match(await page.locator("#headline").textContent(), /^Exact/);
  const context = page.context();
  await page.close();
  const next = await context.newPage();
  // The new version takes over some time after the last tab is closed.
  for (;;) {
    await next.goto(address(server));
    if (/^New/.test(await next.locator("#headline").textContent())) break;
    await next.goto("about:blank");
  }
  assert.equal((await next.evaluate(() => caches.keys())).length, 1);
  await stop(server);
});

test("what the page cannot load is told, and it tries again", async () => {
  let lacks = "engine.wasm";
  const whole = serve(dist);
  const server = await listen(createServer((request, response) => {
    if (lacks !== "" && request.url.endsWith(lacks)) response.writeHead(404).end();
    else whole.emit("request", request, response);
  }));
  const page = await open({}, address(server));
  assert.match((await read(page, { name: "a.csv", bytes: "time,value\n1,2\n" })).message, /^The module cannot be read from .*engine\.wasm: HTTP status 404\.$/);
  lacks = "worker.js";
  await page.reload();
  assert.equal((await read(page, { name: "a.csv", bytes: "time,value\n1,2\n" })).message, "The worker ended: its files cannot be loaded.");
  lacks = "";
  assert.equal(await read(page, { name: "a.csv", bytes: "time,value\n1,2\n" }), undefined);
  await stop(server);
  assert.ok(taken().every((complaint) => /404|engine\.wasm|offline/.test(complaint)));
});

test("an engine that could not be loaded is loaded for the next file", async () => {
  let lacks = "engine.wasm";
  const whole = serve(dist);
  const server = await listen(createServer((request, response) => {
    if (lacks !== "" && request.url.endsWith(lacks)) response.writeHead(404).end();
    else whole.emit("request", request, response);
  }));
  const page = await open({ serviceWorkers: "block" }, address(server)); // which would keep files
  assert.match((await read(page, { name: "a.csv", bytes: "time,value\n1,2\n" })).message, /HTTP status 404/);
  lacks = "";
  assert.equal(await read(page, { name: "a.csv", bytes: "time,value\n1,2\n" }), undefined);
  await stop(server);
  taken();
});

test("an example that cannot be fetched leaves another file alone", async () => {
  const page = await open();
  await page.evaluate(() => (globalThis.fetch = () => new Promise((_, reject) => (globalThis.fail = reject))));
  await page.locator("#example").click();
  assert.equal(await read(page, { name: "a.csv", bytes: "time,value\n1,2\n" }), undefined);
  await page.evaluate(async () => {
    globalThis.fail(new Error("gone"));
    await new Promise((resolve) => setTimeout(resolve)); // after what waits for it
  });
  assert.equal(await page.locator("#name").textContent(), "a.csv");
  assert.ok(await page.locator("#result").isVisible());
});

test("a picture has the name and window of what it shows", async () => {
  const page = await open();
  await page.evaluate(() => {
    const { toBlob } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.toBlob = function (done, ...rest) {
      toBlob.call(this, (blob) => (globalThis.release = () => done(blob)), ...rest);
    };
  });
  await read(page, { name: "first.csv", bytes: "time,value\n1,2\n" });
  await page.locator("[data-export=png]").click();
  await page.waitForFunction(() => globalThis.release !== undefined);
  await read(page, { name: "second.csv", bytes: "time,value\n1,x\n" });
  const [file] = await Promise.all([page.waitForEvent("download"), page.evaluate(() => globalThis.release())]);
  assert.equal(file.suggestedFilename(), "first-all.png");
});

test("a page that is opened as a file says what it needs", async () => {
  const page = await open({}, `file://${dist}/index.html`);
  await page.locator("#unserved").waitFor();
  assert.match(await page.locator("#unserved").textContent(), /needs a web server/);
  const complaints = taken();
  assert.ok(complaints.every((complaint) => /file:|main\.js|CORS|ERR_FAILED/.test(complaint)), complaints.join("\n"));
});
