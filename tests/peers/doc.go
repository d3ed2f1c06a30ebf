// Package peers compares the library with other hosts of WebAssembly components: the same
// guest, in one process, by turns. It is a module of its own, so that nobody who uses the
// library downloads them.
package peers
