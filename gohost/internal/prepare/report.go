package prepare

import (
	"encoding/json"
	"fmt"
	"time"
)

// Prepared is a module that was prepared.
type Prepared struct {
	Wasm   []byte
	Report Report
}

// Report is what is known of a module that was prepared.
type Report struct {
	// CoreSize is the size in bytes of the core module that it was made of.
	CoreSize int `json:"core_size"`
	// Estimate is what compiling it takes, and Limits what it may take. They are nil of a
	// module that is not metered.
	Estimate *Cost `json:"estimate,omitempty"`
	Limits   *Cost `json:"limits,omitempty"`
}

// Cost is what compiling a module takes.
type Cost struct {
	Time   time.Duration `json:"time"`   // on one processor
	Memory uint64        `json:"memory"` // in bytes
	Kept   uint64        `json:"kept"`   // by the compiled code, in bytes
}

func parseReport(text []byte) (r Report, err error) {
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("the report about a module cannot be read: %w", err)
	}
	return r, nil
}
