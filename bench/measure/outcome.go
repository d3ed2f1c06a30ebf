package measure

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// Outcome is what a program of the bench has measured, for the document that another writes.
type Outcome struct {
	// Machine and When are where and on which day, and Load the load average before.
	Machine, When, Load string
	// Input says on what.
	Input string
	Rows  []Row
}

// Row is one way to do one task.
type Row struct {
	Task, Name string
	// Value is the median: seconds, or requests a second. Ratio is the median of the ratios to the
	// task's first way within a round.
	Value, Ratio float64
}

// NewOutcome returns the outcome of a run that begins now.
func NewOutcome(input string) Outcome {
	return Outcome{Machine: Machine(), When: Today(), Load: Load(), Input: input}
}

// Where says on what machine and when it was measured.
func (o Outcome) Where() string {
	return fmt.Sprintf("Measured on %s, %s, at a load average of %s before.", o.When, o.Machine, o.Load)
}

// Row returns one of the rows.
func (o Outcome) Row(task, name string) (Row, bool) {
	for _, row := range o.Rows {
		if row.Task == task && row.Name == name {
			return row, true
		}
	}
	return Row{}, false
}

// Save writes the outcome.
func (o Outcome) Save(path string) error {
	data, err := json.MarshalIndent(o, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

// LoadOutcome reads what Save wrote. The error is fs.ErrNotExist if there is nothing.
func LoadOutcome(path string) (Outcome, error) {
	var o Outcome
	data, err := os.ReadFile(path)
	if err != nil {
		return o, err
	}
	if err := json.Unmarshal(data, &o); err != nil {
		return o, fmt.Errorf("%s: %w", path, err)
	}
	return o, nil
}

// Today is the date in UTC.
func Today() string { return time.Now().UTC().Format(time.DateOnly) }

// Load is the load average of the last minute, or empty where the system does not tell.
func Load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	load, _, _ := strings.Cut(string(text), " ")
	return load
}

// Machine names the processor, and the versions that matter.
func Machine() string {
	processor := "unknown processor"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if m := regexp.MustCompile(`model name\s*: (.*)`).FindSubmatch(info); m != nil {
			processor = string(m[1])
		}
	}
	return fmt.Sprintf("%s, %d processors in use, %s/%s, %s", processor, runtime.GOMAXPROCS(0), runtime.GOOS, runtime.GOARCH,
		strings.Replace(runtime.Version(), "go", "Go ", 1))
}
