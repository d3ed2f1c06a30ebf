package grade

import (
	"errors"
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/reference"
	"example.org/compute-pipeline/gohost/internal/text"
)

// FreeDepth is how deep arrays and objects may be nested in a text that a stable module
// must read. A list of records has 2.
const FreeDepth = 32

const (
	refused   = "Parse failed: " // the beginning of an error
	noDataset = "Empty dataset"
)

// CheckStream returns nil if the grade allows validate-stream to answer raw with points or
// err. An error other than a gohost.GuestError is a [*Violation] that wraps nothing: the
// guest did not answer.
func (g Grade) CheckStream(raw []byte, points []gohost.Datapoint, err error) error {
	var guest *gohost.GuestError
	if err != nil && !errors.As(err, &guest) {
		return &Violation{
			Function: "validate-stream", Part: "the result", Got: "a failure (" + err.Error() + ")", Want: "points or an error of the contract",
			Rule: "every text has an answer", Section: sectionStream,
		}
	}
	want, corners, wrong := reference.ReadStream(raw, reference.Refuse)
	v := streamViolation(guest, points, want, wrong)
	if v == nil || g == Exact {
		return v.err()
	}
	isFree := corners.ArrayRecord || corners.Surrogate || corners.Depth > FreeDepth
	if guest != nil && strings.HasPrefix(guest.Message, refused) && isFree {
		return nil
	}
	// What the exact grade refuses, with a free corner read in the other ways.
	for _, repeated := range []reference.Repeated{reference.First, reference.Last} {
		want, _, other := reference.ReadStream(raw, repeated)
		if other == nil && guest == nil && streamViolation(nil, points, want, nil) == nil {
			return nil
		}
	}
	return v.err()
}

// streamViolation compares an answer with the exact grade's.
func streamViolation(guest *gohost.GuestError, points, want []gohost.Datapoint, wrong error) *Violation {
	v := &Violation{Function: "validate-stream", Part: "the result", Got: fmt.Sprintf("%d points", len(points)), Want: fmt.Sprintf("%d points", len(want)), Section: sectionStream}
	if guest != nil {
		v.Got = fmt.Sprintf("the error %q", text.Cut(guest.Message, 200))
	}
	switch {
	case errors.Is(wrong, reference.ErrEmpty):
		if guest != nil && guest.Message == noDataset {
			return nil
		}
		v.Want, v.Rule = fmt.Sprintf("the error %q", noDataset), "a list without points has an error of its own"
		return v
	case wrong != nil:
		if guest != nil && strings.HasPrefix(guest.Message, refused) {
			return nil
		}
		v.Want, v.Rule = fmt.Sprintf("an error that begins with %q", refused), wrong.Error()
		return v
	case guest != nil || len(points) != len(want):
		v.Rule = "the text is a list of records"
		return v
	}
	v.Rule = "timestamps are integers, and values the nearest doubles"
	return firstDifference(v, points, want)
}
