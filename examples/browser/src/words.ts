// Texts of the page.

import { formatTime, formatTimestamp } from "./epoch.js";
import type { Rows } from "./rows.js";
import type { Window } from "./window.js";

/** What one window is called, and several. */
export const WINDOW_NAMES: Record<Window, readonly [string, string]> = {
  "1h": ["hour", "hours"],
  "1d": ["day", "days"],
  "7d": ["week", "weeks"],
  "1mo": ["month", "months"],
  all: ["all points", "all points"],
};

const integers = new Intl.NumberFormat("en");

export const integer = (value: number): string => integers.format(value);

/** A number of things: "1 day", "8,759 points". */
export const plural = (count: number, one: string, several: string): string => `${integer(count)} ${count === 1 ? one : several}`;

/** A size in decimal units, as file managers show it. */
export function size(bytes: number): string {
  if (bytes < 1000) return plural(bytes, "byte", "bytes");
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit + 1 < units.length) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** A time that something took. */
export function duration(milliseconds: number): string {
  if (milliseconds < 10_000) return `${integer(Math.max(1, Math.round(milliseconds)))} ms`;
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** The start of a window, with the parts of the time in which windows of its length differ. */
export function startOf(rows: Rows, i: number): string {
  if (rows.window === "all") return formatTimestamp(rows.first[i]!, rows.unit).replace("T", " ").replace("Z", "");
  const time = formatTime(rows.start[i]!);
  return rows.window === "1h" ? time.slice(0, 16).replace("T", " ") : time.slice(0, 10);
}

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/** A window's name for people: "January 2010", "4 January 2010, 13:00". */
export function windowName(rows: Rows, i: number): string {
  if (rows.window === "all") return "All points";
  const date = new Date(rows.start[i]! * 1000);
  const month = `${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  const day = `${date.getUTCDate()} ${month}`;
  switch (rows.window) {
    case "1mo":
      return month;
    case "7d":
      return `Week of ${day}`;
    case "1d":
      return day;
    case "1h":
      return `${day}, ${String(date.getUTCHours()).padStart(2, "0")}:00`;
  }
}
