// Package compiler compiles modules: in this process ([Compile]), or in separate processes
// ([Run]), so that a module that makes wazero's compiler use all memory, loop or crash
// costs a process and not the host.
//
// For that the host starts its own program again, which becomes a compiler when it calls
// [Main]. The two communicate through three pipes and a directory:
//
//   - The environment has one variable, the [task].
//   - The child limits itself, reports on standard output that it is ready, and reads the
//     module from standard input. When that ends later, the host is gone, and the child
//     exits.
//   - wazero in the child writes the compiled code into its working directory, a private
//     one that the host created. wazero in the host then finds it there.
//   - The exit status reports the result, and standard error the reason.
//
// [Cache] moves the code into a directory where later loads find it.
package compiler

import "errors"

// Reasons why compiling in a process failed. Any other error is a failure of the process
// itself.
var (
	// ErrMemory: it needs more memory than allowed.
	ErrMemory = errors.New("out of memory")
	// ErrTime: it needs more time than Limits.Timeout allows.
	ErrTime = errors.New("out of time")
	// ErrCPU: it needs more processor time than allowed.
	ErrCPU = errors.New("out of processor time")
	// ErrModule: the compiler refused the module, or crashed on it.
	ErrModule = errors.New("the compiler refused it")
	// ErrDirectory: the code could not be written.
	ErrDirectory = errors.New("the compiled code could not be written")
)
