// Numbers of JSON as doubles, rounded correctly, which parseFloat does not do.

// A decimal is 0.DDD… × 10^point, in `length` digits without leading zeros. No halfway case
// between two doubles has more than 767 digits; of digits beyond that only matters whether any
// is not zero.
const MAX_DIGITS = 800;
const digits = memory.data(MAX_DIGITS);
let length = 0;
let point: i64 = 0;
let cut = false; // digits that are not zero were left out

// The max number of bits of a shift, so that a digit times 2^MAX_SHIFT plus a carry fits.
const MAX_SHIFT = 56;

// @ts-ignore: decorator
@inline
function digit(i: i32): u8 {
  return load<u8>(digits + i);
}

// trim removes trailing zeros.
function trim(): void {
  while (length > 0 && digit(length - 1) == 0) length--;
}

// shiftLeft multiplies by 2^bits.
function shiftLeft(bits: i32): void {
  let carry: u64 = 0;
  for (let i = length - 1; i >= 0; i--) {
    carry += u64(digit(i)) << bits;
    store<u8>(digits + i, u8(carry % 10));
    carry /= 10;
  }
  let more = 0; // digits in front
  for (let rest = carry; rest > 0; rest /= 10) more++;
  for (let i = length - 1; i >= 0; i--) {
    if (i + more < MAX_DIGITS) store<u8>(digits + i + more, digit(i));
    else if (digit(i) != 0) cut = true;
  }
  for (let i = more - 1; i >= 0; i--, carry /= 10) store<u8>(digits + i, u8(carry % 10));
  length = min(length + more, MAX_DIGITS);
  point += more;
}

// shiftRight divides by 2^bits.
function shiftRight(bits: i32): void {
  let rest: u64 = 0;
  let shifted = 0;
  for (let i = 0; i < length || rest > 0; i++) {
    rest = rest * 10 + (i < length ? digit(i) : 0);
    const next = u8(rest >> bits);
    rest &= (u64(1) << bits) - 1;
    if (shifted == 0 && next == 0) point--;
    else if (shifted < MAX_DIGITS) store<u8>(digits + shifted++, next);
    else if (next != 0) cut = true;
  }
  length = shifted;
}

// rounded returns the nearest integer, ties to even. It must be less than 2^54.
function rounded(): u64 {
  let n: u64 = 0;
  for (let i = 0; i < point; i++) n = 10 * n + (i < length ? digit(i) : 0);
  if (point < 0 || point >= length) return n;
  const next = digit(i32(point));
  if (next == 5 && point + 1 == length && !cut) return n + (n & 1);
  return n + u64(next >= 5);
}

const INFINITE = u64(0x7ff) << 52;

// nearest returns the bits of the nearest double.
function nearest(): u64 {
  trim();
  if (length == 0 || point < -330) return 0;
  if (point > 310) return INFINITE;
  // The mantissa, from 0.5 to 1, times 2^exponent.
  let exponent = 0;
  while (point > 0) {
    const first = digit(0);
    const bits = point > 16 ? MAX_SHIFT : point > 1 ? 3 * (i32(point) - 1) : first >= 8 ? 4 : first >= 4 ? 3 : first >= 2 ? 2 : 1;
    shiftRight(bits);
    exponent += bits;
  }
  while (point < 0 || digit(0) < 5) {
    const bits = point < -16 ? MAX_SHIFT : point < 0 ? -3 * i32(point) : digit(0) >= 2 ? 1 : 2;
    shiftLeft(bits);
    exponent -= bits;
  }
  // The unit of the mantissa is 2^-1074 or more.
  const unit = max(exponent - 53, -1074);
  let left = exponent - unit; // 53, or less of a small number
  while (left < 0) {
    const bits = min(-left, MAX_SHIFT);
    shiftRight(bits);
    left += bits;
  }
  shiftLeft(left);
  trim();
  const mantissa = rounded();
  // If rounding makes it 2^53, the sum is still right: the exponent grows by one.
  const bits = mantissa < u64(1) << 52 ? mantissa : (u64(unit + 1074) << 52) + mantissa;
  return min(bits, INFINITE);
}

// parseNumber returns the double nearest to a number in the form of JSON, ties to even, and
// an infinity for a number beyond the largest.
export function parseNumber(at: usize, end: usize): f64 {
  length = 0;
  point = 0;
  cut = false;
  const negative = load<u8>(at) == 0x2d; // -
  if (negative) at++;
  let fraction = false;
  let mantissa: u64 = 0;
  let places: i64 = 0; // digits after the point
  for (; at < end; at++) {
    const next = load<u8>(at);
    if ((next | 0x20) == 0x65) break; // e
    if (next == 0x2e) {
      fraction = true;
      continue;
    }
    const value = next - 0x30;
    if (fraction) places++;
    if (length == 0 && value == 0) continue; // a leading zero
    if (length < MAX_DIGITS) store<u8>(digits + length++, value);
    else if (value != 0) cut = true;
    point++;
    if (length < 16) mantissa = 10 * mantissa + value;
  }
  let exponent: i64 = 0;
  if (at < end) {
    const sign = load<u8>(++at);
    if (sign == 0x2d || sign == 0x2b) at++;
    for (; at < end; at++) {
      if (exponent < i64(1) << 40) exponent = 10 * exponent + (load<u8>(at) - 0x30);
    }
    if (sign == 0x2d) exponent = -exponent;
  }
  exponent -= places;
  point += exponent;
  let x: f64;
  // A mantissa below 2^53 and a power of ten up to 10^22 are doubles: one rounding.
  if (length < 16 && exponent >= -22 && exponent <= 22) {
    let power: f64 = 1;
    for (let e = abs(exponent); e > 0; e--) power *= 10;
    x = exponent < 0 ? f64(mantissa) / power : f64(mantissa) * power;
  } else {
    x = reinterpret<f64>(nearest());
  }
  return negative ? -x : x;
}
