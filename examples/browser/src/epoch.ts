// Integer timestamps and the calendar: a timestamp counts seconds, or a fraction of them,
// since 1970-01-01T00:00:00Z. The texts and limits are those of `pipeline run`.

/** The unit of timestamps. */
export type Unit = "s" | "ms" | "us" | "ns";

const UNITS: Record<Unit, { per: number; name: string }> = {
  s: { per: 1, name: "seconds" },
  ms: { per: 1e3, name: "milliseconds" },
  us: { per: 1e6, name: "microseconds" },
  ns: { per: 1e9, name: "nanoseconds" },
};

/** How many of the unit a second has. */
export const perSecond = (unit: Unit): number => UNITS[unit].per;

/** The unit's name, in the plural. */
export const unitName = (unit: Unit): string => UNITS[unit].name;

/** The end of the year 9999: RFC 3339 has no later date. */
export const LAST_SECOND = 253402300799;

const MAX_U64 = 2n ** 64n - 1n;

/** Text that cannot be read as a timestamp or a value. */
export class CellError extends Error {}

/** Returns the finer unit that makes a timestamp one before the year 10000, if there is one. */
export function meantUnit(timestamp: bigint, unit: Unit): Unit | undefined {
  return (["ms", "us", "ns"] as const).find((finer) => perSecond(finer) > perSecond(unit) && timestamp / BigInt(perSecond(finer)) <= LAST_SECOND);
}

/** Parses the text of a timestamp: an integer, or a date and time of RFC 3339. */
export function parseTimestamp(text: string, unit: Unit): bigint {
  if (text === "") throw new CellError("expected a timestamp, found an empty cell");
  if (/^\d+$/.test(text)) {
    // Leading zeros first: BigInt takes time for each digit.
    const digits = text.replace(/^0+(?=\d)/, "");
    const timestamp = digits.length <= 20 ? BigInt(digits) : MAX_U64 + 1n;
    if (timestamp > MAX_U64) throw new CellError(`expected a timestamp from 0 to 18446744073709551615, found ${clip(text)}`);
    return timestamp;
  }
  const { seconds, nanoseconds } = parseTime(text);
  if (seconds < 0) throw new CellError(`${clip(text)} is before 1970; timestamps cannot be negative`);
  const step = 1e9 / perSecond(unit);
  if (nanoseconds % step !== 0) {
    throw new CellError(`${clip(text)} has a fraction of a second that ${unitName(unit)} cannot hold; choose a finer unit`);
  }
  const timestamp = BigInt(seconds) * BigInt(perSecond(unit)) + BigInt(nanoseconds / step);
  if (timestamp > MAX_U64) throw new CellError(`${clip(text)} is too late for a timestamp in ${unitName(unit)}`);
  return timestamp;
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d)))?$/;
const WITHOUT_ZONE = /^\d{4}-\d\d-\d\d[T ]\d\d?:\d\d(:\d\d([.,]\d+)?)?$/;

function parseTime(text: string): { seconds: number; nanoseconds: number } {
  const found = TIME.exec(text);
  if (found === null) {
    if (WITHOUT_ZONE.test(text)) throw new CellError(`${clip(text)} has no time zone; expected an offset such as Z or +01:00`);
    throw notTime(text);
  }
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map((digits) => Number(digits ?? 0)) as [number, number, number, number, number, number];
  const [, , , , , , , fraction = "", sign, zoneHours = "0", zoneMinutes = "0"] = found;
  const inRange = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) && hour < 24 && minute < 60 && second < 60;
  if (!inRange || Number(zoneHours) > 24 || Number(zoneMinutes) > 60) throw notTime(text);
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60 * (sign === "-" ? -1 : 1);
  return {
    seconds: utcSeconds(year, month, day, hour, minute, second) - offset,
    nanoseconds: Number(fraction.slice(0, 9).padEnd(9, "0")),
  };
}

/**
 * Parses a time such as 2010-01-31T12:00:00Z in bytes of 1970 or later, as seconds; -1 for every
 * other text, which {@link parseTimestamp} is for. It makes no string, as that does.
 */
export function plainTime(bytes: Uint8Array, from: number, to: number): number {
  if (to - from !== 20 || bytes[from + 4] !== 0x2d || bytes[from + 7] !== 0x2d || bytes[from + 13] !== 0x3a || bytes[from + 16] !== 0x3a || bytes[from + 19] !== 0x5a) return -1;
  if (bytes[from + 10] !== 0x54 && bytes[from + 10] !== 0x20) return -1;
  const year = twoDigits(bytes, from) * 100 + twoDigits(bytes, from + 2);
  const month = twoDigits(bytes, from + 5);
  const day = twoDigits(bytes, from + 8);
  const hour = twoDigits(bytes, from + 11);
  const minute = twoDigits(bytes, from + 14);
  const second = twoDigits(bytes, from + 17);
  // A comparison with NaN is false.
  const inRange = year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) && hour < 24 && minute < 60 && second < 60;
  return inRange ? utcSeconds(year, month, day, hour, minute, second) : -1;
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const [tens, ones] = [bytes[at]! - 0x30, bytes[at + 1]! - 0x30];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

function notTime(text: string): CellError {
  return new CellError(`expected an integer or a time such as 2010-01-31T12:00:00Z, found ${clip(text)}`);
}

/** The days of a month, from 1. */
export function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Seconds since 1970 of a date of the years 0 to 9999 and a time, in UTC. */
export function utcSeconds(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  // Date.UTC means 1900 to 1999 by the years 0 to 99.
  const days = year >= 100 ? Date.UTC(year, month - 1, day) : Date.UTC(year + 400, month - 1, day) - 146097 * 86_400_000;
  return days / 1000 + hour * 3600 + minute * 60 + second;
}

/** Quotes text for a message, and shortens it if it is long. */
export function clip(text: string): string {
  return text.length > 40 ? `${JSON.stringify(text.slice(0, 40))}…` : JSON.stringify(text);
}

/** Writes the time of a second, and nanoseconds after it, in RFC 3339 without zeros at the end. */
export function formatTime(second: number, nanoseconds = 0): string {
  const date = new Date(second * 1000);
  const pad = (part: number, width = 2): string => String(part).padStart(width, "0");
  const fraction = nanoseconds === 0 ? "" : `.${pad(nanoseconds, 9).replace(/0+$/, "")}`;
  return `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}T` +
    `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}${fraction}Z`;
}

/** The second of a timestamp, and the nanoseconds after it. */
export function secondOf(timestamp: bigint, unit: Unit): { second: number; nanoseconds: number } {
  const per = BigInt(perSecond(unit));
  return { second: Number(timestamp / per), nanoseconds: Number(timestamp % per) * (1e9 / perSecond(unit)) };
}

/** Writes a timestamp as a time. */
export function formatTimestamp(timestamp: bigint, unit: Unit): string {
  const { second, nanoseconds } = secondOf(timestamp, unit);
  return formatTime(second, nanoseconds);
}
