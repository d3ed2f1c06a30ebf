package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // --tz works on machines without a database of time zones
)

// A zoneFlag is a time zone by name.
type zoneFlag struct{ *time.Location }

// UnmarshalText implements encoding.TextUnmarshaler.
func (z *zoneFlag) UnmarshalText(text []byte) (err error) {
	if name := string(text); name == "" || name == "Local" {
		return fmt.Errorf("%q: expected a time zone such as Europe/Berlin", name)
	}
	if z.Location, err = time.LoadLocation(string(text)); err != nil {
		return fmt.Errorf("%q is not a known time zone; expected one such as Europe/Berlin", text)
	}
	return nil
}

// A byteFlag is one character.
type byteFlag byte

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *byteFlag) UnmarshalText(text []byte) error {
	if len(text) != 1 {
		return fmt.Errorf("%q: expected one ASCII character", text)
	}
	*b = byteFlag(text[0])
	return nil
}

// A badFlag is a policy for records that do not parse.
type badFlag struct {
	max  int64
	file string // that they are put into
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *badFlag) UnmarshalText(text []byte) error {
	policy, number, _ := strings.Cut(string(text), ":")
	switch policy {
	case "error":
		if number == "" {
			*b = badFlag{}
			return nil
		}
	case "skip":
		if n, err := strconv.ParseInt(number, 10, 64); err == nil && n > 0 {
			*b = badFlag{max: n}
			return nil
		}
		return errors.New("expected skip:N, where N is how many bad records may be left out")
	case "quarantine":
		if number != "" {
			*b = badFlag{max: math.MaxInt64, file: number}
			return nil
		}
		return errors.New("expected quarantine:FILE")
	}
	return fmt.Errorf("%q: expected error, skip:N or quarantine:FILE", text)
}
