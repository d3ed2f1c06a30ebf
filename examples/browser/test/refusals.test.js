// Files that cannot be read: what is said, where the fault is, and that the page goes on.

import assert from "node:assert/strict";
import { test } from "node:test";

import { open, outcome, read } from "./chromium.js";
import { gzip, toCSV, toJSON, toPacked, points } from "./data.js";
import { run, write } from "./pipeline.js";

const good = { name: "good.csv", bytes: "timestamp,value\n1,2\n" };

/** Where the page and the command say the same, with the same place. */
const SAME = {
  "type.json": '[{"timestamp":1262304000,"value":39.4},\n {"timestamp":1262307600,"value":"39.2"}]\n',
  "nan-timestamp.json": '[{"timestamp": NaN, "value": 1}]',
  "surrogate-name.json": '[{"timestamp": 1, "value": 2, "\\ud800": 0}]',
  "late.json": `[${Array.from({ length: 9000 }, (_, i) => `{"timestamp": ${i}, "value": 1}`).join(",\n")},\n{"timestamp": 1, "value": 1e400}]`,
  "missing.ndjson": '{"timestamp": 1, "value": 2}\n{"timestamp": 3}\n',
  "cells.csv": "time,value\n1,2\n3,4,5\n",
  "empty-cell.csv": "time,value\n1,2\n\n3,\n",
  "huge.csv": "time,value\n1,1\n2,1e999\n3,x\n".replace("3,x\n", ""),
  "zone.csv": "time,value\n2010-01-31T12:00:00,1\n",
  "quote.csv": 'time,value\n1,2\n3,"4"5\n',
  "bare.csv": 'time,value\n1,2\n3,4"\n',
  "open.csv": 'time,value\n1,"2\n3,4\n',
  "data.csv": "1,2,3\n4,5,6\n",
  "word.csv": "time,value\n1,ten\n",
};

/**
 * Where the page has reasons of its own: the command reads times before 1970, takes NaN for a missing value, and
 * says of a date what is wrong with it.
 */
const OWN = {
  "negative.json": ['[{"timestamp": -1, "value": 1}]', /expected u64/],
  "negative-zero.json": ['[{"timestamp": -0, "value": 1}]', /expected u64/],
  "before.csv": ["time,value\n1969-12-31T23:59:59Z,1\n", /is before 1970; timestamps cannot be negative/],
  "u64.csv": ["time,value\n18446744073709551616,1\n", /expected a timestamp from 0 to 18446744073709551615/],
  "nan.csv": ["time,value\n1,NaN\n", /expected a finite number, found "NaN"/],
  "february.csv": ["time,value\n2010-02-29T00:00:00Z,1\n", /expected an integer or a time such as/],
};

test("what only the page refuses, or refuses for another reason", async () => {
  const page = await open();
  for (const [name, [bytes, reason]] of Object.entries(OWN)) {
    assert.match((await read(page, { name, bytes })).message, reason, name);
  }
});

test("the place and the reason are those of `pipeline run`", async () => {
  const page = await open();
  for (const [name, bytes] of Object.entries(SAME)) {
    const { error } = run(write(name, bytes));
    const [, line, column, message] = /^line (\d+)(?:, column (\d+))?(?: \(byte offset \d+\))?: (.*)$/s.exec(error) ?? assert.fail(error);
    const got = await read(page, { name, bytes });
    assert.equal(got?.place, `Line ${Number(line).toLocaleString("en")}${column === undefined ? "" : `, column ${column}`}`, `${name}: ${error}`);
    assert.equal(got.message.toLowerCase().replace(/\.$/, ""), message.toLowerCase().replace(/\.$/, ""), name);
    assert.ok(got.excerpt !== undefined, name);
    assert.equal(await page.locator("#failed-title").evaluate((title) => title === document.activeElement), true, "the focus is on the error");
    assert.ok((await page.locator("#status").textContent()).includes(got.place), name);
  }
  assert.equal(await read(page, good), undefined);
});

test("the excerpt marks the fault, also far into a long line and in compressed text", async () => {
  const page = await open();
  const list = points(30_000, 9);
  const text = toJSON(list).replaceAll("\n", " ");
  const bad = `${text.slice(0, -2)}, {"timestamp": 12, "value": "x"}]`;
  for (const file of [{ name: "bad.json", bytes: bad }, { name: "bad.json.gz", bytes: gzip(bad) }]) {
    const { place, excerpt } = await read(page, file);
    assert.equal(place, `Line 1, column ${(bad.length - 2).toLocaleString("en")}`);
    assert.ok(excerpt[0].endsWith('{"timestamp": 12, "value": "x'), excerpt[0]);
    assert.deepEqual(excerpt.slice(1), ['"', "}]"]);
  }
  const crlf = await read(page, { name: "bad.csv", bytes: "time,value\r\n1,2\r\n3,x\r\n" });
  assert.deepEqual(crlf.excerpt, ["3,", "x", ""]);
});

const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=", "base64");

const OTHERS = [
  ["empty.csv", "", "The file is empty: expected at least one datapoint."],
  ["space.json", " ".repeat(9000), "The file is empty: expected at least one datapoint."],
  ["header.csv", "time,value\n", "The file is empty: expected at least one datapoint."],
  ["nothing.json", "[]", "The file has no points: expected at least one datapoint."],
  ["picture.json", PNG, "The file is a PNG image; expected JSON, NDJSON, CSV or packed points of 16 bytes."],
  ["packed.bin", Buffer.concat([toPacked([["1", "2"]]), Buffer.from("cut")]), "expected 16 bytes for each, got 3 at byte 16 and then the end"],
  ["utf16.csv", Buffer.from("\ufefftime,value\n1,2\n", "utf16le"), "The text is UTF-16; expected UTF-8."],
  ["prose.txt", "Once upon a time\n", "The format is not recognised"],
  ["cut.json.gz", gzip(toJSON(points(20_000, 5))).subarray(0, 60_000), "The gzip data ends too early; is the file complete?"],
  ["damaged.csv.gz", damaged(), "The gzip data is damaged"],
  ["utf8.json", Buffer.from([...Buffer.from('[{"timestamp": 1, "value": 2, "x": "'), 0xff, ...Buffer.from('"}]')]), "Expected UTF-8"],
  ["wide.csv", "when,a,b\n1,2,3\n", "No column is recognised as the time"],
];

function damaged() {
  const bytes = gzip(toCSV(points(20_000, 6)));
  bytes.fill(0xaa, 5000, 5100);
  return bytes;
}

test("wrong files are told what they are", async () => {
  const page = await open();
  for (const [name, bytes, message] of OTHERS) {
    const got = await read(page, { name, bytes });
    assert.ok(got?.message.includes(message), `${name}: ${JSON.stringify(got)}`);
  }
  assert.equal(await read(page, good), undefined);
});

test("lone surrogates in ignored values are read, as the contract says", async () => {
  const page = await open();
  assert.equal(await read(page, { name: "x.json", bytes: '[{"timestamp": 1, "value": -0.0, "x": "\\ud800"}]' }), undefined);
  assert.deepEqual(await page.locator("#rows td").allTextContents(), ["1", "0", "0", "-0", "-0", "0"]);
});

test("100 MB in one line is refused where it is one record, and read where it is many", async () => {
  const page = await open();
  const record = (length) => `{"timestamp": 1, "value": 2, "x": "${"x".repeat(length)}"}`;
  const limit = "A record is longer than 16 MiB, the max; is a bracket or quote not closed?";
  for (const [name, bytes] of [["line.ndjson", record(1e8)], ["line.json", `[${record(1e8)}]`]]) {
    assert.equal((await read(page, write(name, bytes)))?.message, limit, name);
  }
  const quote = await read(page, write("line.csv", `time,value\n1,"${"2".repeat(1e8)}`));
  assert.deepEqual([quote.place, quote.message], ["Line 2, column 1", "The row that begins here is longer than 16 MiB, the max; is a quote not closed?"]);
  assert.equal((await read(page, write("word.txt", "x".repeat(1e8))))?.message.slice(0, 29), "The format is not recognised;");
  const path = write("many.json", Buffer.concat([Buffer.from("["), Buffer.from("[1,2.25],".repeat(11_111_111)), Buffer.from("[1,2.25]]")]));
  assert.equal(await read(page, path), undefined);
  assert.equal(await page.locator("#totals dd").first().textContent(), "11,111,112");
});

test("timestamps of another unit are offered to be read so", async () => {
  const page = await open();
  const got = await read(page, { name: "ms.csv", bytes: "time,value\n1262304000000,2\n1262304001000,4\n" });
  assert.deepEqual([got.place, got.message], ["Line 2", "Timestamp 1262304000000 in seconds is after the year 9999; are they milliseconds?"]);
  await page.getByRole("button", { name: "Read them as milliseconds" }).click();
  await page.locator("#result").waitFor();
  assert.equal(await page.locator("#unit").inputValue(), "ms");
  assert.deepEqual(await page.locator("#rows tr").first().locator("th, td").allTextContents(), ["2010-01-01 00:00:00", "2", "3", "1", "2", "4", "6"]);
});

test("columns whose names are unusual are chosen from a list", async () => {
  const page = await open();
  const got = await read(page, { name: "odd.csv", bytes: "when,a,b\n100,2,3\n200,4,9\n" });
  assert.match(got.message, /choose one of: "when", "a", "b"\.$/);
  await page.getByLabel("Time in column").selectOption("when");
  await page.getByLabel("Value in column").selectOption("b");
  await page.locator("#result").waitFor();
  assert.deepEqual(await page.locator("#rows td").allTextContents(), ["2", "6", "3", "3", "9", "12"]);
  await page.getByLabel("Value in column").selectOption("a");
  await page.locator("#rows td", { hasText: "3" }).first().waitFor();
  await outcome(page);
  assert.deepEqual(await page.locator("#rows td").allTextContents(), ["2", "3", "1", "2", "4", "6"]);
});

test("of columns with one name, or none, each can be chosen", async () => {
  const page = await open();
  await read(page, { name: "twice.csv", bytes: "time,temp,temp,\n100,1,2,3\n" });
  for (const [index, sum] of [[2, "2"], [3, "3"], [1, "1"]]) {
    await page.getByLabel("Value in column").selectOption({ index });
    await page.locator("#rows td:last-child", { hasText: sum }).waitFor();
    assert.equal(await outcome(page), undefined);
  }
});
