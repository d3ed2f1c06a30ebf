package kit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"example.org/compute-pipeline/gohost/internal/text"
)

// Format is the number of the report's schema as JSON. It changes when a field changes its
// meaning; fields may be added.
const Format = 1

// Report is the judgement of a module. As JSON it has the documented fields; apart from
// those whose names end with "seconds" it is the same for the same module and options.
type Report struct {
	Format int  `json:"format"`
	Passed bool `json:"passed"`
	// Contract is the world, and Grade how the answers were judged, for the engine's
	// contract only.
	Contract string `json:"contract"`
	Grade    string `json:"grade,omitempty"`
	// Declared is set if nobody chose the contract but the module, which declares it. The
	// command sets it.
	Declared bool `json:"declared,omitempty"`
	// Seed is what the fresh cases were made from.
	Seed   uint64 `json:"seed"`
	Module Module `json:"module"`
	// Checks are all checks, in order.
	Checks []*Result `json:"checks"`
	// Functions are the costs of the contract's functions.
	Functions []Cost `json:"functions"`
	// Output are the first lines that the module printed, if it was granted that. Long
	// lines are cut.
	Output  []string `json:"output,omitempty"`
	Seconds float64  `json:"seconds"`
}

// Module describes the module.
type Module struct {
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
	// Claims is the grade that the module claims, or "".
	Claims string `json:"claims,omitempty"`
	// LoadSeconds is the time to check and compile the module and to start an instance,
	// and StartSeconds the time to start another.
	LoadSeconds  float64 `json:"load_seconds"`
	StartSeconds float64 `json:"start_seconds"`
	// StartMemory is the memory of an instance when it has started, in bytes.
	StartMemory int64 `json:"start_memory"`
}

// Status is what became of a check.
type Status string

// The kinds of [Status].
const (
	Passed  Status = "passed"
	Failed  Status = "failed"
	Skipped Status = "skipped"
)

// Result is the result of a check.
type Result struct {
	// Name is for programs, and Title for people.
	Name   string `json:"name"`
	Title  string `json:"title"`
	Status Status `json:"status"`
	// Cases is how many cases it had, and Failures how many of them failed.
	Cases  int `json:"cases"`
	Failed int `json:"failed"`
	// Note says what was measured, or why the check was skipped.
	Note string `json:"note,omitempty"`
	// Failures are the first ones.
	Failures []*Failure `json:"failures,omitempty"`
	Seconds  float64    `json:"seconds"`

	rule Rule
	unit string // what Cases counts
	// problems is set if failures are not cases.
	problems bool
}

// Failure is one thing that is wrong with the module.
type Failure struct {
	// Case is the id of the case, or "".
	Case string `json:"case,omitempty"`
	// Call is the call with its arguments for people, and Function and Arguments are the
	// same for programs, in the notation of docs/vectors.md. Arguments of more than 4 KiB
	// are left out.
	Call      string `json:"call,omitempty"`
	Function  string `json:"function,omitempty"`
	Arguments []any  `json:"arguments,omitempty"`
	// Got is what the module did, and Want what it must do.
	Got  string `json:"got"`
	Want string `json:"want,omitempty"`
	// Reason says where the two differ, or what is wrong.
	Reason string `json:"reason,omitempty"`
	Rule   Rule   `json:"rule"`

	rule Rule
}

// maxFailures is how many failures of a check are kept.
const maxFailures = 100

func newReport(wasm []byte, c config) *Report {
	sum := sha256.Sum256(wasm)
	return &Report{
		Format: Format, Checks: []*Result{}, Functions: []Cost{}, Contract: c.contract.World, Seed: c.seedOf(wasm),
		Module: Module{Size: len(wasm), SHA256: hex.EncodeToString(sum[:])},
	}
}

// finish computes the verdict.
func (r *Report) finish(took time.Duration) {
	r.Seconds = took.Seconds()
	r.Passed = true
	for _, check := range r.Checks {
		if check.Status == Failed {
			r.Passed = false
		}
	}
}

// fail adds a failure.
func (r *Result) fail(f *Failure) {
	r.Status = Failed
	r.Failed++
	if f.Rule = f.rule; f.rule == (Rule{}) {
		f.Rule = r.rule
	}
	if len(r.Failures) < maxFailures {
		r.Failures = append(r.Failures, f)
	}
}

// failCall adds the failure of a call.
func (r *Result) failCall(id string, f *function, args []any, failure *Failure) {
	failure.Case, failure.Call, failure.Function, failure.Arguments = id, f.text(args), text.Cut(f.id, maxID), f.notation(args)
	r.fail(failure)
}

// skip says that a check was not made.
func (r *Result) skip(format string, args ...any) {
	r.Status, r.Note = Skipped, fmt.Sprintf(format, args...)
}

// note says what was measured.
func (r *Result) note(format string, args ...any) { r.Note = fmt.Sprintf(format, args...) }
