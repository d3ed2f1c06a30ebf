// The files that `pipeline run -o csv` and `-o json` write, byte for byte.

import { formatTime, formatTimestamp } from "./epoch.js";
import { json, shortest } from "./numbers.js";
import { deviation, type Rows } from "./rows.js";

/** Rows that become one string: a file of a million rows is no single one. */
const PART = 4096;

/** The times and numbers of a row, in the order of the columns. */
function fields(rows: Rows, i: number, number: (value: number) => string, text: (time: string) => string): [string, string][] {
  const [first, last] = [formatTimestamp(rows.first[i]!, rows.unit), formatTimestamp(rows.last[i]!, rows.unit)];
  const all = rows.window === "all";
  return [
    ["start", text(all ? first : formatTime(rows.start[i]!))],
    ["end", text(all ? last : formatTime(rows.end[i]!))],
    ["count", String(rows.count[i])],
    ["mean", number(rows.mean[i]!)],
    ["variance", number(rows.variance[i]!)],
    ["stddev", number(deviation(rows, i))],
    ["min", number(rows.min[i]!)],
    ["max", number(rows.max[i]!)],
    ["sum", number(rows.sum[i]!)],
    ["first", text(first)],
    ["last", text(last)],
  ];
}

/** Writes rows as CSV, with a header. */
export function toCSV(rows: Rows): Blob {
  return parts(rows, "text/csv", "start,end,count,mean,variance,stddev,min,max,sum,first,last\n", (i) =>
    `${fields(rows, i, shortest, (time) => time).map(([, value]) => value).join(",")}\n`, "");
}

/** Writes rows as a JSON object with a list of windows. */
export function toJSON(rows: Rows): Blob {
  const quote = (time: string): string => `"${time}"`;
  return parts(rows, "application/json", `{\n  "window": "${rows.window}",\n  "windows": [\n`, (i) => {
    const lines = fields(rows, i, json, quote).map(([name, value]) => `      "${name}": ${value}`);
    return `    {\n${lines.join(",\n")}\n    }${i + 1 < rows.length ? "," : ""}\n`;
  }, "  ]\n}\n");
}

function parts(rows: Rows, type: string, head: string, row: (i: number) => string, tail: string): Blob {
  const texts = [head];
  for (let from = 0; from < rows.length; from += PART) {
    let text = "";
    for (let i = from; i < Math.min(from + PART, rows.length); i++) text += row(i);
    texts.push(text);
  }
  return new Blob([...texts, tail], { type });
}
