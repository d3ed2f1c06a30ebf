package epoch

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"time"
)

// A Clock says what timestamps count: units from Origin units since 1970. A negative origin makes
// room for times before 1970, which timestamps, as unsigned integers, have not.
type Clock struct {
	Unit   Unit
	Origin int64
}

// firstSecond is the beginning of the year 1: RFC 3339 has no earlier date but those of the year 0.
const firstSecond = -62135596800

// split returns the second since 1970 of t, rounded down, and the units after it. It reports false for
// seconds beyond those of an int64.
func (c Clock) split(t uint64) (second int64, sub uint64, ok bool) {
	per := c.Unit.PerSecond()
	if c.Origin >= 0 {
		sub = t%per + uint64(c.Origin)%per
		sum, carry := bits.Add64(t/per, uint64(c.Origin)/per, sub/per)
		if carry != 0 || sum > math.MaxInt64 {
			return math.MaxInt64, 0, false
		}
		return int64(sum), sub % per, true
	}
	before := -uint64(c.Origin) // right for -2^63, too
	if t >= before {
		t -= before
		if t/per > math.MaxInt64 {
			return math.MaxInt64, 0, false
		}
		return int64(t / per), t % per, true
	}
	t = before - t
	return -int64((t + per - 1) / per), (per - t%per) % per, true
}

// Valid reports whether t is in the years from 1 to 9999, the range of RFC 3339.
func (c Clock) Valid(t uint64) bool {
	if c.Origin == 0 {
		return c.Unit.Valid(t)
	}
	second, _, ok := c.split(t)
	return ok && firstSecond <= second && second <= lastSecond
}

// Time returns the instant of t, which must be Valid, in UTC.
func (c Clock) Time(t uint64) time.Time {
	second, sub, _ := c.split(t)
	return time.Unix(second, int64(sub*(1e9/c.Unit.PerSecond()))).UTC()
}

// Timestamp returns the timestamp of the instant with a second since 1970 and units after it. An
// instant before the first timestamp or after the last has that one, and ok is false.
func (c Clock) Timestamp(second int64, sub uint64) (t uint64, ok bool) {
	first, firstSub, _ := c.split(0)
	last, lastSub, bounded := c.split(math.MaxUint64)
	if second < first || second == first && sub < firstSub {
		return 0, false
	}
	if bounded && (second > last || second == last && sub > lastSub) {
		return math.MaxUint64, false
	}
	return uint64(second)*c.Unit.PerSecond() + sub - uint64(c.Origin), true // modulo 2^64
}

// Explain returns why t is not Valid, and which unit would make it valid.
func (c Clock) Explain(t uint64) string {
	if c.Origin == 0 {
		return c.Unit.Explain(t)
	}
	if second, _, _ := c.split(t); second < firstSecond {
		return fmt.Sprintf("timestamp %s in %s is before the year 1", c.Text(t), c.Unit.Name())
	}
	count, carry := bits.Add64(t, uint64(c.Origin), 0)
	if c.Origin < 0 || carry == 0 {
		return c.Unit.Explain(count)
	}
	return fmt.Sprintf("timestamp %s in %s is after the year 9999", c.Text(t), c.Unit.Name())
}

// Text returns the units since 1970 of t.
func (c Clock) Text(t uint64) string {
	units := new(big.Int).SetUint64(t)
	return units.Add(units, big.NewInt(c.Origin)).String()
}
