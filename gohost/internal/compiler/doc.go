// Package compiler compiles modules: in this process ([Compile]), or in processes of
// their own ([Run]), so that a module that makes wazero's compiler take all memory, loop
// or crash costs a process and not the host.
//
// For that the host starts its own program again, which becomes a compiler when it calls
// [Main]. The two talk through three pipes and a directory:
//
//   - The environment has one variable, the [task].
//   - The child limits itself, says that it is ready on its standard output, and
//     reads the module from its standard input. When that ends later, the host
//     is gone, and so the child goes.
//   - wazero in the child writes the compiled code into its working directory, a
//     private one that the host made, where wazero in the host then finds it.
//   - The exit status says what became of it, and standard error why.
//
// [Cache] takes the code over into a directory where later loads find it.
package compiler

import "errors"

// Why compiling in a process failed. Any other failure is the process's own.
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
