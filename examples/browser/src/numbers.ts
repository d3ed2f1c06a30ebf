// Numbers as text, with the digits that Go writes: the tests compare with `pipeline run`.

/** The shortest number that parses to a double, as in the CSV of `pipeline run`. */
export function shortest(value: number): string {
  if (!Number.isFinite(value)) return String(value); // NaN, Infinity, -Infinity
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [digits, exponent] = value.toExponential().split("e") as [string, string];
  return Number(exponent) >= -4 && Number(exponent) < 6 ? String(value) : `${digits}e${twoDigits(exponent)}`;
}

/** An exponent with its sign and two digits at least. */
const twoDigits = (exponent: string): string => exponent.replace(/^([+-])(\d)$/, "$10$2");

/** A double as JSON, as that of `pipeline run`: what is not a JSON number is a string. */
export function json(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? "-0" : String(value);
}

/** How the numbers of one column are written. */
export type NumberFormat = (value: number) => string;

/** The max number of decimals in a table. Files have all digits. */
const MAX_DECIMALS = 4;

/**
 * Returns the format of a column: as many decimals as its numbers need, up to four, or
 * exponents where a number is too large or too small for that.
 */
export function formatFor(values: Iterable<number>): NumberFormat {
  let decimals = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (!Number.isFinite(size)) continue;
    if (size >= 1e15 || (size !== 0 && size < 1e-3)) return special((v) => exponential(v, 6));
    if (decimals < MAX_DECIMALS) {
      const fraction = fixed(size, MAX_DECIMALS).split(".")[1]!.replace(/0+$/, "");
      decimals = Math.max(decimals, fraction.length);
    }
  }
  return special((v) => fixed(v, decimals));
}

const special = (format: NumberFormat): NumberFormat => (value) =>
  Number.isFinite(value) ? format(value) : value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : "NaN";

/** As toFixed, but a number in the middle between two goes to the even one, and -0 has its sign. */
export function fixed(value: number, decimals: number): string {
  const size = Math.abs(value);
  const scaled = size * 2 ** (decimals + 1);
  let text = size.toFixed(decimals);
  // Only a multiple of 2⁻⁽ᵈ⁺¹⁾ can be in the middle, and one more decimal writes it whole.
  if (Number.isInteger(scaled) && size < 2 ** 53) {
    const whole = size.toFixed(decimals + 1);
    const kept = whole.slice(0, decimals === 0 ? -2 : -1);
    if (whole.endsWith("5") && isEven(kept)) text = kept;
  }
  return sign(value) + text;
}

/** As toExponential, but to the even one in the middle, and two digits of the exponent. */
export function exponential(value: number, decimals: number): string {
  const size = Math.abs(value);
  const [rounded, exponent] = size.toExponential(decimals).split("e") as [string, string];
  const exact = size.toExponential(100).split("e")[0]!;
  const kept = exact.slice(0, decimals + 2);
  const inMiddle = /^50*$/.test(exact.slice(decimals + 2));
  if (inMiddle && isEven(kept)) return `${sign(value)}${kept}e${twoDigits(size.toExponential(100).split("e")[1]!)}`;
  return `${sign(value)}${rounded}e${twoDigits(exponent)}`;
}

const isEven = (digits: string): boolean => "02468".includes(digits.at(-1)!);

const sign = (value: number): string => (value < 0 || Object.is(value, -0) ? "-" : "");
