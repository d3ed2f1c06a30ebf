package input

import (
	"fmt"
	"math"
	"math/bits"

	"example.org/compute-pipeline/gohost/internal/epoch"
)

// A clock makes timestamps of instants, exactly: whole units from its origin.
type clock struct {
	unit     Unit // of the timestamps
	numbers  Unit // of times that are numbers
	early    bool // times before 1970 are taken, and those after 9999 are not
	guessed  bool // the unit of the numbers was guessed, so one of another magnitude is a fault
	raw      bool // every number is its timestamp
	protocol bool // the unit is that of the line protocol
	setting  string

	// Numbers from low to high have the timestamp number·factor + begin.
	low, high, factor, begin uint64
}

// prepare finds the numbers that need no more than arithmetic.
func (c *clock) prepare() {
	c.raw = !c.early && !c.guessed && c.unit == c.numbers
	c.low, c.high = 1, 0
	shift := decimals(c.unit) - decimals(c.numbers)
	if shift < 0 {
		return
	}
	c.factor, c.begin = 1, c.origin()
	for range shift {
		c.factor *= 10
	}
	c.low, c.high = 0, (math.MaxUint64-c.begin)/c.factor
	if c.early {
		const years = 253402300799 // seconds until the end of 9999
		c.high = min(c.high, years*c.numbers.PerSecond())
	}
	if c.guessed {
		ends := map[Unit][2]uint64{
			Second: {0, secondsEnd}, Millisecond: {secondsEnd, millisEnd}, Microsecond: {millisEnd, microsEnd}, Nanosecond: {microsEnd, math.MaxUint64},
		}[c.numbers]
		c.low, c.high = max(c.low, ends[0]), min(c.high, ends[1]-1)
	}
}

// origin returns how long before 1970 the timestamps begin, in units.
func (c *clock) origin() uint64 {
	if !c.early {
		return 0
	}
	return uint64(-c.unit.Origin()) // of -2^63, too
}

// place returns the timestamp that is some units after 1970, or before it.
func (c *clock) place(negative bool, size uint64) (t uint64, fault string) {
	origin := c.origin()
	switch {
	case negative && size > 0 && !c.early:
		return 0, "is before 1970; timestamps cannot be negative"
	case negative:
		t, borrow := bits.Sub64(origin, size, 0)
		if borrow != 0 {
			return 0, fmt.Sprintf("is too early for a timestamp in %s", c.unit.Name())
		}
		return t, ""
	case c.early && !c.unit.Valid(size):
		return 0, "is after the year 9999"
	}
	t, carry := bits.Add64(origin, size, 0)
	if carry != 0 {
		return 0, fmt.Sprintf("is too late for a timestamp in %s", c.unit.Name())
	}
	return t, ""
}

// maxDecimals is how many decimal places of seconds an instant has at most: nanoseconds.
const maxDecimals = 9

// at returns the timestamp of an instant: whole seconds since 1970, and nanoseconds after that.
func (c *clock) at(seconds int64, nanos uint64) (uint64, string) {
	per := c.unit.PerSecond()
	step := 1e9 / per
	if nanos%step != 0 {
		return 0, fmt.Sprintf("has a fraction of a second that %s cannot hold; use a finer %s", c.unit.Name(), c.setting)
	}
	parts := nanos / step
	if seconds < 0 {
		hi, size := bits.Mul64(uint64(-seconds), per)
		if hi != 0 {
			return 0, fmt.Sprintf("is too early for a timestamp in %s", c.unit.Name())
		}
		return c.place(true, size-parts)
	}
	hi, size := bits.Mul64(uint64(seconds), per)
	size, carry := bits.Add64(size, parts, 0)
	if hi != 0 || carry != 0 {
		return 0, fmt.Sprintf("is too late for a timestamp in %s", c.unit.Name())
	}
	return c.place(false, size)
}

// count returns the timestamp of an integer in the unit of numbers. It is what most inputs have.
func (c *clock) count(v uint64) (uint64, string) {
	if v >= c.low && v <= c.high {
		return v*c.factor + c.begin, ""
	}
	if c.guessed && unitOf(v) != c.numbers {
		return 0, c.contradicts(false, v)
	}
	if c.unit == c.numbers {
		if !c.early {
			return v, ""
		}
		if !c.unit.Valid(v) {
			return 0, c.unit.Explain(v)
		}
		return c.place(false, v)
	}
	return c.decimal(false, v, 0)
}

// contradicts is the fault of a number that is not in the unit that was guessed.
func (c *clock) contradicts(negative bool, v uint64) string {
	expected := "those of the first records like " + c.numbers.Name()
	if c.protocol {
		expected = "those of the line protocol are " + c.numbers.Name()
	}
	sign := ""
	if negative {
		sign = "-"
	}
	return fmt.Sprintf("the timestamp %s%d looks like %s, and %s; name the unit with %s", sign, v, unitOf(v).Name(), expected, c.setting)
}

// tooFine begins what is wrong with a time between two timestamps.
const tooFine = "has a fraction that"

// decimal returns the timestamp of v·10^-places in the unit of numbers.
func (c *clock) decimal(negative bool, v uint64, places int) (uint64, string) {
	shift := decimals(c.unit) - decimals(c.numbers) - places
	for ; shift < 0 && v%10 == 0; shift++ {
		v /= 10
		if v == 0 {
			return c.place(false, 0)
		}
	}
	if shift < 0 {
		if !c.guessed {
			return 0, fmt.Sprintf("%s %s cannot hold; with %s auto it can have one", tooFine, c.unit.Name(), c.setting)
		}
		if c.unit == Nanosecond {
			return 0, fmt.Sprintf("%s %s cannot hold, the finest unit", tooFine, c.unit.Name())
		}
		return 0, fmt.Sprintf("%s %s cannot hold, and the first records have none that is finer; write such times as texts, and use %s ns", tooFine, c.unit.Name(), c.setting)
	}
	for ; shift > 0; shift-- {
		hi, lo := bits.Mul64(v, 10)
		if hi != 0 {
			return 0, fmt.Sprintf("is too far from 1970 for a timestamp in %s", c.unit.Name())
		}
		v = lo
	}
	return c.place(negative, v)
}

// decimals returns how many decimal places of a second a unit has.
func decimals(u Unit) int {
	switch u {
	case epoch.Millisecond:
		return 3
	case epoch.Microsecond:
		return 6
	case epoch.Nanosecond:
		return 9
	}
	return 0
}

// number returns the timestamp of a number in the unit of numbers, with a sign, decimal places or an
// exponent, or reports false for another text. It never goes through a double.
func (c *clock) number(text []byte) (t uint64, fault string, ok bool) {
	n, ok := parseDecimal(text)
	if !ok {
		return 0, "", false
	}
	if n.far {
		return 0, fmt.Sprintf("is too far from 1970, or has a fraction, for a timestamp in %s", c.unit.Name()), true
	}
	if c.guessed {
		if whole := n.whole(); unitOf(whole) != c.numbers {
			return 0, c.contradicts(n.negative, whole), true
		}
	}
	t, fault = c.decimal(n.negative, n.digits, n.places)
	return t, fault, true
}

// A decimalNumber is digits·10^-places.
type decimalNumber struct {
	negative bool
	digits   uint64
	places   int  // may be negative
	far      bool // it has more digits than any timestamp
}

// whole returns the number without its fraction, or the largest integer for one that is larger.
func (n decimalNumber) whole() uint64 {
	v := n.digits
	for range max(n.places, 0) {
		v /= 10
	}
	for range max(-n.places, 0) {
		hi, lo := bits.Mul64(v, 10)
		if hi != 0 {
			return ^uint64(0)
		}
		v = lo
	}
	return v
}

// parseDecimal parses a sign, digits with or without a point among them, and an exponent.
func parseDecimal(text []byte) (n decimalNumber, ok bool) {
	at := 0
	if at < len(text) && (text[at] == '-' || text[at] == '+') {
		n.negative = text[at] == '-'
		at++
	}
	some, point, zeros := false, false, 0
	for ; at < len(text); at++ {
		c := text[at]
		if c == '.' && !point {
			point = true
			continue
		}
		if c-'0' > 9 {
			break
		}
		some = true
		if point {
			n.places++
		}
		if c == '0' { // maybe the last digits, which do not matter
			zeros++
			continue
		}
		for range zeros + 1 {
			if n.digits == 0 {
				continue
			}
			hi, lo := bits.Mul64(n.digits, 10)
			n.far = n.far || hi != 0
			n.digits = lo
		}
		zeros = 0
		var carry uint64
		n.digits, carry = bits.Add64(n.digits, uint64(c-'0'), 0)
		n.far = n.far || carry != 0
	}
	if !some {
		return n, false
	}
	exponent := 0
	if at < len(text) && (text[at] == 'e' || text[at] == 'E') {
		at++
		negative := at < len(text) && text[at] == '-'
		if at < len(text) && (text[at] == '-' || text[at] == '+') {
			at++
		}
		if at == len(text) {
			return n, false
		}
		for ; at < len(text) && text[at]-'0' <= 9; at++ {
			const most = 1 << 24 // more than any text has digits
			exponent = min(10*exponent+int(text[at]-'0'), most)
		}
		if negative {
			exponent = -exponent
		}
	}
	n.places -= zeros + exponent
	switch {
	case at < len(text):
		return n, false
	case n.digits == 0 && !n.far:
		n.places = 0
	case n.places > 2*maxDigits || n.places < -2*maxDigits:
		n.far = true
	}
	return n, true
}
