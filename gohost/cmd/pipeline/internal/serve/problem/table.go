package problem

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/admission"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/body"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/plugin"
)

// The table: each kind of problem with its status, code, meaning and errors. [Of] takes
// the first kind that matches, so the order counts: a limit may have led to a trap. Other
// packages create the problems of kinds without errors. The OpenAPI document lists all
// kinds.

// Problems with a request's body.
var (
	_ = kind(http.StatusRequestEntityTooLarge, "body-too-large", "The body is longer than the service or the tenant's limit allows.",
		as(func(k *Kind, e *http.MaxBytesError) *Problem {
			return k.New(fmt.Sprintf("the body is longer than the %d bytes that are allowed", e.Limit))
		}))
	_ = kind(http.StatusNotAcceptable, "not-acceptable", "The service cannot write any media type that the request accepts.",
		as(func(k *Kind, e *points.TypeError) *Problem {
			if e.Header != "Accept" {
				return nil
			}
			return k.New(e.Error())
		}))
	_ = kind(http.StatusUnsupportedMediaType, "unsupported-media-type", "The operation does not read this media type. The problem lists those that it reads.",
		as(func(k *Kind, e *points.TypeError) *Problem { return k.New(e.Error()) }))
	_ = kind(http.StatusBadRequest, "invalid-points", "The body is not a list of points. The problem has the position.",
		as(func(k *Kind, e *input.DataError) *Problem { return k.New(e.Error()).At(e.Position) }),
		says("the body has no points: expected at least one", input.ErrEmpty))
	_ = kind(http.StatusRequestTimeout, "body-too-slow", "The body did not arrive in time.",
		says("the body did not arrive in time", os.ErrDeadlineExceeded))
	_ = kind(StatusClientGone, codeClientGone, "The client disconnected in the middle of its body. Nobody receives this.",
		is(body.ErrGone))
	_ = kind(http.StatusUnsupportedMediaType, "unsupported-encoding", "The service does not read this content encoding. With Accept-Encoding.",
		as(func(k *Kind, e *body.EncodingError) *Problem { return k.New(e.Error()).AcceptEncoding(body.Encodings) }))
	InvalidBody = kind(http.StatusBadRequest, "invalid-body", "The body is not the expected JSON object, or not in the encoding that its header declares.",
		as(func(k *Kind, e *body.DataError) *Problem { return k.New(e.Error()) }))
)

// Problems of capacity.
var (
	_ = kind(http.StatusRequestEntityTooLarge, "body-too-large", "The body is longer than the memory of the service allows.",
		as(func(k *Kind, e *admission.TooLargeError) *Problem { return k.New(e.Error()) }))
	_ = kind(http.StatusServiceUnavailable, "overloaded", "There was no room within the time that a request waits. With Retry-After.",
		as(func(k *Kind, e *admission.BusyError) *Problem {
			if errors.Is(e, context.Canceled) {
				return nil // the client disconnected while it waited
			}
			return k.New(e.Error()).RetryAfter(retrySoon)
		}))
)

// Problems of plugins.
var (
	_ = kind(http.StatusUnprocessableEntity, "refused-by-guest", "The guest returned an error. The detail is its message.",
		as(func(k *Kind, e *gohost.GuestError) *Problem {
			if e.Err != nil { // of a model: a value
				return k.New(e.Err.Error())
			}
			return k.New(e.Message)
		}))
	_ = kind(http.StatusServiceUnavailable, "breaker-open", "The plugin failed too often, and its circuit breaker is open. With Retry-After.",
		as(func(k *Kind, e *plugin.OpenError) *Problem {
			// Without the last failure, which may contain another tenant's data.
			return k.New(fmt.Sprintf("the plugin's circuit breaker is open until %s: it failed %d times within %v",
				e.Until.UTC().Format(time.RFC3339), e.Failures, e.Window)).RetryAfter(time.Until(e.Until))
		}))
	_ = kind(http.StatusConflict, "reserved-name", "The embedded engine is part of the program and cannot be changed.", is(store.ErrReserved))
	_ = kind(http.StatusConflict, "no-directory", "The service has no directory to store versions in.", is(store.ErrNoDirectory))
	// ActiveVersion is what cannot be a candidate.
	ActiveVersion = kind(http.StatusConflict, "active-version", "The version is active, so it cannot be compared with the active one.")

	_ = kind(http.StatusInternalServerError, "not-stored", "A change could not be stored, so nothing was changed.",
		// The cause may be confidential.
		says("the change could not be stored, so nothing was changed; the log has the cause", plugin.ErrNotCommitted))
	_ = kind(http.StatusForbidden, "manifest-refused", "The module has no manifest although one is required, or its manifest was rejected.", is(plugin.ErrManifest))
	_ = kind(http.StatusUnprocessableEntity, "grade-too-low", "The module claims a lower grade of answers than the service requires.", is(plugin.ErrGrade))
	_ = kind(http.StatusUnprocessableEntity, "held-back", "An earlier process of the service ended while it loaded this module.", is(plugin.ErrHeldBack))
	_ = kind(http.StatusNotFound, "not-found", "There is no such plugin or version.", is(plugin.ErrNotFound))
	_ = kind(http.StatusForbidden, "signature-refused", "No key of the service has signed the module.", is(plugin.ErrSignature))
	_ = kind(http.StatusUnprocessableEntity, "wrong-hash", "The module does not have the expected SHA-256.", is(plugin.ErrHash))
	_ = kind(http.StatusUnprocessableEntity, "self-test-failed", "The module returned a wrong result in the self-test.", is(plugin.ErrSelfTest))
	_ = kind(http.StatusServiceUnavailable, "drained", "The call was stopped because its version was replaced. With Retry-After.", soon(is(plugin.ErrDrained)))
)

// Problems with a module that the client has sent ([Uploaded]).
var (
	_ = kind(http.StatusUnprocessableEntity, "contract-not-met", "The uploaded module does not implement the contract.",
		ofUpload(is(gohost.ErrContract)))
	_ = kind(http.StatusUnprocessableEntity, "cannot-start", "The uploaded module fails when it starts, or exceeds a limit.",
		ofUpload(is(gohost.ErrTrap, gohost.ErrABI, gohost.ErrLimit)))
)

// Problems of calls.
var (
	_ = kind(http.StatusRequestEntityTooLarge, "memory-limit", "The guest needs more memory than its limit allows.", limit(func(which gohost.Limit) bool { return which == gohost.LimitMemory }))
	_ = kind(http.StatusGatewayTimeout, "time-limit", "The call took longer than the plugin's limit allows.", limit(func(which gohost.Limit) bool { return which == gohost.LimitTime }))
	_ = kind(http.StatusUnprocessableEntity, "limit", "The call needs more fuel, or its result more memory, than a limit allows.",
		limit(func(which gohost.Limit) bool { return which != gohost.LimitStack })) // which is a trap
	_ = kind(http.StatusNotImplemented, "no-summary", "The plugin does not support fold, merge and finish.", is(gohost.ErrNoSummary))
	_ = kind(http.StatusBadRequest, "invalid-input", "The host rejected the input before calling the guest.", is(gohost.ErrInvalidInput))
	_ = kind(http.StatusServiceUnavailable, "busy", "Too many calls wait for the plugin. With Retry-After.", soon(is(gohost.ErrBusy)))
	_ = kind(http.StatusServiceUnavailable, "closed", "The service is shutting down. With Retry-After.", soon(is(gohost.ErrClosed)))
	_ = kind(http.StatusServiceUnavailable, "compile-process", "The process that compiles modules failed. With Retry-After.",
		// The cause is not about the module, and may be confidential.
		soon(says("the process that compiles the module failed; the log has the cause", gohost.ErrCompileProcess)))
	_ = kind(http.StatusBadGateway, "trap", "The plugin failed: it trapped.", is(gohost.ErrTrap))
	_ = kind(http.StatusBadGateway, "abi-violated", "The plugin failed: it violated the canonical ABI.", is(gohost.ErrABI))
	_ = kind(http.StatusBadGateway, "contract-not-met", "The plugin failed: its result violates the contract.", is(gohost.ErrContract))
	_ = kind(http.StatusGatewayTimeout, "deadline", "The request took longer than the service allows.",
		func(k *Kind, err error) *Problem {
			if !errors.Is(err, context.DeadlineExceeded) {
				return nil
			}
			return k.New("the request took longer than the service allows: " + err.Error())
		})
	_ = kind(StatusClientGone, codeClientGone, "The client disconnected before the response. Nobody receives this.", is(context.Canceled))
)

// Problems with other parts of a request, and with its rights.
var (
	InvalidParameter = kind(http.StatusBadRequest, "invalid-parameter", "A header or a parameter is invalid.")
	NoKey            = kind(http.StatusUnauthorized, "no-key", "The request has no API key. With WWW-Authenticate.")
	UnknownKey       = kind(http.StatusUnauthorized, "unknown-key", "The API key belongs to no tenant. With WWW-Authenticate.")
	PluginNotAllowed = kind(http.StatusForbidden, "plugin-not-allowed", "The tenant may not call or change this plugin.")
	NotAdmin         = kind(http.StatusForbidden, "not-admin", "The tenant may not change plugins.")
	NotMonitor       = kind(http.StatusForbidden, "not-monitor", "The tenant may not see the status page and the metrics.")
	NoRoute          = kind(http.StatusNotFound, "no-route", "There is no such path.")
	MethodNotAllowed = kind(http.StatusMethodNotAllowed, "method-not-allowed", "The path does not have this method. With Allow.")
	WrongHost        = kind(http.StatusMisdirectedRequest, "wrong-host", "The service has no keys, and the header Host does not name this machine.")
	RateLimit        = kind(http.StatusTooManyRequests, "rate-limit", "The tenant sends more requests per second than it may. With Retry-After.")
	TooManyRequests  = kind(http.StatusTooManyRequests, "too-many-requests", "The tenant has as many concurrent requests as it may. With Retry-After.")
	// Internal is any other error. Its cause may be confidential.
	Internal = kind(http.StatusInternalServerError, "internal", "A fault of the service itself.")
)
