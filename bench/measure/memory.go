package measure

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
)

// PrivateMemory returns the bytes that only this process and its children use, after the
// collector has returned what it can.
func PrivateMemory() (int64, error) {
	debug.FreeOSMemory()
	debug.FreeOSMemory()
	return privateOf(os.Getpid())
}

func privateOf(pid int) (int64, error) {
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	var sum int64
	for line := range bytes.Lines(rollup) {
		fields := strings.Fields(string(line))
		if len(fields) >= 2 && strings.HasPrefix(fields[0], "Private_") && fields[0] != "Private_Hugetlb:" {
			kb, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				return 0, err
			}
			sum += kb << 10
		}
	}
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return 0, err
	}
	for _, list := range lists {
		children, err := os.ReadFile(list)
		if err != nil {
			continue // a thread that has ended
		}
		for child := range strings.FieldsSeq(string(children)) {
			n, err := strconv.Atoi(child)
			if err != nil {
				return 0, err
			}
			memory, err := privateOf(n)
			if err != nil {
				return 0, err
			}
			sum += memory
		}
	}
	return sum, nil
}
