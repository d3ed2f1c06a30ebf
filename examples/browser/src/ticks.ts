// Round times and numbers for the axes of a chart.

/** A mark on an axis. */
export interface Tick {
  readonly at: number;
  readonly label: string;
  /** The second line of the label: the day or year, where it changes. */
  readonly context?: string;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Makes steps of whole weeks fall on Mondays. */
const FIRST_MONDAY = 4 * DAY;

const SECOND_STEPS = [1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY];
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 24000];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Returns up to `most` round times, in UTC seconds, from `from` to `to`. */
export function timeTicks(from: number, to: number, most: number): Tick[] {
  const length = to - from;
  for (const step of SECOND_STEPS) {
    if (length / step > most) continue;
    const phase = step >= 7 * DAY ? FIRST_MONDAY : 0;
    const times: number[] = [];
    for (let at = Math.ceil((from - phase) / step) * step + phase; at <= to; at += step) times.push(at);
    if (times.length <= most) return label(times, step);
  }
  for (const months of MONTH_STEPS) {
    if (length / (months * 28 * DAY) > 4 * most) continue;
    const date = new Date(from * 1000);
    const times: number[] = [];
    for (let month = Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth()) / months) * months; times.length <= most; month += months) {
      const at = Date.UTC(Math.floor(month / 12), month % 12) / 1000;
      if (at > to) return label(times, months * 28 * DAY, months);
      if (at >= from) times.push(at);
    }
  }
  return [];
}

function label(times: readonly number[], step: number, months = 0): Tick[] {
  let last = "";
  return times.map((at) => {
    const date = new Date(at * 1000);
    const year = String(date.getUTCFullYear());
    const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
    const clock = date.toISOString().slice(11, step >= MINUTE ? 16 : 19);
    const [text, context] = months >= 12 ? [year, ""] : months > 0 ? [MONTHS[date.getUTCMonth()]!, year] : step >= DAY ? [day, year] : [clock, `${day} ${year}`];
    const changed = context !== last;
    last = context;
    return changed && context !== "" ? { at, label: text, context } : { at, label: text };
  });
}

/** Returns round numbers from `from` to `to`, about `count`. */
export function numberTicks(from: number, to: number, count: number): Tick[] {
  const rough = to / count - from / count;
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((f) => f * 10 ** power >= rough) ?? 10;
  const step = factor * 10 ** power;
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const large = Math.max(Math.abs(from), Math.abs(to)) >= 1e9 || decimals > 6;
  const ticks: Tick[] = [];
  for (let k = Math.ceil(from / step); k * step <= to && ticks.length < 50; k++) {
    const at = k * step;
    ticks.push({ at, label: large ? at.toExponential(Math.min(20, Math.max(0, Math.floor(Math.log10(Math.abs(at) || step)) - Math.floor(Math.log10(step) + 1e-9)))) : at.toFixed(decimals).replace(/^-(?=0(\.0*)?$)/, "") });
  }
  return ticks;
}
