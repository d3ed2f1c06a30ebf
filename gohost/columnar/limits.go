package columnar

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"runtime"
)

// Limits bound the memory that a file can ask for. A file that needs more is refused with an error
// that wraps ErrLimit.
type Limits struct {
	// Footer is the max size of the description of a Parquet file, or of a message's in an Arrow file,
	// in bytes. The default is 16 MiB; the memory for it is some ten times as much.
	Footer int64
	// Page is the max size of a page of a Parquet file, after decompression, in bytes. The default is
	// 64 MiB.
	Page int64
	// Message is the max size of a batch of an Arrow file, before decompression and after it, in bytes.
	// The default is 256 MiB.
	Message int64
	// Ahead is the size of decoded rows that wait, in bytes. The row groups of a Parquet file are decoded at
	// the same time as far as their rows fit. The default is 4 MiB for each goroutine but the first.
	Ahead int64
}

// ErrLimit is the error of a file that needs more memory than [Limits] allow.
var ErrLimit = errors.New("the file needs more memory than the limit")

func (l Limits) withDefaults() Limits {
	return Limits{
		Footer:  cmp.Or(l.Footer, 16<<20),
		Page:    cmp.Or(l.Page, 64<<20),
		Message: cmp.Or(l.Message, 256<<20),
		Ahead:   l.Ahead,
	}
}

// maxEntries is the max number of values of a dictionary. arrow-go makes 24 bytes for each, twice, for
// as many as the page says that it has.
const maxEntries = 1 << 21

// maxDelta is the max number of values of a page in a delta encoding, for which arrow-go makes room as
// the page says.
const maxDelta = 1 << 24

// maxText is the max size of a text.
const maxText = 8 << 20

// maxTexts is the max size of the texts of a column in a batch, if there are several: those of a dictionary
// repeat. A batch with more is read again with half of its rows.
const maxTexts = 1 << 20

// maxExpanded is the max size of the texts of a column in a batch, each counted as often as it comes: keys of
// several columns repeat them.
const maxExpanded = 8 << 20

// errTexts is the error of a batch with too many texts.
var errTexts = fmt.Errorf("%w: the texts of a batch are too long", ErrLimit)

// guarded calls f, and makes an error of a panic: arrow-go has checks that panic, and lacks others. An
// error that wraps io.EOF becomes another: it is not the end that a caller waits for.
func guarded(f func() error) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
			if err != io.EOF && errors.Is(err, io.EOF) {
				err = fmt.Errorf("%w: %v", io.ErrUnexpectedEOF, err)
			}
		case runtime.Error:
			err = &faultError{p}
		case error:
			if err = p; !errors.Is(p, ErrLimit) {
				err = fmt.Errorf("the file is damaged: %w", p)
			}
		default:
			err = fmt.Errorf("the file is damaged: %v", p)
		}
	}()
	return f()
}

// A faultError is a fault of arrow-go: an index out of range, or nothing where it expects something. Nearly
// always the file is damaged, and arrow-go does not check for it.
type faultError struct{ cause runtime.Error }

func (*faultError) Error() string {
	return "the file is damaged, or the library that reads it, arrow-go, has a fault"
}

func (e *faultError) Unwrap() error { return e.cause }
