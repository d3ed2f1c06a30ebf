package linearmem

import "syscall"

// advise asks the system to back the region with pages of 2 MiB (transparent huge
// pages), or with those of the usual size again. Where it does not have them, nothing
// changes, so its answer says nothing.
func advise(region []byte, large bool) {
	const hugePage, noHugePage = 14, 15 // of madvise(2)
	advice := noHugePage
	if large {
		advice = hugePage
	}
	_ = syscall.Madvise(region, advice)
}
