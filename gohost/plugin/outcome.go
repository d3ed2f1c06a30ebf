package plugin

import (
	"context"
	"errors"
	"fmt"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/sandbox"
)

// Outcome is the outcome of a call. Its text, in metrics and JSON, is one word.
type Outcome int

// Outcomes of calls. Trap, ABI, Contract and Limit are failures of the plugin, which
// its circuit breaker counts.
const (
	OutcomeOK       Outcome = iota
	OutcomeGuest            // an error that the guest returned
	OutcomeInvalid          // the host rejected the input, or it had no room in the instance
	OutcomeTrap             // gohost.ErrTrap
	OutcomeABI              // gohost.ErrABI
	OutcomeContract         // gohost.ErrContract
	OutcomeLimit            // gohost.ErrLimit
	OutcomeBusy             // gohost.ErrBusy
	OutcomeCanceled         // the caller's context ended
	OutcomeDrained          // ErrDrained
	OutcomeOpen             // ErrOpen
	OutcomeHost             // sandbox.ErrHost: an import that the program implements
	OutcomeOther            // any other error
)

var outcomeNames = [...]string{
	OutcomeOK: "ok", OutcomeGuest: "guest_error", OutcomeInvalid: "invalid_input", OutcomeTrap: "trap", OutcomeABI: "abi",
	OutcomeContract: "contract", OutcomeLimit: "limit", OutcomeBusy: "busy", OutcomeCanceled: "canceled",
	OutcomeDrained: "drained", OutcomeOpen: "open", OutcomeHost: "host_error", OutcomeOther: "other",
}

// String returns the outcome as one word.
func (o Outcome) String() string {
	if o < 0 || int(o) >= len(outcomeNames) {
		return fmt.Sprintf("outcome_%d", int(o))
	}
	return outcomeNames[o]
}

// MarshalText implements encoding.TextMarshaler with the text of String.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// OutcomeOf returns the outcome of a call that returned err.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return OutcomeOK
	}
	if errors.Is(err, sandbox.ErrHost) { // whose cause may be of any class
		return OutcomeHost
	}
	if guest := (*gohost.GuestError)(nil); errors.As(err, &guest) {
		return OutcomeGuest
	}
	if limit := (*gohost.LimitError)(nil); errors.As(err, &limit) && limit.Arguments { // the caller's fault
		return OutcomeInvalid
	}
	for _, class := range outcomeClasses {
		if errors.Is(err, class.err) {
			return class.outcome
		}
	}
	return OutcomeOther
}

// outcomeClasses are in order of precedence, for errors of two classes: a limit may
// have led to a trap.
var outcomeClasses = []struct {
	err     error
	outcome Outcome
}{
	{gohost.ErrInvalidInput, OutcomeInvalid},
	{ErrOpen, OutcomeOpen},
	{ErrDrained, OutcomeDrained},
	{gohost.ErrBusy, OutcomeBusy},
	{gohost.ErrLimit, OutcomeLimit},
	{gohost.ErrTrap, OutcomeTrap},
	{gohost.ErrABI, OutcomeABI},
	{gohost.ErrContract, OutcomeContract},
	{context.Canceled, OutcomeCanceled},
	{context.DeadlineExceeded, OutcomeCanceled},
}

// isFailure reports whether the outcome counts against the plugin.
func (o Outcome) isFailure() bool {
	return o == OutcomeTrap || o == OutcomeABI || o == OutcomeContract || o == OutcomeLimit
}

// isSuccess reports whether the guest worked as it should.
func (o Outcome) isSuccess() bool { return o == OutcomeOK || o == OutcomeGuest }
