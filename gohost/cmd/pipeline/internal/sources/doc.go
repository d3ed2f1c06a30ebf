// Package sources opens what `pipeline run` reads: files, pipes, sockets, and files that grow. It
// reads ahead in a goroutine of its own, and decompresses.
package sources
