// Package wasi2 implements what grants give a guest of WASI 0.2, which components import:
// output, clocks and waiting for them, random numbers, reading files. All else of a command's
// world is there too, and gives nothing: an empty environment, no terminal, a network that
// refuses, files that cannot be changed.
//
// It is the form in which a guest asks for what package granted gives, which charges and
// bounds it; package cabi lifts and lowers. The interfaces are data: wit has them as they were
// published, and imports.txt, which a test of package bind writes, as the host reads them.
package wasi2

import (
	"fmt"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/granted"
)

// call is a call of a function of WASI.
type call struct {
	*cabi.Call
	*granted.Host
	// params is the number of the core function's parameters.
	params int
}

// functions are the functions by their interfaces without wasi:, and their names. The
// methods of sockets are not among them.
var functions = map[string]map[string]func(*call){
	"cli/environment": {
		"get-environment": (*call).noStrings,
		"get-arguments":   (*call).noStrings,
		"initial-cwd":     (*call).none,
	},
	"cli/exit": {
		"exit":           func(c *call) { c.exit(c.Discriminant(c.PopU32(), 2, "a result")) },
		"exit-with-code": func(c *call) { c.exit(uint32(c.PopU8())) },
	},
	"cli/stdin":  {"get-stdin": func(c *call) { c.push(inputStreams, &inputStream{}) }},
	"cli/stdout": {"get-stdout": func(c *call) { c.push(outputStreams, &outputStream{writer: c.Stdout}) }},
	"cli/stderr": {"get-stderr": func(c *call) { c.push(outputStreams, &outputStream{writer: c.Stderr, isError: true}) }},

	"cli/terminal-stdin":  {"get-terminal-stdin": (*call).none},
	"cli/terminal-stdout": {"get-terminal-stdout": (*call).none},
	"cli/terminal-stderr": {"get-terminal-stderr": (*call).none},

	"clocks/monotonic-clock": {
		"now":                func(c *call) { c.PushU64(c.Monotonic()) },
		"resolution":         func(c *call) { c.PushU64(1) },
		"subscribe-instant":  func(c *call) { c.subscribeClock(c.PopU64()) },
		"subscribe-duration": func(c *call) { c.subscribeClock(later(c.Monotonic(), c.PopU64())) },
	},
	"clocks/wall-clock": {
		"now":        func(c *call) { c.datetime(c.Now()) },
		"resolution": func(c *call) { c.datetime(time.Unix(0, int64(time.Microsecond))) },
	},
	"random/random": {
		"get-random-bytes": (*call).randomBytes,
		"get-random-u64":   func(c *call) { c.PushU64(c.randomNumber()) },
	},
	"random/insecure": {
		"get-insecure-random-bytes": (*call).randomBytes,
		"get-insecure-random-u64":   func(c *call) { c.PushU64(c.randomNumber()) },
	},
	"random/insecure-seed": {"insecure-seed": (*call).seed},

	"io/error": {"[method]error.to-debug-string": (*call).debugString},
	"io/poll": {
		"[method]pollable.ready": (*call).ready,
		"[method]pollable.block": (*call).block,
		"poll":                   (*call).poll,
	},
	"io/streams": {
		"[method]input-stream.read":                             (*call).read,
		"[method]input-stream.blocking-read":                    (*call).read,
		"[method]input-stream.skip":                             (*call).skip,
		"[method]input-stream.blocking-skip":                    (*call).skip,
		"[method]input-stream.subscribe":                        func(c *call) { c.subscribe(inputStreams) },
		"[method]output-stream.check-write":                     (*call).checkWrite,
		"[method]output-stream.write":                           func(c *call) { c.write(granted.Chunk) },
		"[method]output-stream.blocking-write-and-flush":        func(c *call) { c.write(maxBlockingWrite) },
		"[method]output-stream.flush":                           (*call).flush,
		"[method]output-stream.blocking-flush":                  (*call).flush,
		"[method]output-stream.subscribe":                       func(c *call) { c.subscribe(outputStreams) },
		"[method]output-stream.write-zeroes":                    func(c *call) { c.writeZeroes(granted.Chunk) },
		"[method]output-stream.blocking-write-zeroes-and-flush": func(c *call) { c.writeZeroes(maxBlockingWrite) },
		"[method]output-stream.splice":                          (*call).splice,
		"[method]output-stream.blocking-splice":                 (*call).splice,
	},

	"filesystem/preopens": {"get-directories": (*call).directories},
	"filesystem/types": {
		"[method]descriptor.read-via-stream":                  (*call).readViaStream,
		"[method]descriptor.advise":                           (*call).advise,
		"[method]descriptor.get-flags":                        (*call).getFlags,
		"[method]descriptor.get-type":                         (*call).getType,
		"[method]descriptor.read":                             (*call).readAt,
		"[method]descriptor.read-directory":                   (*call).readDirectory,
		"[method]descriptor.stat":                             (*call).stat,
		"[method]descriptor.stat-at":                          (*call).statAt,
		"[method]descriptor.open-at":                          (*call).openAt,
		"[method]descriptor.readlink-at":                      (*call).readlinkAt,
		"[method]descriptor.is-same-object":                   (*call).isSameObject,
		"[method]descriptor.metadata-hash":                    (*call).metadataHash,
		"[method]descriptor.metadata-hash-at":                 (*call).metadataHashAt,
		"[method]directory-entry-stream.read-directory-entry": (*call).readDirectoryEntry,
		"filesystem-error-code":                               (*call).filesystemErrorCode,

		// Nothing can be changed. The number is where the error is in the result.
		"[method]descriptor.write-via-stream":    readOnly(descriptors, 4),
		"[method]descriptor.append-via-stream":   readOnly(descriptors, 4),
		"[method]descriptor.sync-data":           readOnly(descriptors, 1),
		"[method]descriptor.set-size":            readOnly(descriptors, 1),
		"[method]descriptor.set-times":           readOnly(descriptors, 1),
		"[method]descriptor.write":               readOnly(descriptors, 8),
		"[method]descriptor.sync":                readOnly(descriptors, 1),
		"[method]descriptor.create-directory-at": readOnly(descriptors, 1),
		"[method]descriptor.set-times-at":        readOnly(descriptors, 1),
		"[method]descriptor.link-at":             readOnly(descriptors, 1),
		"[method]descriptor.remove-directory-at": readOnly(descriptors, 1),
		"[method]descriptor.rename-at":           readOnly(descriptors, 1),
		"[method]descriptor.symlink-at":          readOnly(descriptors, 1),
		"[method]descriptor.unlink-file-at":      readOnly(descriptors, 1),
	},

	"sockets/instance-network":  {"instance-network": func(c *call) { c.push(networks, &network{}) }},
	"sockets/tcp-create-socket": {"create-tcp-socket": (*call).denied},
	"sockets/udp-create-socket": {"create-udp-socket": (*call).denied},
	"sockets/ip-name-lookup":    {"resolve-addresses": (*call).denied},
}

// HostFunctions returns the functions of an interface, with those of its resources.
func (i Interface) HostFunctions() (list []cabi.HostFunction) {
	for _, f := range i.Functions {
		implementation := functions[strings.TrimPrefix(i.Name, "wasi:")][f.Name]
		if implementation == nil {
			implementation = withoutSocket(f.Name)
		}
		list = append(list, cabi.HostFunction{
			Interface: i.Name, Version: Version, Name: f.Name, Params: f.Params, Results: f.Results,
			Call: func(c *cabi.Call) { serve(c, len(f.Params), implementation) },
		})
	}
	for _, name := range i.Resources {
		list = append(list, resources[name].Functions()...)
	}
	return list
}

// serve runs a function.
func serve(c *cabi.Call, params int, implementation func(*call)) {
	ctx, module := c.Guest()
	host := granted.FromContext(ctx)
	if host == nil {
		c.Fail(&cabi.Violation{Detail: "a function of WASI was called outside of a call"})
		return
	}
	host.Module = module
	defer func() {
		if r := recover(); r != nil {
			stopped, ok := r.(*fuel.Stopped)
			if !ok {
				panic(r)
			}
			c.Fail(stopped)
		}
	}()
	implementation(&call{Call: c, Host: host, params: params})
}

// result returns the address of the result, whose address is the last parameter.
func (c *call) result(size, align uint32) uint32 {
	c.Seek(c.params - 1)
	return c.PopArea(size, align)
}

// violate ends the guest, which broke a rule of WASI.
func (c *call) violate(format string, args ...any) {
	c.Fail(&cabi.Violation{Detail: fmt.Sprintf(format, args...)})
}
