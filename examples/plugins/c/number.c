// Numbers of JSON as doubles, rounded correctly.
#include "plugin.h"

// A decimal is 0.DDD… × 10^point, in digits without leading zeros. No halfway case between
// two doubles has more than 767 digits; of digits beyond that only matters whether any is not
// zero.
enum { MAX_DIGITS = 800 };
typedef struct {
  uint8_t digits[MAX_DIGITS];
  int length;
  int64_t point;
  bool cut; // digits that are not zero were left out
} decimal;

// The max number of bits of a shift, so that a digit times 2^MAX_SHIFT plus a carry fits.
enum { MAX_SHIFT = 56 };

// trim removes trailing zeros.
static void trim(decimal *d) {
  while (d->length > 0 && d->digits[d->length - 1] == 0) d->length--;
}

// shift_left multiplies by 2^bits.
static void shift_left(decimal *d, int bits) {
  uint64_t carry = 0;
  for (int i = d->length - 1; i >= 0; i--) {
    carry += (uint64_t)d->digits[i] << bits;
    d->digits[i] = carry % 10;
    carry /= 10;
  }
  int more = 0; // digits in front
  for (uint64_t c = carry; c > 0; c /= 10) more++;
  for (int i = d->length - 1; i >= 0; i--) {
    if (i + more < MAX_DIGITS) d->digits[i + more] = d->digits[i];
    else if (d->digits[i] != 0) d->cut = true;
  }
  for (int i = more - 1; i >= 0; i--, carry /= 10) d->digits[i] = carry % 10;
  d->length = d->length + more < MAX_DIGITS ? d->length + more : MAX_DIGITS;
  d->point += more;
}

// shift_right divides by 2^bits.
static void shift_right(decimal *d, int bits) {
  uint64_t rest = 0;
  int length = 0;
  for (int i = 0; i < d->length || rest > 0; i++) {
    rest = rest * 10 + (i < d->length ? d->digits[i] : 0);
    uint8_t digit = rest >> bits;
    rest &= ((uint64_t)1 << bits) - 1;
    if (length == 0 && digit == 0) d->point--;
    else if (length < MAX_DIGITS) d->digits[length++] = digit;
    else if (digit != 0) d->cut = true;
  }
  d->length = length;
}

// rounded returns the integer nearest to d, ties to even. It must be less than 2^54.
static uint64_t rounded(const decimal *d) {
  uint64_t n = 0;
  for (int i = 0; i < d->point; i++) n = 10 * n + (i < d->length ? d->digits[i] : 0);
  if (d->point < 0 || d->point >= d->length) return n;
  uint8_t next = d->digits[d->point];
  if (next == 5 && d->point + 1 == d->length && !d->cut) return n + (n & 1);
  return n + (next >= 5);
}

static double from_bits(uint64_t bits) {
  double x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

static const uint64_t INFINITE = (uint64_t)0x7ff << 52;

// nearest returns the bits of the double nearest to d.
static uint64_t nearest(decimal *d) {
  trim(d);
  if (d->length == 0 || d->point < -330) return 0;
  if (d->point > 310) return INFINITE;
  // The mantissa, from 0.5 to 1, times 2^exponent.
  int exponent = 0;
  while (d->point > 0) {
    uint8_t first = d->digits[0];
    int bits = d->point > 16 ? MAX_SHIFT : d->point > 1 ? 3 * ((int)d->point - 1) : first >= 8 ? 4 : first >= 4 ? 3 : first >= 2 ? 2 : 1;
    shift_right(d, bits);
    exponent += bits;
  }
  while (d->point < 0 || d->digits[0] < 5) {
    int bits = d->point < -16 ? MAX_SHIFT : d->point < 0 ? -3 * (int)d->point : d->digits[0] >= 2 ? 1 : 2;
    shift_left(d, bits);
    exponent -= bits;
  }
  // The unit of the mantissa is 2^-1074 or more.
  int unit = exponent - 53 < -1074 ? -1074 : exponent - 53;
  int left = exponent - unit; // 53, or less of a small number
  while (left < 0) {
    int bits = left < -MAX_SHIFT ? MAX_SHIFT : -left;
    shift_right(d, bits);
    left += bits;
  }
  shift_left(d, left);
  trim(d);
  uint64_t mantissa = rounded(d);
  // If rounding makes it 2^53, the sum is still right: the exponent grows by one.
  uint64_t bits = mantissa < (uint64_t)1 << 52 ? mantissa : ((uint64_t)(unit + 1074) << 52) + mantissa;
  return bits < INFINITE ? bits : INFINITE;
}

double parse_number(const char *text, size_t length) {
  decimal d = {.length = 0};
  bool negative = text[0] == '-', fraction = false;
  uint64_t mantissa = 0;
  int64_t places = 0; // digits after the point
  size_t i;
  for (i = negative; i < length && text[i] != 'e' && text[i] != 'E'; i++) {
    if (text[i] == '.') {
      fraction = true;
      continue;
    }
    uint8_t digit = text[i] - '0';
    places += fraction;
    if (d.length == 0 && digit == 0) continue; // a leading zero
    if (d.length < MAX_DIGITS) d.digits[d.length++] = digit;
    else if (digit != 0) d.cut = true;
    d.point++;
    if (d.length < 16) mantissa = 10 * mantissa + digit;
  }
  int64_t exponent = 0;
  if (i < length) {
    bool minus = text[++i] == '-';
    if (text[i] == '-' || text[i] == '+') i++;
    for (; i < length; i++)
      if (exponent < (int64_t)1 << 40) exponent = 10 * exponent + (text[i] - '0');
    if (minus) exponent = -exponent;
  }
  exponent -= places;
  d.point += exponent;
  double x;
  // A mantissa below 2^53 and a power of ten up to 10^22 are doubles: one rounding.
  if (d.length < 16 && exponent >= -22 && exponent <= 22) {
    double power = 1;
    for (int64_t e = exponent < 0 ? -exponent : exponent; e > 0; e--) power *= 10;
    x = exponent < 0 ? (double)mantissa / power : (double)mantissa * power;
  } else {
    x = from_bits(nearest(&d));
  }
  return negative ? -x : x;
}
