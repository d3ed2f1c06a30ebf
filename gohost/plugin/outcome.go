package plugin

import (
	"context"
	"errors"

	"example.org/compute-pipeline/gohost"
)

// Outcome is what became of a call, as one word for metrics.
type Outcome string

// What becomes of a call. Trap, ABI, Contract and Limit are failures of the
// plugin, which its circuit breaker counts.
const (
	OutcomeOK       Outcome = "ok"
	OutcomeGuest    Outcome = "guest_error" // the guest's own answer
	OutcomeInvalid  Outcome = "invalid_input"
	OutcomeTrap     Outcome = "trap"
	OutcomeABI      Outcome = "abi"
	OutcomeContract Outcome = "contract"
	OutcomeLimit    Outcome = "limit"
	OutcomeBusy     Outcome = "busy"
	OutcomeCanceled Outcome = "canceled" // the caller's context ended
	OutcomeDrained  Outcome = "drained"
	OutcomeOpen     Outcome = "open"
	OutcomeOther    Outcome = "other"
)

// outcomes in the order of the counters.
var outcomes = [...]Outcome{
	OutcomeOK, OutcomeGuest, OutcomeInvalid, OutcomeTrap, OutcomeABI, OutcomeContract,
	OutcomeLimit, OutcomeBusy, OutcomeCanceled, OutcomeDrained, OutcomeOpen, OutcomeOther,
}

// OutcomeOf is the outcome of a call that returned err.
func OutcomeOf(err error) Outcome { return outcomes[outcomeIndex(err)] }

func outcomeIndex(err error) int {
	if err == nil {
		return 0
	}
	if guest := (*gohost.GuestError)(nil); errors.As(err, &guest) {
		return 1
	}
	for _, class := range outcomeClasses {
		if errors.Is(err, class.err) {
			return class.index
		}
	}
	return len(outcomes) - 1
}

// outcomeClasses are in the order in which an error of two classes counts: a
// limit may have led to a trap.
var outcomeClasses = []struct {
	err   error
	index int
}{
	{gohost.ErrInvalidInput, 2},
	{ErrOpen, 10},
	{ErrDrained, 9},
	{gohost.ErrBusy, 7},
	{gohost.ErrLimit, 6},
	{gohost.ErrTrap, 3},
	{gohost.ErrABI, 4},
	{gohost.ErrContract, 5},
	{context.Canceled, 8},
	{context.DeadlineExceeded, 8},
}

// isFailure reports whether the outcome counts against the plugin.
func (o Outcome) isFailure() bool {
	return o == OutcomeTrap || o == OutcomeABI || o == OutcomeContract || o == OutcomeLimit
}

// isSuccess reports whether the guest did what it should.
func (o Outcome) isSuccess() bool { return o == OutcomeOK || o == OutcomeGuest }
