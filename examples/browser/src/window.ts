// The windows that time is divided into, in UTC, as `pipeline run` has them.

/** The length of the windows; `7d` begins on Monday, and `all` is one window for everything. */
export type Window = "1h" | "1d" | "7d" | "1mo" | "all";

const HOUR = 3600;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** The first Monday after the epoch, which was a Thursday. */
const FIRST_MONDAY = 4 * DAY;

/** Returns the window of a second: from `lo` up to, not including, `hi`, in seconds since 1970. */
export function bounds(window: Window, second: number): { lo: number; hi: number } {
  switch (window) {
    case "1h":
      return from(second - (second % HOUR), HOUR);
    case "1d":
      return from(second - (second % DAY), DAY);
    case "7d":
      // One week is added so that the remainder is not negative before the first Monday.
      return from(second - ((second - FIRST_MONDAY + WEEK) % WEEK), WEEK);
    case "1mo": {
      const date = new Date(second * 1000);
      const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
      return { lo: Date.UTC(year, month) / 1000, hi: Date.UTC(year, month + 1) / 1000 };
    }
    case "all":
      return { lo: 0, hi: Infinity };
  }
}

const from = (lo: number, length: number): { lo: number; hi: number } => ({ lo, hi: lo + length });

/** Reports whether each of the smaller windows lies in one of the larger ones. */
export function divides(smaller: Window, larger: Window): boolean {
  return smaller === larger || larger === "all" || smaller === "1h" || (smaller === "1d" && larger !== "1h");
}
