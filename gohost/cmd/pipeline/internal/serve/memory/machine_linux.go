package memory

import "syscall"

// machine returns the memory of the machine, or 0. It does not read
// /proc/meminfo, which a service may not see.
func machine() int64 {
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return 0
	}
	return int64(uint64(info.Totalram) * uint64(info.Unit))
}
