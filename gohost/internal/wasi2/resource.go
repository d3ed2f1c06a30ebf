package wasi2

import (
	"context"
	"fmt"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/granted"
)

// resource is what a guest has a handle of. release frees what it holds.
type resource interface {
	own(h *granted.Host)
	owner() *granted.Host
	release() error
}

// owned is a part of each resource.
type owned struct{ host *granted.Host }

func (o *owned) own(h *granted.Host)  { o.host = h }
func (o *owned) owner() *granted.Host { return o.host }

// release frees nothing.
func (o *owned) release() error { return nil }

// resources are the types of resources by name.
var resources = map[string]*cabi.ResourceType{}

func resourceType(iface, name string) *cabi.ResourceType {
	t := &cabi.ResourceType{Interface: "wasi:" + iface, Version: Version, Name: name, Drop: drop}
	resources[name] = t
	return t
}

var (
	ioErrors         = resourceType("io/error", "error")
	pollables        = resourceType("io/poll", "pollable")
	inputStreams     = resourceType("io/streams", "input-stream")
	outputStreams    = resourceType("io/streams", "output-stream")
	descriptors      = resourceType("filesystem/types", "descriptor")
	directoryStreams = resourceType("filesystem/types", "directory-entry-stream")
	networks         = resourceType("sockets/network", "network")

	// Nobody gets one of these.
	_ = resourceType("cli/terminal-input", "terminal-input")
	_ = resourceType("cli/terminal-output", "terminal-output")
	_ = resourceType("sockets/tcp", "tcp-socket")
	_ = resourceType("sockets/udp", "udp-socket")
	_ = resourceType("sockets/udp", "incoming-datagram-stream")
	_ = resourceType("sockets/udp", "outgoing-datagram-stream")
	_ = resourceType("sockets/ip-name-lookup", "resolve-address-stream")
)

// drop drops a resource, with its handle or its instance.
func drop(_ context.Context, value any) error {
	r := value.(resource)
	r.owner().ReleaseHandle()
	return r.release()
}

// give returns a new handle of a resource, which the guest owns.
func (c *call) give(t *cabi.ResourceType, r resource) uint32 {
	r.own(c.Host)
	if !c.TakeHandle() {
		_ = r.release()
		c.Fail(&cabi.LimitError{
			Detail: fmt.Sprintf("the guest has more than %d handles of WASI", granted.MaxHandles), Max: granted.MaxHandles,
		})
		return 0
	}
	return c.LowerOwn(t, r)
}

// push returns a resource as the result.
func (c *call) push(t *cabi.ResourceType, r resource) { c.PushI32(c.give(t, r)) }

// self takes the handle that is the first parameter.
func self[R resource](c *call, t *cabi.ResourceType) R {
	return cabi.LiftBorrow[R](c.Call, t, c.PopU32())
}
