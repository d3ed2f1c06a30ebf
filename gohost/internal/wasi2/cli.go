package wasi2

import (
	"fmt"

	"example.org/compute-pipeline/gohost/cabi"
)

// noStrings returns an empty list, of arguments or of the environment's variables.
func (c *call) noStrings() { c.StoreStrings(c.result(8, 4), nil) }

// none returns an option without a value: no terminal, no directory.
func (c *call) none() { c.StoreU8(c.result(1, 1), 0) }

// exit ends the guest for good, with success or without: no function of a contract ends that
// way.
func (c *call) exit(code uint32) {
	c.Fail(&cabi.Trap{Message: fmt.Sprintf("the guest ended itself with exit code %d", code)})
}
