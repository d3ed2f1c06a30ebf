package compiler

import (
	"fmt"
	"time"
)

// variable is the environment variable that makes a process a compiler. Its value is the
// task.
const variable = "COMPUTE_PIPELINE_COMPILER"

// greeting is what a compiler writes when it is ready. It contains the version of the
// protocol.
const greeting = "compute-pipeline compiler 1 ready"

// Exit statuses of a compiler. The Go runtime's own, for a crash, is 2.
const (
	statusModule    = 10 // the module was refused
	statusMemory    = 11 // more memory than allowed
	statusDirectory = 12 // the code cannot be written
	statusTask      = 13 // the task makes no sense, or the module did not arrive
	statusAlone     = 14 // the host is gone
)

// task describes the work of a compiler before it gets the module.
type task struct {
	size   int           // of the module, in bytes
	memory uint64        // it may use, in bytes
	cpu    time.Duration // it may use, in whole seconds
}

const taskFormat = "%d %d %d"

func (t task) String() string {
	return fmt.Sprintf(taskFormat, t.size, t.memory, int(t.cpu/time.Second))
}

func parseTask(text string) (t task, err error) {
	var seconds int
	if _, err := fmt.Sscanf(text, taskFormat, &t.size, &t.memory, &seconds); err != nil {
		return t, fmt.Errorf("the task %q: %w", text, err)
	}
	t.cpu = time.Duration(seconds) * time.Second
	if t.size < 0 || uint64(t.size) > t.memory || seconds < 1 {
		return t, fmt.Errorf("the task %q makes no sense", text)
	}
	return t, nil
}
