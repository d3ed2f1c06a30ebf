package plugin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"example.org/compute-pipeline/gohost"
)

// limitsJSON is the form of [Limits] in files.
type limitsJSON struct {
	MaxInstances     int          `json:"max_instances,omitempty"`
	MemoryMiB        int          `json:"memory_mib,omitempty"`
	MaxResultMiB     int          `json:"max_result_mib,omitempty"`
	HeapMiB          int          `json:"heap_mib,omitempty"`
	CallsPerInstance int          `json:"calls_per_instance,omitempty"`
	MaxWaiters       int          `json:"max_waiters,omitempty"`
	CallTimeout      duration     `json:"call_timeout,omitempty"`
	DrainTimeout     duration     `json:"drain_timeout,omitempty"`
	Fuel             uint64       `json:"fuel,omitempty"`
	MaxModuleBytes   int          `json:"max_module_bytes,omitempty"`
	Breaker          *breakerJSON `json:"breaker,omitempty"`
}

type breakerJSON struct {
	Off      bool     `json:"off,omitempty"`
	Failures int      `json:"failures,omitempty"`
	Ratio    float64  `json:"ratio,omitempty"`
	Lost     float64  `json:"lost,omitempty"`
	Window   duration `json:"window,omitempty"`
	Cooldown duration `json:"cooldown,omitempty"`
}

// duration is written as time.ParseDuration reads it: "1.5s".
type duration time.Duration

func (d duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

func (d *duration) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("a duration is a string such as \"1.5s\", not %s", text)
	}
	parsed, err := time.ParseDuration(s)
	*d = duration(parsed)
	return err
}

// MarshalJSON writes the limits that are not zero, in the form that
// [Limits.UnmarshalJSON] reads.
func (l Limits) MarshalJSON() ([]byte, error) {
	j := limitsJSON{
		MaxInstances: l.MaxInstances, MemoryMiB: l.MemoryMiB,
		MaxResultMiB: l.MaxResultMiB, HeapMiB: l.HeapMiB, CallsPerInstance: l.CallsPerInstance,
		MaxWaiters: l.MaxWaiters, CallTimeout: duration(l.CallTimeout), DrainTimeout: duration(l.DrainTimeout),
		Fuel: l.Fuel, MaxModuleBytes: l.MaxModuleBytes,
	}
	if b := l.Breaker; b != (BreakerLimits{}) {
		j.Breaker = &breakerJSON{b.Off, b.Failures, b.Ratio, b.Lost, duration(b.Window), duration(b.Cooldown)}
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads limits from an object of a file, in which every member is
// optional:
//
//	{"max_instances": 4, "memory_mib": 64, "max_result_mib": 64, "heap_mib": 256,
//	 "calls_per_instance": 10000, "max_waiters": 100,
//	 "call_timeout": "2s", "drain_timeout": "30s", "fuel": 1000000000, "max_module_bytes": 1048576,
//	 "breaker": {"off": false, "failures": 5, "ratio": 0.5, "lost": 0.75, "window": "10s", "cooldown": "5s"}}
//
// An unknown member is an error, and so is what [Limits.Check] refuses.
func (l *Limits) UnmarshalJSON(text []byte) error {
	var j limitsJSON
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return fmt.Errorf("%w: limits: %w", gohost.ErrInvalidInput, err)
	}
	parsed := Limits{
		MaxInstances: j.MaxInstances, MemoryMiB: j.MemoryMiB,
		MaxResultMiB: j.MaxResultMiB, HeapMiB: j.HeapMiB, CallsPerInstance: j.CallsPerInstance,
		MaxWaiters: j.MaxWaiters, CallTimeout: time.Duration(j.CallTimeout), DrainTimeout: time.Duration(j.DrainTimeout),
		Fuel: j.Fuel, MaxModuleBytes: j.MaxModuleBytes,
	}
	if b := j.Breaker; b != nil {
		parsed.Breaker = BreakerLimits{b.Off, b.Failures, b.Ratio, b.Lost, time.Duration(b.Window), time.Duration(b.Cooldown)}
	}
	if err := parsed.Check(); err != nil {
		return err
	}
	*l = parsed
	return nil
}
