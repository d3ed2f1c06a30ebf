// Package sources finds and opens what `pipeline run` reads: files, directories and patterns of them, pipes,
// sockets, and files that grow. It reads ahead in goroutines of its own, and decompresses.
package sources
