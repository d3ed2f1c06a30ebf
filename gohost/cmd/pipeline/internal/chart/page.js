"use strict";
const page = JSON.parse(document.getElementById("data").textContent);
const canvas = document.getElementById("chart");
const pen = canvas.getContext("2d");
const tip = document.getElementById("tip");
const dark = matchMedia("(prefers-color-scheme: dark)");

// Each series is a list of points in columns: those of windows, or of several windows each.
const series = page.series.map(({ name, data, resolution }, index) => {
  const raw = atob(data);
  const bytes = Uint8Array.from(raw, (c) => c.charCodeAt(0));
  const numbers = new Float64Array(bytes.buffer);
  const length = numbers.length / page.columns.length;
  const one = { name, index, length, resolution, shown: true };
  page.columns.forEach((column, i) => { one[column] = numbers.subarray(i * length, (i + 1) * length); });
  if (!one.low) {
    one.first = one.last = one.low = one.high = one.mean;
    one.lower = one.mean.map((mean, i) => mean - (one.stddev[i] || 0));
    one.upper = one.mean.map((mean, i) => mean + (one.stddev[i] || 0));
  }
  return one;
});
const extent = series.reduce(([lo, hi], s) => [Math.min(lo, s.lo[0]), Math.max(hi, s.hi[s.length - 1])], [Infinity, -Infinity]);
const marks = page.marks ?? [];
let view = [...extent];
let chosen; // { s, i }: the window under the cursor
const margin = { left: 64, right: 12, top: 10, bottom: 44 };
let size = { width: 0, height: 0 };

const colour = (s) => (s.index < page.named ? (dark.matches ? page.dark : page.light)[s.index % page.light.length] : style("--rest"));
const dashes = (s) => (s.index < page.named && s.index >= page.light.length ? [6, 3] : []);
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const toX = (t) => margin.left + (t - view[0]) / (view[1] - view[0]) * size.inner;
const toTime = (x) => view[0] + (x - margin.left) / size.inner * (view[1] - view[0]);

// Index of the first point that ends after a time.
function at(s, time) {
  let lo = 0, hi = s.length;
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (s.hi[middle] < time) lo = middle + 1; else hi = middle;
  }
  return lo;
}

// The pieces of a series that are in view: for each column of pixels the first, lowest, highest and last value.
function pieces(s) {
  const all = [];
  let piece, column;
  const from = Math.max(at(s, view[0]) - 1, 0);
  for (let i = from; i < s.length; i++) {
    const gap = i > from ? s.lo[i] - s.hi[i - 1] : 0;
    const x = toX((s.lo[i] + s.hi[i]) / 2);
    if (!piece || (gap > 0 && gap >= s.resolution && toX(s.lo[i]) - toX(s.hi[i - 1]) >= 1)) {
      piece = { x: [], points: [], left: toX(s.lo[i]) };
      all.push(piece);
      column = undefined;
    }
    piece.right = toX(s.hi[i]);
    const here = Math.round(x * devicePixelRatio);
    if (here === column) {
      const p = piece.points[piece.points.length - 1];
      p.last = s.last[i];
      p.low = Math.min(p.low, s.low[i]); p.high = Math.max(p.high, s.high[i]);
      p.lower = Math.min(p.lower, s.lower[i]); p.upper = Math.max(p.upper, s.upper[i]);
    } else {
      column = here;
      piece.points.push({ x, first: s.first[i], last: s.last[i], low: s.low[i], high: s.high[i], lower: s.lower[i], upper: s.upper[i] });
    }
    if (s.lo[i] > view[1]) break;
  }
  for (const piece of all) {
    // A lone window is as wide as it is, and wide enough to be seen.
    if (piece.points.length > 1) continue;
    const [p] = piece.points;
    const half = Math.max(piece.right - piece.left, 2) / 2;
    piece.points = [{ ...p, x: p.x - half }, { ...p, x: p.x + half }];
  }
  return all;
}

function draw() {
  const seen = series.filter((s) => s.shown).map((s) => ({ s, pieces: pieces(s) }));
  const bands = seen.length <= page.bands;
  let low = Infinity, high = -Infinity;
  for (const { pieces } of seen) {
    for (const { points } of pieces) {
      for (const p of points) {
        low = Math.min(low, bands ? p.lower : p.low);
        high = Math.max(high, bands ? p.upper : p.high);
      }
    }
  }
  if (!(low <= high)) [low, high] = [0, 1];
  const pad = (high - low) * 0.06 || Math.max(Math.abs(high) * 0.1, 1);
  low -= pad; high += pad;
  const toY = (v) => margin.top + (high - v) / (high - low) * size.innerHeight;

  pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  pen.clearRect(0, 0, size.width, size.height);
  pen.font = "12px system-ui, sans-serif";
  pen.lineWidth = 1;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  for (const { value, text } of numberTicks(low, high)) {
    const y = Math.round(toY(value)) + 0.5;
    pen.strokeStyle = style("--grid");
    pen.beginPath(); pen.moveTo(margin.left, y); pen.lineTo(size.width - margin.right, y); pen.stroke();
    pen.fillStyle = style("--ink");
    pen.fillText(text, margin.left - 8, y);
  }
  const base = size.height - margin.bottom + 0.5;
  pen.strokeStyle = style("--ink");
  pen.beginPath(); pen.moveTo(margin.left, base); pen.lineTo(size.width - margin.right, base); pen.stroke();
  pen.textAlign = "center";
  for (const { time, text, below } of timeTicks()) {
    const x = Math.round(toX(time)) + 0.5;
    pen.beginPath(); pen.moveTo(x, base); pen.lineTo(x, base + 5); pen.stroke();
    pen.fillText(text, x, base + 14);
    pen.fillText(below, x, base + 30);
  }

  pen.save();
  pen.beginPath(); pen.rect(margin.left, 0, size.inner, base); pen.clip();
  if (bands) {
    for (const { s, pieces } of seen) {
      pen.fillStyle = colour(s);
      pen.globalAlpha = seen.length > 1 ? 0.14 : 0.2;
      for (const { points } of pieces) {
        pen.beginPath();
        for (const p of points) pen.lineTo(p.x, toY(p.upper));
        for (let i = points.length - 1; i >= 0; i--) pen.lineTo(points[i].x, toY(points[i].lower));
        pen.fill();
      }
    }
    pen.globalAlpha = 1;
  }
  const areas = marks.filter((m) => m.to >= view[0] && m.from <= view[1]).map((m) => {
    const left = toX(m.from), width = Math.max(toX(m.to) - left, 2);
    return { m, left: left - (width === 2 ? 1 : 0), width };
  });
  pen.fillStyle = style("--alarm");
  pen.globalAlpha = 0.18;
  for (const { left, width } of areas) pen.fillRect(left, margin.top, width, size.innerHeight);
  pen.globalAlpha = 1;
  const trace = (pieces) => {
    for (const { points } of pieces) {
      pen.beginPath();
      for (const p of points) {
        pen.lineTo(p.x, toY(p.first));
        if (p.low !== p.high) { pen.lineTo(p.x, toY(p.low)); pen.lineTo(p.x, toY(p.high)); pen.lineTo(p.x, toY(p.last)); }
      }
      pen.stroke();
    }
  };
  for (const { s, pieces } of seen.reverse()) {
    pen.strokeStyle = colour(s);
    pen.lineWidth = s.index < page.named ? 1.6 : 1;
    pen.lineJoin = "round";
    pen.setLineDash(dashes(s));
    trace(pieces);
  }
  pen.setLineDash([]);
  if (areas.length > 0) {
    pen.save();
    pen.beginPath();
    for (const { left, width } of areas) pen.rect(left, margin.top, width, size.innerHeight);
    pen.clip();
    pen.strokeStyle = style("--alarm");
    pen.lineWidth = 2;
    for (const { pieces } of seen) trace(pieces);
    pen.restore();
    words(areas);
  }
  if (chosen?.s.shown) {
    const { s, i } = chosen;
    const x = toX((s.lo[i] + s.hi[i]) / 2);
    pen.fillStyle = colour(s);
    pen.globalAlpha = 0.12;
    pen.fillRect(toX(s.lo[i]), margin.top, Math.max(toX(s.hi[i]) - toX(s.lo[i]), 1), size.innerHeight);
    pen.globalAlpha = 1;
    for (const v of new Set([s.low[i], s.high[i]])) { pen.beginPath(); pen.arc(x, toY(v), 3.5, 0, 7); pen.fill(); }
  }
  pen.restore();
  scale = { toY };
  canvas.dataset.from = view[0];
  canvas.dataset.to = view[1];
}
let scale;

// The words of marks above each other at their places, where there is room.
function words(areas) {
  pen.fillStyle = style("--alarm");
  pen.textAlign = "left";
  const ends = [-Infinity, -Infinity, -Infinity];
  for (const { m, left } of areas) {
    const width = pen.measureText(m.word).width;
    const x = Math.max(Math.min(left, size.width - margin.right - width), margin.left);
    const row = ends.findIndex((end) => x >= end);
    if (row < 0) continue;
    pen.fillText(m.word, x, margin.top + 8 + 14 * row);
    ends[row] = x + width + 5;
  }
}

function numberTicks(low, high) {
  const rough = (high - low) / Math.max(size.innerHeight / 60, 2);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const large = Math.max(Math.abs(low), Math.abs(high)) >= 1e7 || decimals > 6;
  const ticks = [];
  for (let n = Math.ceil(low / step); n <= Math.floor(high / step) && ticks.length < 30; n++) {
    const value = n * step;
    ticks.push({ value, text: large ? value.toPrecision(4).replace(/\.?0+(e|$)/, "$1") : value.toFixed(decimals) });
  }
  return ticks;
}

// The clock on the wall of the zone, in seconds since 1970 there.
const clock = (() => {
  if (page.zone === "UTC") return undefined;
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: page.zone, hourCycle: "h23", era: "short", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
  } catch {
    return undefined; // a zone that this browser does not know: UTC, as the axis says
  }
})();
document.getElementById("zone").textContent = `Time (${clock ? page.zone : "UTC"})`;
function wall(time) {
  const whole = Math.floor(time);
  if (!clock) return whole;
  const p = Object.fromEntries(clock.formatToParts(whole * 1000).map(({ type, value }) => [type, value]));
  if (p.era.startsWith("B")) return whole;
  return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) / 1000;
}
const part = (time) => time - Math.floor(time);
function instant(of) {
  const whole = Math.floor(of);
  let time = whole - (wall(whole) - whole);
  time = whole - (wall(time) - time);
  return time + part(of);
}

const day = 86400;
const fractions = [1000, 500, 200, 100, 50, 20, 10, 5, 2]; // of a second
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, day, 2 * day, 7 * day, 14 * day];
const monthSteps = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000];
const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (n) => String(n).padStart(2, "0");

function timeTicks() {
  const most = Math.max(Math.floor(size.inner / 75), 2);
  const [from, to] = view.map((time) => wall(time) + part(time));
  const ticks = [];
  const fraction = fractions.find((n) => (to - from) * n <= most * 0.75);
  const step = fraction ? 1 / fraction : steps.find((n) => (to - from) / n <= most);
  if (fraction) {
    for (let n = Math.ceil(from * fraction); n <= to * fraction; n++) ticks.push(n / fraction);
  } else if (step) {
    const phase = step >= 7 * day ? 4 * day : 0; // weeks begin on Monday
    for (let at = Math.ceil((from - phase) / step) * step + phase; at <= to; at += step) ticks.push(at);
  } else {
    const first = new Date(from * 1000);
    const months = monthSteps.find((n) => (to - from) / (n * 30.4 * day) <= most) ?? 12000;
    let month = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth()) / months) * months;
    for (;; month += months) {
      const at = new Date(0);
      at.setUTCFullYear(Math.floor(month / 12), month % 12, 1);
      if (at / 1000 > to) break;
      if (at / 1000 >= from) ticks.push(at / 1000);
    }
    if (months >= 12) return ticks.map((at) => ({ time: instant(at), text: String(new Date(at * 1000).getUTCFullYear()), below: "" }));
  }
  let last;
  return ticks.map((at) => {
    const t = new Date(Math.round(at * 1000));
    const date = `${t.getUTCDate()} ${monthNames[t.getUTCMonth()]}`;
    const year = String(t.getUTCFullYear());
    const text = !step ? monthNames[t.getUTCMonth()] : step >= day ? date : `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}${step < 60 ? `:${two(t.getUTCSeconds())}` : ""}${step < 1 ? `.${String(t.getUTCMilliseconds()).padStart(3, "0").slice(0, Math.ceil(Math.log10(fraction)))}` : ""}`;
    const below = step && step < day ? `${date} ${year}` : year;
    const tick = { time: instant(at), text, below: below === last ? "" : below };
    last = below;
    return tick;
  });
}

function moment(time) {
  return new Date(wall(time) * 1000).toISOString().replace(/\.000Z$/, "").replace("T", " ") + (part(time) ? String(part(time).toFixed(6)).slice(1) : "");
}

function describe({ s, i }) {
  if (page.points) {
    const rows = s.count[i] === 1 ? [["time", moment(s.lo[i])], ["value", s.low[i]]]
      : [["from", moment(s.lo[i])], ["to", moment(s.hi[i])], ["points", s.count[i]], ["values", `${s.low[i]} … ${s.high[i]}`]];
    const found = new Set(marks.filter((m) => m.to >= s.lo[i] && m.from <= s.hi[i]).map((m) => m.word));
    return found.size > 0 ? [...rows, ["anomaly", [...found].join(", ")]] : rows;
  }
  const rows = [["from", moment(s.lo[i])], ["to", moment(s.hi[i])]];
  if (s.windows?.[i] > 1) {
    rows.push(["windows", s.windows[i]], ["count", s.count[i]], ["means", `${s.low[i]} … ${s.high[i]}`]);
  } else {
    rows.push(["count", s.count[i]], ["mean", s.low[i]]);
    if (s.stddev) rows.push(["stddev", s.stddev[i]]);
  }
  rows.push(["min", s.min[i]], ["max", s.max[i]]);
  return rows;
}

function choose(next, announce) {
  chosen = next;
  draw();
  tip.hidden = !chosen;
  if (!chosen) return;
  const rows = describe(chosen);
  const list = document.createElement("dl");
  for (const [name, value] of rows) {
    const dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = name; dd.textContent = value;
    list.append(dt, dd);
  }
  const name = document.createElement("b"), text = document.createElement("bdi");
  text.textContent = chosen.s.name || page.mean;
  name.append(text);
  tip.replaceChildren(name, list);
  const { s, i } = chosen;
  const x = toX((s.lo[i] + s.hi[i]) / 2), y = scale.toY(s.high[i]);
  const left = x + 14 + tip.offsetWidth > size.width ? x - 14 - tip.offsetWidth : x + 14;
  tip.style.left = `${Math.max(0, left)}px`;
  tip.style.top = `${Math.min(Math.max(0, y - tip.offsetHeight / 2), Math.max(0, size.height - tip.offsetHeight))}px`;
  if (announce) document.getElementById("said").textContent = `${chosen.s.name} ${rows.map((row) => row.join(" ")).join(", ")}`;
}

// The window at a time whose value is nearest to y.
function nearest(x, y) {
  const time = toTime(x);
  let best, distance = Infinity;
  for (const s of series) {
    if (!s.shown) continue;
    const next = at(s, time);
    for (const i of [next - 1, next]) {
      if (i < 0 || i >= s.length) continue;
      const away = Math.max(toX(s.lo[i]) - x, x - toX(s.hi[i]), 0);
      const off = y === undefined ? 0 : Math.max(scale.toY(s.high[i]) - y, y - scale.toY(s.low[i]), 0);
      if (away < 30 && away * 4 + off < distance) { distance = away * 4 + off; best = { s, i }; }
    }
  }
  return best;
}

function look(from, to) {
  const all = extent[1] - extent[0];
  const least = Math.max(all / 1e7, 1e-3);
  let span = Math.min(Math.max(to - from, least), all);
  let lo = from + (to - from - span) / 2;
  lo = Math.min(Math.max(lo, extent[0]), extent[1] - span);
  view = span === all ? [...extent] : [lo, lo + span];
  choose(chosen);
}
const zoom = (factor, time = (view[0] + view[1]) / 2) => look(time - (time - view[0]) * factor, time + (view[1] - time) * factor);
const pan = (share) => look(view[0] + share * (view[1] - view[0]), view[1] + share * (view[1] - view[0]));
const whole = () => look(...extent);

canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan(event.deltaX / size.inner);
  else zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 300))), toTime(event.offsetX));
}, { passive: false });
canvas.addEventListener("dblclick", whole);
const fingers = new Map();
canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, event.offsetX);
});
for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => fingers.delete(event.pointerId));
canvas.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (before === undefined) { choose(nearest(event.offsetX, event.offsetY)); return; }
  const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, x]) => x);
  fingers.set(event.pointerId, event.offsetX);
  if (others.length === 0) { pan((before - event.offsetX) / size.inner); return; }
  // Both fingers stay at their times.
  const [fixed] = others;
  const [a, b] = [toTime(fixed), toTime(before)];
  const apart = event.offsetX - fixed;
  if (Math.abs(apart) < 8) return;
  const span = Math.abs((b - a) / apart * size.inner);
  const lo = a - (fixed - margin.left) / size.inner * span;
  look(lo, lo + span);
});
canvas.addEventListener("pointerleave", () => { if (fingers.size === 0) choose(undefined); });

function move(by) {
  const shown = series.filter((s) => s.shown);
  if (shown.length === 0) return;
  let { s, i } = chosen ?? { s: shown[0], i: at(shown[0], (view[0] + view[1]) / 2) - by };
  i = Math.min(Math.max(i + by, 0), s.length - 1);
  if (s.lo[i] < view[0] || s.hi[i] > view[1]) {
    const middle = (s.lo[i] + s.hi[i]) / 2, half = (view[1] - view[0]) / 2;
    look(middle - half, middle + half);
  }
  choose({ s, i }, true);
}
function change(by) {
  const shown = series.filter((s) => s.shown);
  if (shown.length === 0) return;
  const time = chosen ? (chosen.s.lo[chosen.i] + chosen.s.hi[chosen.i]) / 2 : (view[0] + view[1]) / 2;
  const s = shown[(Math.max(shown.indexOf(chosen?.s), 0) + by + shown.length) % shown.length];
  choose({ s, i: Math.min(at(s, time), s.length - 1) }, true);
}
const keys = {
  "+": () => zoom(1 / 1.5), "=": () => zoom(1 / 1.5), "-": () => zoom(1.5), 0: whole,
  ArrowLeft: (e) => (e.shiftKey ? pan(-0.2) : move(-1)), ArrowRight: (e) => (e.shiftKey ? pan(0.2) : move(1)),
  ArrowUp: () => change(-1), ArrowDown: () => change(1),
  Home: () => look(extent[0], extent[0] + view[1] - view[0]), End: () => look(extent[1] - view[1] + view[0], extent[1]),
  Escape: () => choose(undefined),
};
canvas.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key](event);
});
document.getElementById("in").addEventListener("click", () => zoom(1 / 2));
document.getElementById("out").addEventListener("click", () => zoom(2));
document.getElementById("all").addEventListener("click", whole);

// The legend: a button for each series.
const svg = "http://www.w3.org/2000/svg";
const legend = document.getElementById("legend");
function fillLegend() {
  legend.replaceChildren(...series.map((s) => {
    const item = document.createElement("li"), button = document.createElement("button"), name = document.createElement("bdi");
    const sample = document.createElementNS(svg, "svg"), line = document.createElementNS(svg, "line");
    sample.setAttribute("width", 20); sample.setAttribute("height", 4); sample.setAttribute("aria-hidden", "true");
    for (const [key, value] of Object.entries({ x1: 0, x2: 20, y1: 2, y2: 2, stroke: colour(s), "stroke-width": 3, "stroke-dasharray": dashes(s).join(" ") })) line.setAttribute(key, value);
    sample.append(line);
    name.textContent = s.name || page.mean;
    button.title = name.textContent;
    button.setAttribute("aria-pressed", s.shown);
    button.append(sample, name);
    button.addEventListener("click", () => {
      s.shown = !s.shown;
      button.setAttribute("aria-pressed", s.shown);
      choose(undefined);
    });
    item.append(button);
    return item;
  }));
}

new ResizeObserver(() => {
  const box = canvas.getBoundingClientRect();
  size = { width: box.width, height: box.height, inner: Math.max(box.width - margin.left - margin.right, 1), innerHeight: Math.max(box.height - margin.top - margin.bottom, 1) };
  canvas.width = Math.round(box.width * devicePixelRatio);
  canvas.height = Math.round(box.height * devicePixelRatio);
  choose(chosen);
}).observe(canvas);
dark.addEventListener("change", () => { fillLegend(); draw(); });
fillLegend();
