package wasi2

import (
	"strings"

	"example.org/compute-pipeline/gohost/cabi"
)

// network is a network that refuses everything.
type network struct{ owned }

// accessDenied is a case of the error-code of sockets.
const accessDenied = 1

// denied refuses to make a socket or to look up a name.
func (c *call) denied() {
	at := c.result(8, 4)
	c.StoreU8(at, 1)
	c.StoreU8(at+4, accessDenied)
}

// withoutSocket returns the implementation of a method of a socket: nobody has one.
func withoutSocket(method string) func(*call) {
	name, _, _ := strings.Cut(strings.TrimPrefix(method, "[method]"), ".")
	t := resources[name]
	return func(c *call) { cabi.LiftBorrow[*network](c.Call, t, c.PopU32()) }
}
