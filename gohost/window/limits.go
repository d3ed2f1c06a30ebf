package window

import (
	"errors"
	"fmt"

	"example.org/compute-pipeline/gohost"
)

// MaxWindows is the max number of windows of `pipeline run` without keys. It bounds the memory for input with
// senseless timestamps, to about 100 MB.
const MaxWindows = 1 << 20

// MaxHeld is the max number of points held in memory for an engine without the summary
// interface: one list of the component model.
const MaxHeld = (1<<28 - 1) / gohost.PackedSize

// ErrTooManyWindows: the input has more than MaxWindows windows.
var ErrTooManyWindows = fmt.Errorf("the timestamps fall into more than %d windows; choose a longer --window, or check --unit", MaxWindows)

// ErrTooManyPoints: the input has more than MaxHeld points, and the engine has no summary
// interface.
var ErrTooManyPoints = fmt.Errorf("more than %d points, the max for a module without the summary interface", MaxHeld)

// ErrTableEnded: [Table.Rows] or [Table.Close] has ended the table before.
var ErrTableEnded = errors.New("the table has ended: its rows were taken, or it was closed")

// A RangeError is the error of a timestamp that is in no window.
type RangeError struct {
	Index   int // of the point in the slice that was added
	Message string
}

func (e *RangeError) Error() string { return e.Message }
