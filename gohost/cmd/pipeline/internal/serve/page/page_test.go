package page

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestNumbersAreWrittenForPeople(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1\u202f000", 1234567: "1\u202f234\u202f567"} {
		assert.Equal(t, want, number(n))
	}
	for d, want := range map[time.Duration]string{
		250: "0.2\u202fµs", 45 * time.Microsecond: "45\u202fµs", 3410 * time.Microsecond: "3.4\u202fms",
		999 * time.Millisecond: "999\u202fms", 12 * time.Second: "12\u202fs",
	} {
		assert.Equal(t, want, duration(d))
	}
	for d, want := range map[time.Duration]string{
		-time.Second: "0 s", 119 * time.Second: "119 s", 2 * time.Minute: "2 min", 3 * time.Hour: "3 h", 72 * time.Hour: "3 days",
	} {
		assert.Equal(t, want, age(d))
	}
	for n, want := range map[int64]string{0: "0 B", 1 << 10: "1 KiB", 9 << 20: "9216 KiB", 10 << 20: "10 MiB"} {
		assert.Equal(t, want, size(n))
	}
}
