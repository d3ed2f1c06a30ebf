// Package wazy compares the library with wazy, another host of WebAssembly components: lists
// of records to the same guest and from it, in one process, by turns.
package wazy
