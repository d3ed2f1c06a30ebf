//go:build !linux

package linearmem

// advise does nothing: only Linux takes advice on the size of pages.
func advise([]byte, bool) {}
