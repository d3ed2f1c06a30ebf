package transform

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost"
)

// A complaint is what the engine says about a text, and where.
type complaint struct {
	at      int
	message string
}

// check parses an array. It returns its points, which are valid until the next call, or a
// complaint about the text, or another error.
func (f *ValidateFn) check(ctx context.Context, array []byte) ([]gohost.Datapoint, *complaint, error) {
	points, err := f.shared.AppendValidated(ctx, f.points[:0], array)
	if err == nil {
		f.points = points
		return points, nil, nil
	}
	if guest := (*gohost.GuestError)(nil); errors.As(err, &guest) {
		return nil, complaintOf(guest.Message, array), nil
	}
	if at := invalidUTF8(array); at >= 0 && errors.Is(err, gohost.ErrInvalidInput) {
		return nil, &complaint{at, "expected UTF-8 text, found an invalid byte"}, nil
	}
	return nil, nil, err
}

// joinedLines parses lines as the elements of one array. It returns nil if that is no way to
// tell which lines are at fault.
func (f *ValidateFn) joinedLines(ctx context.Context, lines []jsonLine) ([]gohost.Datapoint, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	joined := append(f.joined[:0], '[')
	for i, line := range lines {
		if !isComplete(line.value) {
			return nil, nil
		}
		if i > 0 {
			joined = append(joined, ',')
		}
		joined = append(joined, line.value...)
	}
	joined = append(joined, ']')
	f.joined = joined
	points, fault, err := f.check(ctx, joined)
	if err != nil || fault != nil || len(points) != len(lines) {
		return nil, err
	}
	return points, nil
}

// oneLine parses a line that must be one record.
func (f *ValidateFn) oneLine(ctx context.Context, line []byte) (gohost.Datapoint, *complaint, error) {
	array := append(append(append(f.joined[:0], '['), line...), ']')
	f.joined = array
	points, fault, err := f.check(ctx, array)
	switch {
	case err != nil:
		return gohost.Datapoint{}, nil, err
	case fault != nil:
		fault.at = min(max(fault.at-1, 0), len(line))
		return gohost.Datapoint{}, fault, nil
	case len(points) != 1 || !isComplete(line):
		return gohost.Datapoint{}, &complaint{0, "expected one object on each line"}, nil
	default:
		return points[0], nil, nil
	}
}

var positionSuffix = regexp.MustCompile(` at line (\d+) column (\d+)$`)

// complaintOf takes the position out of a message, which the engine states as serde_json does:
// lines count from 1, and the column is the number of bytes of the line that were read.
func complaintOf(message string, text []byte) *complaint {
	message = strings.TrimPrefix(message, "Parse failed: ")
	match := positionSuffix.FindStringSubmatch(message)
	if match == nil {
		return &complaint{0, message}
	}
	message = strings.TrimSuffix(message, match[0])
	line, errLine := strconv.Atoi(match[1])
	column, errColumn := strconv.Atoi(match[2])
	if errLine != nil || errColumn != nil {
		return &complaint{0, message}
	}
	at := 0
	for ; line > 1; line-- {
		next := bytes.IndexByte(text[at:], '\n')
		if next < 0 {
			break
		}
		at += next + 1
	}
	return &complaint{min(at+max(column-1, 0), len(text)), message}
}

// invalidUTF8 returns the offset of the first byte that is not part of a character, or -1.
func invalidUTF8(text []byte) int {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}
