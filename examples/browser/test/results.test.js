// What the page computes, shows and downloads is what `pipeline run` prints, byte for byte.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { choose, download, open, outcome, read } from "./chromium.js";
import { gzip, points, toCSV, toJSON, toNDJSON, toPacked } from "./data.js";
import { run, write } from "./pipeline.js";

const TITLES = { "1h": "Mean of each hour", "1d": "Mean of each day", "7d": "Mean of each week", "1mo": "Mean of each month", all: "Mean of all points" };

const seattle = fileURLToPath(new URL("../../data/seattle-temps-2010.json", import.meta.url));
const ordered = points(3000, 1);
const shuffled = points(3000, 2, { shuffled: true });
const wild = [["0", "NaN"], ["86399", "-0"], ["86400", "Infinity"], ["172800", "1e308"], ["172801", "1e308"], ["1735689600", "-1e-310"], ["253396944000", "-Infinity"]];

const FILES = {
  "seattle-temps-2010.json": seattle,
  "ordered.json": toJSON(ordered),
  "shuffled.ndjson": toNDJSON(shuffled),
  "ordered.csv": toCSV(ordered),
  "shuffled.csv.gz": gzip(toCSV(shuffled)),
  "ordered.ndjson.gz": gzip(toNDJSON(ordered)),
  "wild.bin": toPacked(wild),
  "one.json": '[{"timestamp": 1e0}]'.replace("1e0}", '7, "value": 0.1}'),
  "marked.csv": "\ufefftime;note;value\r\n2010-01-31T23:59:59Z;\"a;\"\"b\"\"\r\nc\";+1.50\r\n\r\n2010-02-01 01:00:00+01:00;;.5e1\r\n2012-02-29;x; 07 ",
  "milli.csv": toCSV(points(500, 3, { start: 1_600_000_000_000, step: 3_600_000 })),
  "nano.ndjson": toNDJSON(points(500, 4, { start: 0, step: 1 }).map(([t, v], i) => [`17${String(i * 7919 + Number(t)).padStart(8, "0")}123456789`, v])),
};
const UNITS = { "milli.csv": "ms", "nano.ndjson": "ns" };

for (const [name, file] of Object.entries(FILES)) {
  test(`all windows of ${name}`, async () => {
    const path = name === "seattle-temps-2010.json" ? file : write(name, file);
    const unit = UNITS[name] ?? "s";
    const page = await open();
    if (unit === "s") assert.equal(await read(page, path), undefined);
    else {
      assert.match((await read(page, path)).message, /in seconds is after the year 9999; are they/);
      await page.getByLabel("Timestamps count").selectOption(unit);
      assert.equal(await outcome(page), undefined);
    }
    for (const [window, title] of Object.entries(TITLES)) {
      await choose(page, window, title);
      for (const as of ["json", "csv"]) {
        const got = await download(page, as);
        assert.equal(got.bytes.toString(), run(path, "--unit", unit, "--window", window, "-o", as).output, `${window} ${as}`);
        assert.ok(got.name.endsWith(`-${window}.${as}`), got.name);
      }
      const table = run(path, "--unit", unit, "--window", window).output.trimEnd().split("\n").slice(1);
      assert.deepEqual(await tableOf(page), table.slice(0, 50).map((line) => line.trim().split(/  +/)), window);
    }
  });
}

/** The cells of the table, as the command prints them: without marks between thousands. */
function tableOf(page) {
  return page.locator("#rows tr").evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell, i) => (i === 1 ? cell.textContent.replaceAll(",", "") : cell.textContent))));
}

test("the picture is a PNG of the chart", async () => {
  const page = await open({ colorScheme: "dark" });
  await read(page, seattle);
  const { name, bytes } = await download(page, "png");
  assert.equal(name, "seattle-temps-2010-1mo.png");
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
  assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [1920, 960]);
  // It has colours of the light scheme: white paper, and the line.
  const colours = await page.evaluate(async (data) => {
    const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0);
    const { data: pixels } = context.getImageData(0, 0, canvas.width, canvas.height);
    const counts = {};
    for (let i = 0; i < pixels.length; i += 4) counts[pixels.slice(i, i + 4).join()] = (counts[pixels.slice(i, i + 4).join()] ?? 0) + 1;
    return { paper: counts["255,255,255,255"], line: counts["31,95,168,255"] };
  }, bytes.toString("base64"));
  assert.ok(colours.paper > 1_000_000 && colours.line > 2000, JSON.stringify(colours));
});

test("a later window of many hours is on a later page of the table", async () => {
  const page = await open();
  await read(page, seattle);
  await choose(page, "1h", TITLES["1h"]);
  assert.equal(await page.locator("#page").textContent(), "1 to 50 of 8,759");
  assert.ok(await page.locator("#previous").isDisabled());
  await page.locator("#next").click();
  assert.equal(await page.locator("#page").textContent(), "51 to 100 of 8,759");
  assert.equal((await tableOf(page))[0][0], "2010-01-03 02:00");
  await page.locator("#previous").click();
  assert.equal((await tableOf(page))[0][0], "2010-01-01 00:00");
});
