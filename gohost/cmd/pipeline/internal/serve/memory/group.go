package memory

import (
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// group returns the limit of the process's control group, in the machine's file system, or
// MaxInt64 if there is none.
//
// In a container the path in /proc/self/cgroup may be that of the machine, which does not
// exist inside; the mounted group is then the container's own.
func group(system fs.FS) int64 {
	limit := int64(math.MaxInt64)
	text, err := fs.ReadFile(system, "proc/self/cgroup")
	if err != nil {
		return limit
	}
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		switch {
		case parts[0] == "0" && parts[1] == "": // version 2
			limit = min(limit, least(system, "sys/fs/cgroup", parts[2], "memory.max"), least(system, "sys/fs/cgroup/unified", parts[2], "memory.max"))
		case hasController(parts[1], "memory"): // version 1
			limit = min(limit, least(system, "sys/fs/cgroup/memory", parts[2], "memory.limit_in_bytes"))
		}
	}
	return limit
}

func hasController(list, name string) bool {
	for c := range strings.SplitSeq(list, ",") {
		if c == name {
			return true
		}
	}
	return false
}

// least returns the smallest limit of a group and those above it.
func least(system fs.FS, root, group, file string) int64 {
	limit := int64(math.MaxInt64)
	for {
		text, err := fs.ReadFile(system, path.Join(root, group, file))
		if err == nil {
			// "max" is no limit.
			if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
				limit = min(limit, n)
			}
		}
		if group == "/" || group == "." || group == "" {
			return limit
		}
		group = path.Dir(group)
	}
}
