package gohost

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// ErrEmptyDataset is the error of [Engine.ValidateStream] for an array without points. It is
// the Err of a [*GuestError].
var ErrEmptyDataset error = errEmptyDataset{}

type errEmptyDataset struct{}

func (errEmptyDataset) Error() string { return emptyDataset }

// ParseError is the error of [Engine.ValidateStream] for a text that is not a list of points.
// It is the Err of a [*GuestError].
type ParseError struct {
	// Line is the line, from 1. Column counts the bytes of the line up to and including the
	// place: 0 at the beginning of a line. Line is 0 if the place is not known.
	Line, Column int
	// Message is the reason, without the place. One of more than 4 KiB is cut, and ends with
	// a note of its full length.
	Message string

	text string // the whole message, as org:analytics@0.1.0 has it
}

func (e *ParseError) Error() string { return e.text }

// StateError is the error of [Engine.Fold], [Engine.Merge] and [Engine.Finish] for bytes that
// are not a state: of another version, cut or changed, or with sums that no points have. It is
// the Err of a [*GuestError].
type StateError struct {
	// State says which argument it is: "state", or "first state" or "second state" of Merge.
	State  string
	Reason string
}

func (e *StateError) Error() string { return "Invalid " + e.State + ": " + e.Reason }

// CountError is the error of [Engine.Fold] and [Engine.Merge] for more than 2^64-1 points. It
// is the Err of a [*GuestError].
type CountError struct {
	// Count is the number of points so far, and More that of those which were to be added
	// next: a long list is added in chunks.
	Count, More uint64
}

func (e *CountError) Error() string {
	return fmt.Sprintf("%s%d and %d are more than %d", tooMany, e.Count, e.More, uint64(math.MaxUint64))
}

// How the errors of org:analytics@0.1.0 and org:compute-pipeline/summary@0.1.0 begin.
const (
	emptyDataset = "Empty dataset"
	parseFailed  = "Parse failed: "
	tooMany      = "Too many points: "
)

var (
	placeSuffix = regexp.MustCompile(`^(?s)(.*) at line (\d+) column (\d+)$`)
	stateText   = regexp.MustCompile(`^Invalid ((?:first |second )?state): (?s)(.*)$`)
	countText   = regexp.MustCompile(`^Too many points: (\d+) and (\d+) are more than \d+$`)
)

// typedError returns the error that has a text in a contract without types, or nil. Of a
// text in another form the whole is the message.
func typedError(function int, text string) error {
	if function == fnValidateStream {
		if text == emptyDataset {
			return ErrEmptyDataset
		}
		return parseErrorOf(text)
	}
	if m := stateText.FindStringSubmatch(text); m != nil {
		return &StateError{State: m[1], Reason: m[2]}
	}
	if m := countText.FindStringSubmatch(text); m != nil {
		count, err1 := strconv.ParseUint(m[1], 10, 64)
		more, err2 := strconv.ParseUint(m[2], 10, 64)
		if err1 == nil && err2 == nil {
			return &CountError{Count: count, More: more}
		}
	}
	return nil
}

func parseErrorOf(text string) *ParseError {
	e := &ParseError{Message: strings.TrimPrefix(text, parseFailed), text: text}
	if m := placeSuffix.FindStringSubmatch(e.Message); m != nil {
		line, err1 := strconv.ParseUint(m[2], 10, 31)
		column, err2 := strconv.ParseUint(m[3], 10, 31)
		if err1 == nil && err2 == nil {
			e.Message, e.Line, e.Column = m[1], int(line), int(column)
		}
	}
	return e
}
