// The page: takes a file, has the worker read it, and shows what comes back.

import { Client } from "./client.js";
import { element, make } from "./elements.js";
import { unitName, type Unit } from "./epoch.js";
import { Explorer } from "./explorer.js";
import type { Columns, Failure } from "./failure.js";
import { FORMAT_NAMES } from "./format.js";
import { formatFor } from "./numbers.js";
import type { Answer, Summary } from "./protocol.js";
import { deviation, type Rows } from "./rows.js";
import { Table } from "./table.js";
import type { Window } from "./window.js";
import { WINDOW_NAMES, duration, integer, plural, size } from "./words.js";

const start = element("section", "start");
const file = element("section", "file");
const reading = element("div", "reading");
const options = element("form", "options");
const failed = element("section", "failed");
const result = element("div", "result");
const input = element("input", "input");
const status = element("p", "status");
const notice = element("p", "notice");
const unit = element("select", "unit");
const columnSelects = [element("select", "time-column"), element("select", "value-column")] as const;

const explorer = new Explorer();
const table = new Table();
const client = new Client(hear);

/** The file that is read or shown. */
let current: { readonly file: Blob; readonly name: string } | undefined;
/** The window that a person chose; undefined until then. */
let chosen: Window | undefined;
let shown: Rows | undefined;
/** The last quarter of the file that was announced. */
let announced = 0;

type State = "start" | "reading" | "failed" | "result";

function show(state: State): void {
  start.hidden = state !== "start";
  file.hidden = state === "start";
  reading.hidden = state !== "reading";
  options.hidden = state === "reading";
  element("button", "cancel").hidden = state !== "reading";
  element("button", "another").hidden = state === "reading";
  failed.hidden = state !== "failed";
  result.hidden = state !== "result";
}

/** Says something to those who use a screen reader. */
function say(text: string): void {
  status.textContent = text;
}

function open(blob: Blob, name: string): void {
  current = { file: blob, name };
  unit.value = "s";
  for (const select of columnSelects) select.replaceChildren();
  showColumns(undefined);
  read();
}

/** Reads the current file. */
function read(): void {
  if (current === undefined) return;
  client.cancel();
  shown = undefined;
  announced = 0;
  element("h1", "name").textContent = current.name;
  document.title = `${current.name} · Statistics of a time series`;
  element("p", "about").textContent = size(current.file.size);
  progress(0, 0);
  show("reading");
  element("h1", "name").focus();
  say(`Reading ${current.name}`);
  const [time, value] = columnSelects.map((select) => select.value) as [string, string];
  client.ask({
    kind: "read", file: current.file, ...(chosen === undefined ? {} : { window: chosen }),
    options: { unit: unit.value as Unit, ...(time === "" ? {} : { timeColumn: Number(time) }), ...(value === "" ? {} : { valueColumn: Number(value) }) },
  });
}

function progress(done: number, points: number): void {
  const whole = current?.file.size ?? 0;
  const part = whole === 0 ? 0 : done / whole;
  element("progress", "progress").value = part;
  element("p", "so-far").textContent = `${size(done)} of ${size(whole)}, ${plural(points, "point", "points")}`;
  const quarter = Math.floor(part * 4);
  if (quarter > announced && quarter < 4) {
    announced = quarter;
    say(`${quarter * 25} % read`);
  }
}

function hear(answer: Answer): void {
  switch (answer.kind) {
    case "progress":
      return progress(answer.done, answer.points);
    case "read":
      return showResult(answer.summary, answer.rows);
    case "rows":
      // Another window may have been chosen meanwhile.
      if (answer.window === chosen) showRows(answer.rows);
      return;
    case "file":
      return download(answer.file, current!.name, answer.window, answer.as);
    case "failed":
      return showFailure(answer.failure);
  }
}

function showResult(summary: Summary, rows: Rows | Failure): void {
  const { format, compression, bytes, points, milliseconds, total } = summary;
  element("p", "about").textContent =
    `${FORMAT_NAMES[format]}${compression === "gzip" ? " with gzip" : ""}, ${size(bytes)}. ${plural(points, "point", "points")} in ${duration(milliseconds)}.`;
  showColumns(summary.columns);
  const tiles: [string, string][] = [
    ["Points", integer(points)],
    ["Mean", one(total.mean[0]!)],
    ["Deviation", one(deviation(total, 0))],
    ["Smallest", one(total.min[0]!)],
    ["Largest", one(total.max[0]!)],
    ["Sum", one(total.sum[0]!)],
  ];
  element("dl", "totals").replaceChildren(...tiles.map(([name, value]) => {
    const tile = document.createElement("div");
    const number = make("dd", value);
    if (value.length > 10) number.className = "long";
    tile.append(make("dt", name), number);
    return tile;
  }));
  show("result");
  showRows(rows);
  element("h1", "name").focus();
  say(`Done. ${plural(points, "point", "points")} in ${duration(milliseconds)}.`);
}

/** One number, as the table writes it. */
const one = (value: number): string => formatFor([value])(value);

function showRows(rows: Rows | Failure): void {
  const refused = element("p", "no-windows");
  const isFailure = "message" in rows;
  refused.hidden = !isFailure;
  element("figure", "figure").hidden = isFailure;
  element("section", "numbers").hidden = isFailure;
  if (isFailure) {
    refused.textContent = `${sentence(rows.message)}`;
    say(rows.message);
    return;
  }
  shown = rows;
  const radio = document.querySelector<HTMLInputElement>(`input[name="window"][value="${rows.window}"]`)!;
  radio.checked = true;
  element("h2", "chart-title").textContent = rows.window === "all" ? "Mean of all points" : `Mean of each ${WINDOW_NAMES[rows.window][0]}`;
  explorer.show(rows);
  table.show(rows);
  if (document.activeElement === radio) say(rows.window === "all" ? "All points" : plural(rows.length, ...WINDOW_NAMES[rows.window]));
}

/** Offers the columns of a CSV file. */
function showColumns(columns: Columns | undefined): void {
  for (const label of options.querySelectorAll<HTMLElement>("[data-columns]")) label.hidden = columns === undefined;
  if (columns === undefined) return;
  [columns.time, columns.value].forEach((chosen, i) => {
    const choose = new Option("choose one", "", true, true);
    choose.disabled = true;
    columnSelects[i]!.replaceChildren(...(chosen < 0 ? [choose] : []), ...columns.names.map((name, at) => new Option(name === "" ? "(no name)" : name, String(at))));
    columnSelects[i]!.selectedIndex = Math.max(chosen, 0);
  });
}

function showFailure(failure: Failure): void {
  const { message, place, excerpt, columns } = failure;
  element("p", "place").textContent = place === undefined ? "" : `Line ${integer(place.line)}${place.column === undefined ? "" : `, column ${integer(place.column)}`}`;
  element("p", "message").textContent = sentence(message);
  element("pre", "excerpt").hidden = excerpt === undefined;
  if (excerpt !== undefined) {
    const [first = " ", ...rest] = excerpt.after;
    element("span", "before").textContent = excerpt.before.trimStart();
    element("mark", "after-mark").textContent = first;
    element("span", "after").textContent = rest.join("");
  }
  element("p", "ways").hidden = failure.unit === undefined;
  if (failure.unit !== undefined) {
    const button = element("button", "use-unit");
    button.textContent = `Read them as ${unitName(failure.unit)}`;
    button.value = failure.unit;
  }
  if (columns !== undefined) showColumns(columns);
  element("h2", "failed-title").textContent = columns === undefined ? "This file cannot be read" : "Which columns have the time and the value?";
  show("failed");
  element("h2", "failed-title").focus();
  say(`${place === undefined ? "" : `${element("p", "place").textContent}: `}${message}`);
}

/** A message as a sentence. */
const sentence = (message: string): string => `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.?!]$/.test(message) ? "" : "."}`;

function download(blob: Blob, name: string, window: Window, as: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${name.replace(/\.(gz|json|ndjson|jsonl|csv|tsv|txt|bin)$/i, "").replace(/\.(json|ndjson|jsonl|csv)$/i, "")}-${window}.${as}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  say(`${as.toUpperCase()} downloaded`);
}

/** Goes back to the start. */
function restart(words: string): void {
  client.cancel();
  current = undefined;
  notice.hidden = words === "";
  notice.textContent = words;
  document.title = "Statistics of a time series";
  show("start");
  (words === "" ? element("h1", "headline") : element("button", "choose")).focus();
  say(words);
}

function take(files: FileList | null | undefined): void {
  const first = files?.[0];
  if (first === undefined) return;
  notice.hidden = true;
  open(first, first.name);
  if (files!.length > 1) say(`One file at a time: reading ${first.name}`);
}

element("button", "choose").addEventListener("click", () => input.click());
input.addEventListener("change", () => {
  take(input.files);
  input.value = ""; // so that the same file can be chosen again
});
element("button", "example").addEventListener("click", () => {
  fetch("example.json")
    .then(async (response) => {
      if (!response.ok) throw new Error(`HTTP status ${response.status}`);
      const example = await response.blob();
      if (current !== undefined) return; // another file was chosen meanwhile
      notice.hidden = true;
      open(example, "seattle-temps-2010.json");
    })
    .catch((error: unknown) => {
      if (current === undefined) restart(`The example cannot be fetched: ${error instanceof Error ? error.message : String(error)}`);
    });
});
element("button", "cancel").addEventListener("click", () => {
  const { name } = current!;
  restart(`Cancelled: ${name} was not read to its end.`);
});
element("button", "another").addEventListener("click", () => restart(""));
element("button", "use-unit").addEventListener("click", ({ currentTarget }) => {
  unit.value = (currentTarget as HTMLButtonElement).value;
  read();
});
options.addEventListener("submit", (event) => event.preventDefault());
options.addEventListener("change", () => {
  // After an error both columns are to be chosen.
  if (columnSelects.every((select) => select.selectedOptions[0]?.disabled !== true)) read();
});
element("fieldset", "windows").addEventListener("change", ({ target }) => {
  chosen = (target as HTMLInputElement).value as Window;
  client.ask({ kind: "window", window: chosen });
});
for (const button of document.querySelectorAll<HTMLButtonElement>("[data-export]")) {
  button.addEventListener("click", () => {
    const as = button.dataset["export"] as "csv" | "json" | "png";
    const { window } = shown!;
    if (as !== "png") return client.ask({ kind: "export", as, window });
    const { name } = current!; // another file may be chosen meanwhile
    explorer.picture(name).then((blob) => download(blob, name, window, as), (error: unknown) => say(String(error)));
  });
}

const over = element("div", "over");
const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes("Files") === true;
addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  over.hidden = false;
});
addEventListener("dragleave", ({ relatedTarget }) => {
  if (relatedTarget === null) over.hidden = true;
});
addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  over.hidden = true;
  take(event.dataTransfer?.files);
});

element("p", "unserved").remove();
if ("serviceWorker" in navigator) {
  // A newer files.js tells of a new version, so it must not come from the browser's cache.
  navigator.serviceWorker.register("offline.js", { type: "module", updateViaCache: "none" })
    .then(() => navigator.serviceWorker.ready)
    .then(() => (element("p", "offline").hidden = false))
    .catch(() => undefined); // it works without, but not offline
}
