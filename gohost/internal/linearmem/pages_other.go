//go:build !linux

package linearmem

// Only Linux has advice on the size of pages.
func advise([]byte, bool) {}
