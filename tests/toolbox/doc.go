// Package toolbox holds the toolbox that Go programs carry, a WebAssembly module
// (gohost/internal/toolbox), to the same crate as a program for this machine:
// for any bytes both must give the same answer.
package toolbox
