// Draws the mean of each window as a line, with a band of one standard deviation.

import { deviation, span, type Rows } from "./rows.js";
import { numberTicks, timeTicks } from "./ticks.js";

/** The colours of a chart. */
export interface Palette {
  readonly ink: string;
  readonly soft: string;
  readonly rule: string;
  readonly line: string;
  readonly band: string;
  readonly paper: string;
}

/** What a chart shows, and where in pixels. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: (second: number) => number;
  readonly y: (value: number) => number;
}

/** The max number of windows that have a dot. */
const MOST_DOTS = 62;

const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';

/** Reports whether a window can be drawn. */
export const isDrawn = (rows: Rows, i: number): boolean => Number.isFinite(rows.mean[i]) && Number.isFinite(deviation(rows, i));

/** The middle of a window, in seconds. */
export function middle(rows: Rows, i: number): number {
  const { from, to } = span(rows, i);
  return (from + to) / 2;
}

/** Draws on a canvas whose unit is a CSS pixel; returns undefined if no window can be drawn. */
export function drawChart(context: CanvasRenderingContext2D, width: number, height: number, rows: Rows, palette: Palette, title = ""): Plot | undefined {
  context.clearRect(0, 0, width, height);
  context.font = FONT;
  const range = extent(rows);
  if (range === undefined) {
    context.fillStyle = palette.soft;
    context.textAlign = "center";
    context.fillText("No window has a finite mean and standard deviation.", width / 2, height / 2);
    return undefined;
  }
  const { from, to, low, high } = range;
  const bottom = height - 40;
  const top = title === "" ? 10 : 46;
  const values = numberTicks(low, high, Math.max(2, Math.floor((bottom - top) / 44)));
  const left = Math.ceil(Math.max(24, ...values.map(({ label }) => context.measureText(label).width))) + 12;
  const right = width - 14;
  const x = (second: number): number => left + ((second - from) / (to - from)) * (right - left);
  const y = (value: number): number => bottom - ((clamp(value) / 2 - low / 2) / (high / 2 - low / 2)) * (bottom - top);

  context.lineWidth = 1;
  context.strokeStyle = palette.rule;
  context.fillStyle = palette.soft;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const { at, label } of values) {
    const height = Math.round(y(at)) + 0.5;
    line(context, left, height, right, height);
    context.fillText(label, left - 8, height);
  }
  context.strokeStyle = palette.soft;
  line(context, left, bottom + 0.5, right, bottom + 0.5);
  context.textBaseline = "top";
  for (const { at, label, context: second } of timeTicks(from, to, Math.max(2, Math.floor((right - left) / 72)))) {
    const place = Math.round(x(at)) + 0.5;
    line(context, place, bottom, place, bottom + 5);
    const half = Math.max(context.measureText(label).width, context.measureText(second ?? "").width) / 2;
    context.textAlign = place + half > width ? "right" : "center";
    const text = place + half > width ? width : place;
    context.fillText(label, text, bottom + 8);
    if (second !== undefined) context.fillText(second, text, bottom + 23);
  }
  if (title !== "") {
    context.font = FONT.replace("12px", "600 16px");
    context.fillStyle = palette.ink;
    context.textAlign = "left";
    context.fillText(title, left, 12, right - left);
    context.font = FONT;
  }

  const plot = { left, right, top, bottom, x, y };
  for (const [first, last] of runs(rows)) drawRun(context, plot, rows, first, last, palette);
  return plot;
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

/** The times and values that a chart has room for. */
function extent(rows: Rows): { from: number; to: number; low: number; high: number } | undefined {
  let [from, to, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < rows.length; i++) {
    if (!isDrawn(rows, i)) continue;
    const window = span(rows, i);
    from = Math.min(from, window.from);
    to = Math.max(to, window.to);
    const mean = rows.mean[i]!;
    const side = deviation(rows, i);
    low = Math.min(low, mean - side);
    high = Math.max(high, mean + side);
  }
  if (from === Infinity) return undefined;
  if (from === to) [from, to] = [from - 1, to + 1];
  // Halves: the difference of two large doubles is no double.
  const pad = high > low ? (clamp(high) / 2 - clamp(low) / 2) * 0.12 : Math.max(Math.abs(high) * 0.1, 1);
  return { from, to, low: clamp(low - pad), high: clamp(high + pad) };
}

const clamp = (value: number): number => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));

/** Windows that follow each other without a gap. */
function* runs(rows: Rows): Generator<[number, number]> {
  for (let first = 0; first < rows.length; ) {
    if (!isDrawn(rows, first)) {
      first++;
      continue;
    }
    let last = first;
    while (last + 1 < rows.length && isDrawn(rows, last + 1) && rows.start[last + 1] === rows.end[last]) last++;
    yield [first, last];
    first = last + 1;
  }
}

/** A corner of the band and a point of the line. */
interface Corner {
  readonly x: number;
  readonly upper: number;
  readonly lower: number;
  readonly means: readonly number[];
}

function drawRun(context: CanvasRenderingContext2D, plot: Plot, rows: Rows, first: number, last: number, palette: Palette): void {
  const corners = first === last ? flat(plot, rows, first) : last - first > 2 * (plot.right - plot.left) ? columns(plot, rows, first, last) : each(plot, rows, first, last);
  context.beginPath();
  for (const { x, upper } of corners) context.lineTo(x, upper);
  for (const { x, lower } of [...corners].reverse()) context.lineTo(x, lower);
  context.closePath();
  context.fillStyle = palette.band;
  context.fill();

  context.beginPath();
  for (const { x, means } of corners) for (const mean of means) context.lineTo(x, mean);
  context.strokeStyle = palette.line;
  context.lineWidth = rows.length <= MOST_DOTS ? 2 : 1.4;
  context.lineJoin = "round";
  context.stroke();

  if (rows.length > MOST_DOTS) return;
  for (let i = first; i <= last; i++) dot(context, plot.x(middle(rows, i)), plot.y(rows.mean[i]!), palette);
}

/** Draws a window's dot. */
export function dot(context: CanvasRenderingContext2D, x: number, y: number, palette: Palette, radius = 3.5): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = palette.line;
  context.fill();
  context.strokeStyle = palette.paper;
  context.lineWidth = 1.5;
  context.stroke();
}

/** One window: level from its start to its end. */
function flat(plot: Plot, rows: Rows, i: number): Corner[] {
  const { from, to } = span(rows, i);
  return [from, to].map((second) => corner(plot, rows, i, plot.x(second)));
}

function corner({ y }: Plot, rows: Rows, i: number, x: number): Corner {
  const mean = rows.mean[i]!;
  const side = deviation(rows, i);
  return { x, upper: y(mean + side), lower: y(mean - side), means: [y(mean)] };
}

function each(plot: Plot, rows: Rows, first: number, last: number): Corner[] {
  const ends = [corner(plot, rows, first, plot.x(rows.start[first]!)), corner(plot, rows, last, plot.x(rows.end[last]!))] as const;
  const corners = [ends[0]];
  for (let i = first; i <= last; i++) corners.push(corner(plot, rows, i, plot.x(middle(rows, i))));
  return [...corners, ends[1]];
}

/** More windows than pixels: the extremes of those in each column of pixels. */
function columns(plot: Plot, rows: Rows, first: number, last: number): Corner[] {
  const corners: Corner[] = [];
  for (let i = first; i <= last; ) {
    const x = Math.floor(plot.x(middle(rows, i)));
    let [upper, lower, highest, lowest] = [Infinity, -Infinity, Infinity, -Infinity];
    for (; i <= last && Math.floor(plot.x(middle(rows, i))) === x; i++) {
      const { upper: up, lower: down, means } = corner(plot, rows, i, x);
      upper = Math.min(upper, up);
      lower = Math.max(lower, down);
      highest = Math.min(highest, means[0]!);
      lowest = Math.max(lowest, means[0]!);
    }
    corners.push({ x, upper, lower, means: corners.length % 2 === 0 ? [highest, lowest] : [lowest, highest] });
  }
  return corners;
}
