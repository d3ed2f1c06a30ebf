package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// machine says in one line where the figures come from, and how busy it was
// with other things just before.
func machine() string {
	parts := []string{fmt.Sprintf("%s, %d processors for Go", processor(), runtime.GOMAXPROCS(0)), runtime.GOOS + "/" + runtime.GOARCH, strings.Replace(runtime.Version(), "go", "Go ", 1)}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if strings.HasSuffix(dep.Path, "/wazero") {
				parts = append(parts, "wazero "+dep.Version)
			}
		}
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		one, _, _ := strings.Cut(string(load), " ")
		parts = append(parts, "load average of the minute before "+one)
	}
	return strings.Join(parts, ", ")
}

func processor() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(info)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return "processor unknown"
}
