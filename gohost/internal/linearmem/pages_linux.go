package linearmem

import "syscall"

// advise asks the system to back the region with pages of 2 MiB (transparent huge
// pages), or with pages of the usual size again. It ignores errors: a system without
// huge pages changes nothing.
func advise(region []byte, large bool) {
	const hugePage, noHugePage = 14, 15 // of madvise(2)
	advice := noHugePage
	if large {
		advice = hugePage
	}
	_ = syscall.Madvise(region, advice)
}
