// The page that `pipeline run --plot FILE.html` writes, opened from a file.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { open } from "./chromium.js";
import { detect, directory, run, write } from "./pipeline.js";

/** Plots a file, and opens the page, which must load nothing. */
async function plot(csv, flags = [], options = {}) {
  const file = join(directory, "plot.html");
  const { error } = run(write("plot.csv", csv), "--format", "csv", "-w", "1h", "--plot", file, ...flags);
  assert.equal(error, undefined);
  return show(file, options);
}

/** Opens a page, which must load nothing. */
async function show(file, options = {}) {
  const page = await open(options, "about:blank");
  const loaded = [];
  page.on("request", (request) => loaded.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  await page.waitForFunction(() => document.getElementById("chart").dataset.from);
  assert.deepEqual(loaded, [pathToFileURL(file).href]);
  return page;
}

const view = (page) => page.evaluate(() => ["from", "to"].map((name) => Number(document.getElementById("chart").dataset[name])));
const span = async (page) => { const [from, to] = await view(page); return to - from; };

/** Counts the pixels of the chart that are no paper, grid or ink, those of lines, or only those of anomalies. */
const coloured = (page, anomalies = false) => page.evaluate((anomalies) => {
  const canvas = document.getElementById("chart");
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  let n = 0;
  for (let i = 0; i < data.length; i += 4) {
    const [red, green, blue, opaque] = data.subarray(i, i + 4);
    if (opaque > 100 && (anomalies ? red > 180 && green < 100 && blue < 100 : Math.max(red, green, blue) - Math.min(red, green, blue) > 60)) n++;
  }
  return n;
}, anomalies);

function hours(n, stations = [""]) {
  const lines = ["time,value,station"];
  for (let i = 0; i < n; i++) stations.forEach((station, j) => lines.push(`${i * 3600},${Math.sin(i / 20) + j * 3},"${station.replaceAll('"', '""')}"`));
  return `${lines.join("\n")}\n`;
}

test("a plot zooms and moves by wheel, mouse, keys and buttons", async () => {
  const page = await plot(hours(1000));
  assert.ok(await coloured(page) > 500);
  const whole = await span(page);
  assert.equal(whole, 3_600_000);
  const box = await page.locator("#chart").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.wheel(0, -300);
  await page.waitForFunction((whole) => { const { from, to } = document.getElementById("chart").dataset; return to - from < whole / 2; }, whole);
  const before = await view(page);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 - 200, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  const after = await view(page);
  assert.ok(after[0] > before[0] && Math.abs(after[1] - after[0] - before[1] + before[0]) < 1, `${before} ${after}`);
  await page.locator("#all").click();
  assert.equal(await span(page), whole);
  await page.locator("#in").click();
  assert.equal(await span(page), whole / 2);
  await page.locator("#chart").focus();
  await page.keyboard.press("+");
  assert.ok(await span(page) < whole / 2.9);
  await page.keyboard.press("Home");
  assert.equal((await view(page))[0], 0);
  await page.keyboard.press("0");
  assert.equal(await span(page), whole);
  for (let i = 0; i < 60; i++) await page.keyboard.press("+");
  assert.ok(await span(page) > 0);
  for (let i = 0; i < 80; i++) await page.keyboard.press("-");
  assert.equal(await span(page), whole);
});

test("a tooltip has the statistics of a window, and keys go from one to the next", async () => {
  const page = await plot("time,value\n0,1\n1800,2\n3600,5.25\n7200,-1\n");
  await page.locator("#chart").focus();
  await page.keyboard.press("Home");
  for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowLeft");
  const tip = () => page.locator("#tip dd").allTextContents();
  assert.deepEqual(await tip(), ["1970-01-01 00:00:00", "1970-01-01 01:00:00", "2", "1.5", "0.5", "1", "2"]);
  await page.keyboard.press("ArrowRight");
  assert.deepEqual((await tip()).slice(2), ["1", "5.25", "0", "5.25", "5.25"]);
  assert.match(await page.locator("#said").textContent(), /mean 5\.25/);
  await page.keyboard.press("Escape");
  assert.ok(await page.locator("#tip").isHidden());
});

test("two fingers zoom", async () => {
  const page = await plot(hours(100), [], { hasTouch: true });
  const whole = await span(page);
  await page.evaluate(() => {
    const canvas = document.getElementById("chart");
    canvas.setPointerCapture = () => {};
    const { left, top } = canvas.getBoundingClientRect();
    const touch = (type, pointerId, x) => canvas.dispatchEvent(new PointerEvent(type, { pointerId, pointerType: "touch", clientX: left + x, clientY: top + 100, bubbles: true }));
    touch("pointerdown", 1, 400);
    touch("pointerdown", 2, 500);
    touch("pointermove", 2, 700);
    touch("pointerup", 1, 400);
    touch("pointerup", 2, 700);
  });
  assert.ok(Math.abs(await span(page) - whole / 3) < 1);
});

test("the legend hides series, and names of any content are texts", async () => {
  const names = ["<img src=x onerror=complain('image')>", "</script><script>complain('script')</script>", "\u202egnp.exe", "plain", "{script}", "\u001b[31m", "x".repeat(60_000)];
  const page = await plot(hours(200, names), ["--group-by", "station", "--title", "<b>{data}</b>"], { colorScheme: "dark" });
  assert.equal(await page.locator("h1").textContent(), "<b>{data}</b>");
  assert.equal(await page.locator("#legend button").count(), names.length);
  assert.equal(await page.locator("img, b:not(#tip b)").count(), 0);
  const all = await coloured(page);
  for (let i = 0; i < names.length; i++) await page.locator("#legend button").nth(i).click();
  assert.equal(await coloured(page), 0);
  assert.equal(await page.locator("#legend [aria-pressed=true]").count(), 0);
  await page.locator("#legend button[title=plain]").click();
  const one = await coloured(page);
  assert.ok(one > 0 && one < all);
});

test("of 300,000 windows a page has the extremes, and is small", async () => {
  const lines = ["time,value"];
  for (let i = 0; i < 300_000; i++) lines.push(`${i * 3600},${i === 123_456 ? 1000 : i % 7}`);
  const page = await plot(`${lines.join("\n")}\n`);
  assert.ok(readFileSync(join(directory, "plot.html")).length < 6_000_000);
  const highest = await page.evaluate(() => [series[0].length, Math.max(...series[0].high), series[0].windows.reduce((a, b) => a + b)]);
  assert.ok(highest[0] <= 40_000);
  assert.deepEqual(highest.slice(1), [1000, 300_000]);
});

test("the anomalies of a series are marked", async () => {
  const lines = ["time,value"];
  for (let i = 0; i < 600; i++) lines.push(`${i * 3600},${(10 * Math.sin(2 * Math.PI * i / 24) + i * 7919 % 31 / 20 + (i === 300 ? 30 : 0)).toFixed(2)}`);
  const file = join(directory, "found.html");
  const { error } = detect(write("found.csv", lines.join("\n")), "--format", "csv", "--plot", file);
  assert.equal(error, undefined);
  const page = await show(file);
  assert.match(await page.locator("header").textContent(), /600 points, 1 anomaly/);
  const red = () => coloured(page, true);
  assert.ok(await red() > 50);
  const tip = () => page.locator("#tip dd").allTextContents();
  await page.evaluate(() => look(300 * 3600 - 7200, 300 * 3600 + 7200));
  assert.ok(await red() > 50);
  await page.locator("#chart").focus();
  await page.keyboard.press("ArrowRight");
  while ((await tip())[0] < "1970-01-13 12:00:00") await page.keyboard.press("ArrowRight");
  while ((await tip())[0] > "1970-01-13 12:00:00") await page.keyboard.press("ArrowLeft");
  assert.deepEqual(await tip(), ["1970-01-13 12:00:00", (30 + 300 * 7919 % 31 / 20).toFixed(2), "spike"]);
  await page.evaluate(() => whole());
  await page.keyboard.press("Escape");
  await page.evaluate(() => look(0, 24 * 3600));
  assert.equal(await red(), 0);
});

test("a page fits a narrow screen", async () => {
  const page = await plot(hours(2000), [], { viewport: { width: 360, height: 640 } });
  assert.ok(await coloured(page) > 200);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
});
