package problem

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/input"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/admission"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/body"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/plugin"
)

// StatusClientGone is what the log has for a request whose client did not wait
// for the answer. Nobody receives it.
const StatusClientGone = 499

// retrySoon is when a request that met a passing shortage may be tried again.
const retrySoon = time.Second

// Of gives an error its problem. The package serve documents the whole table.
func Of(err error) *Problem {
	if p := (*Problem)(nil); errors.As(err, &p) {
		return p
	}
	if p := ofBody(err); p != nil {
		return p
	}
	if p := ofAdmission(err); p != nil {
		return p
	}
	if p := ofCall(err); p != nil {
		return p
	}
	// What it is may be none of a client's business; the log has it.
	return New(http.StatusInternalServerError, "internal", "the service failed; its log says how")
}

// ofBody is for what is wrong with a request's body.
func ofBody(err error) *Problem {
	if p := (*http.MaxBytesError)(nil); errors.As(err, &p) {
		return New(http.StatusRequestEntityTooLarge, "body-too-large", fmt.Sprintf("the body is longer than the %d bytes that are allowed", p.Limit))
	}
	if p := (*points.TypeError)(nil); errors.As(err, &p) {
		if p.Header == "Accept" {
			return New(http.StatusNotAcceptable, "not-acceptable", p.Error())
		}
		return New(http.StatusUnsupportedMediaType, "unsupported-media-type", p.Error())
	}
	if p := (*input.DataError)(nil); errors.As(err, &p) {
		return New(http.StatusBadRequest, "invalid-points", p.Error()).At(p.Position)
	}
	switch {
	case errors.Is(err, input.ErrEmpty):
		return New(http.StatusBadRequest, "invalid-points", "the body has no points: expected at least one")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return New(http.StatusRequestTimeout, "body-too-slow", "the body did not arrive in time")
	case errors.Is(err, body.ErrGone):
		return clientGone(err)
	}
	if p := (*body.EncodingError)(nil); errors.As(err, &p) {
		return New(http.StatusUnsupportedMediaType, "unsupported-encoding", p.Error()).AcceptEncoding(body.Encodings)
	}
	if p := (*body.DataError)(nil); errors.As(err, &p) {
		return New(http.StatusBadRequest, "invalid-body", p.Error())
	}
	return nil
}

// ofAdmission is for requests that the service has no room for.
func ofAdmission(err error) *Problem {
	if p := (*admission.TooLargeError)(nil); errors.As(err, &p) {
		return New(http.StatusRequestEntityTooLarge, "body-too-large", p.Error())
	}
	// One whose client has gone while it waited is another thing.
	if p := (*admission.BusyError)(nil); errors.As(err, &p) && !errors.Is(err, context.Canceled) {
		return New(http.StatusServiceUnavailable, "overloaded", p.Error()).RetryAfter(retrySoon)
	}
	return nil
}

func clientGone(err error) *Problem {
	p := New(StatusClientGone, "client-gone", err.Error())
	p.Title = "Client Closed Request"
	return p
}

// ofCall is for what became of a call of the engine or of a plugin. Limits come
// before traps, since a limit may make a guest trap.
func ofCall(err error) *Problem {
	if p := (*gohost.GuestError)(nil); errors.As(err, &p) {
		return New(http.StatusUnprocessableEntity, "refused-by-guest", p.Message)
	}
	if p := ofPlugin(err); p != nil {
		return p
	}
	if p := (*gohost.LimitError)(nil); errors.As(err, &p) {
		return ofLimit(p.Which, err)
	}
	switch {
	case errors.Is(err, gohost.ErrNoSummary):
		return New(http.StatusNotImplemented, "no-summary", err.Error())
	case errors.Is(err, gohost.ErrInvalidInput):
		return New(http.StatusBadRequest, "invalid-input", err.Error())
	case errors.Is(err, gohost.ErrBusy):
		return New(http.StatusServiceUnavailable, "busy", err.Error()).RetryAfter(retrySoon)
	case errors.Is(err, gohost.ErrClosed):
		return New(http.StatusServiceUnavailable, "closed", err.Error()).RetryAfter(retrySoon)
	case errors.Is(err, gohost.ErrCompileProcess):
		// It says nothing about the module, and more than a client may know about the
		// machine. The log has it.
		return New(http.StatusServiceUnavailable, "compile-process", "the process that compiles the module failed; the log says how").RetryAfter(retrySoon)
	case errors.Is(err, gohost.ErrTrap):
		return New(http.StatusBadGateway, "trap", err.Error())
	case errors.Is(err, gohost.ErrABI):
		return New(http.StatusBadGateway, "abi-violated", err.Error())
	case errors.Is(err, gohost.ErrContract):
		return New(http.StatusBadGateway, "contract-not-met", err.Error())
	case errors.Is(err, context.DeadlineExceeded):
		return New(http.StatusGatewayTimeout, "deadline", "the request took longer than the service allows: "+err.Error())
	case errors.Is(err, context.Canceled):
		return clientGone(err)
	}
	return nil
}

// ofLimit is for a limit that a call has reached.
func ofLimit(which gohost.Limit, err error) *Problem {
	switch which {
	case gohost.LimitMemory:
		return New(http.StatusRequestEntityTooLarge, "memory-limit", err.Error())
	case gohost.LimitTime:
		return New(http.StatusGatewayTimeout, "time-limit", err.Error())
	case gohost.LimitStack:
		return New(http.StatusBadGateway, "trap", err.Error())
	}
	return New(http.StatusUnprocessableEntity, "limit", err.Error())
}

// ofPlugin is for what the registry of plugins says.
func ofPlugin(err error) *Problem {
	if p := (*plugin.OpenError)(nil); errors.As(err, &p) {
		// Without the last failure, which may tell of another tenant's data.
		detail := fmt.Sprintf("the plugin is cut off until %s: it failed %d times within %v", p.Until.UTC().Format(time.RFC3339), p.Failures, p.Window)
		return New(http.StatusServiceUnavailable, "breaker-open", detail).RetryAfter(time.Until(p.Until))
	}
	switch {
	case errors.Is(err, store.ErrReserved):
		return New(http.StatusConflict, "reserved-name", err.Error())
	case errors.Is(err, store.ErrNoDirectory):
		return New(http.StatusConflict, "no-directory", err.Error())
	case errors.Is(err, plugin.ErrNotCommitted):
		// Whatever kept it from being stored may be none of a client's business.
		return New(http.StatusInternalServerError, "not-stored", "the change could not be stored, so nothing was changed; the log says why")
	case errors.Is(err, plugin.ErrManifest):
		return New(http.StatusForbidden, "manifest-refused", err.Error())
	case errors.Is(err, plugin.ErrHeldBack):
		return New(http.StatusUnprocessableEntity, "held-back", err.Error())
	case errors.Is(err, plugin.ErrNotFound):
		return New(http.StatusNotFound, "not-found", err.Error())
	case errors.Is(err, plugin.ErrSignature):
		return New(http.StatusForbidden, "signature-refused", err.Error())
	case errors.Is(err, plugin.ErrHash):
		return New(http.StatusUnprocessableEntity, "wrong-hash", err.Error())
	case errors.Is(err, plugin.ErrSelfTest):
		return New(http.StatusUnprocessableEntity, "self-test-failed", err.Error())
	case errors.Is(err, plugin.ErrDrained):
		return New(http.StatusServiceUnavailable, "drained", err.Error()).RetryAfter(retrySoon)
	}
	return nil
}
