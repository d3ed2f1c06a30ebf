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

// The table: each kind of problem with its status, its code, what it means, and
// the errors that are one. [Of] takes the first kind that fits, so the order
// counts: a limit may have led to a trap. What has no errors is for other packages
// to make. The document of the API lists all of it.

// What is wrong with a request's body.
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
	_ = kind(http.StatusUnsupportedMediaType, "unsupported-media-type", "The body has a media type that the operation does not read. The problem names those that it reads.",
		as(func(k *Kind, e *points.TypeError) *Problem { return k.New(e.Error()) }))
	_ = kind(http.StatusBadRequest, "invalid-points", "The body is not points. The problem says where.",
		as(func(k *Kind, e *input.DataError) *Problem { return k.New(e.Error()).At(e.Position) }),
		says("the body has no points: expected at least one", input.ErrEmpty))
	_ = kind(http.StatusRequestTimeout, "body-too-slow", "The body did not arrive in time.",
		says("the body did not arrive in time", os.ErrDeadlineExceeded))
	_ = kind(StatusClientGone, codeClientGone, "The client has gone in the middle of its body. Nobody receives this.",
		is(body.ErrGone))
	_ = kind(http.StatusUnsupportedMediaType, "unsupported-encoding", "The body has an encoding that the service does not read. With Accept-Encoding.",
		as(func(k *Kind, e *body.EncodingError) *Problem { return k.New(e.Error()).AcceptEncoding(body.Encodings) }))
	InvalidBody = kind(http.StatusBadRequest, "invalid-body", "The body is not the JSON object that is expected, or not in the encoding that its head says.",
		as(func(k *Kind, e *body.DataError) *Problem { return k.New(e.Error()) }))
)

// What the service has no room for.
var (
	_ = kind(http.StatusRequestEntityTooLarge, "body-too-large", "The body is longer than the memory of the service allows.",
		as(func(k *Kind, e *admission.TooLargeError) *Problem { return k.New(e.Error()) }))
	_ = kind(http.StatusServiceUnavailable, "overloaded", "There was no room within the time that a request waits. With Retry-After.",
		as(func(k *Kind, e *admission.BusyError) *Problem {
			if errors.Is(e, context.Canceled) {
				return nil // the client has gone while it waited
			}
			return k.New(e.Error()).RetryAfter(retrySoon)
		}))
)

// What the guest and the plugins say.
var (
	_ = kind(http.StatusUnprocessableEntity, "refused-by-guest", "The guest answers that it cannot, in its words.",
		as(func(k *Kind, e *gohost.GuestError) *Problem { return k.New(e.Message) }))
	_ = kind(http.StatusServiceUnavailable, "breaker-open", "The plugin failed too often and is cut off for a while. With Retry-After.",
		as(func(k *Kind, e *plugin.OpenError) *Problem {
			// Without the last failure, which may tell of another tenant's data.
			return k.New(fmt.Sprintf("the plugin is cut off until %s: it failed %d times within %v",
				e.Until.UTC().Format(time.RFC3339), e.Failures, e.Window)).RetryAfter(time.Until(e.Until))
		}))
	_ = kind(http.StatusConflict, "reserved-name", "The embedded engine is part of the program and cannot be changed.", is(store.ErrReserved))
	_ = kind(http.StatusConflict, "no-directory", "The service has nowhere to keep versions.", is(store.ErrNoDirectory))
	_ = kind(http.StatusInternalServerError, "not-stored", "A change could not be stored, so nothing was changed.",
		// What kept it from being stored may be none of a client's business.
		says("the change could not be stored, so nothing was changed; the log says why", plugin.ErrNotCommitted))
	_ = kind(http.StatusForbidden, "manifest-refused", "The module has no manifest where one is required, or its manifest does not fit.", is(plugin.ErrManifest))
	_ = kind(http.StatusUnprocessableEntity, "held-back", "An earlier process of the service ended while it loaded this module.", is(plugin.ErrHeldBack))
	_ = kind(http.StatusNotFound, "not-found", "There is no such plugin or version.", is(plugin.ErrNotFound))
	_ = kind(http.StatusForbidden, "signature-refused", "The module is not signed by a key of the service.", is(plugin.ErrSignature))
	_ = kind(http.StatusUnprocessableEntity, "wrong-hash", "The module does not have the SHA-256 that it must have.", is(plugin.ErrHash))
	_ = kind(http.StatusUnprocessableEntity, "self-test-failed", "The module gives wrong answers.", is(plugin.ErrSelfTest))
	_ = kind(http.StatusServiceUnavailable, "drained", "The call was stopped with its version, which was replaced. With Retry-After.", soon(is(plugin.ErrDrained)))
)

// What is wrong with a module that the client has sent ([Uploaded]).
var (
	_ = kind(http.StatusUnprocessableEntity, "contract-not-met", "The module that was uploaded does not implement the contract.",
		ofUpload(is(gohost.ErrContract)))
	_ = kind(http.StatusUnprocessableEntity, "cannot-start", "The module that was uploaded fails when it starts, or needs more than it may have.",
		ofUpload(is(gohost.ErrTrap, gohost.ErrABI, gohost.ErrLimit)))
)

// What becomes of a call.
var (
	_ = kind(http.StatusRequestEntityTooLarge, "memory-limit", "The guest needs more memory than it may have.", limit(func(which gohost.Limit) bool { return which == gohost.LimitMemory }))
	_ = kind(http.StatusGatewayTimeout, "time-limit", "The call took longer than the plugin's limit allows.", limit(func(which gohost.Limit) bool { return which == gohost.LimitTime }))
	_ = kind(http.StatusUnprocessableEntity, "limit", "The call needs more fuel than it may use, or its result more memory.",
		limit(func(which gohost.Limit) bool { return which != gohost.LimitStack })) // which is a trap
	_ = kind(http.StatusNotImplemented, "no-summary", "The plugin has no fold, merge and finish.", is(gohost.ErrNoSummary))
	_ = kind(http.StatusBadRequest, "invalid-input", "The host refuses the input before the guest is called.", is(gohost.ErrInvalidInput))
	_ = kind(http.StatusServiceUnavailable, "busy", "Too many calls wait for the plugin. With Retry-After.", soon(is(gohost.ErrBusy)))
	_ = kind(http.StatusServiceUnavailable, "closed", "The service is shutting down. With Retry-After.", soon(is(gohost.ErrClosed)))
	_ = kind(http.StatusServiceUnavailable, "compile-process", "The process that compiles modules failed. With Retry-After.",
		// It says nothing about the module, and more than a client may know about the
		// machine.
		soon(says("the process that compiles the module failed; the log says how", gohost.ErrCompileProcess)))
	_ = kind(http.StatusBadGateway, "trap", "The plugin failed: it trapped.", is(gohost.ErrTrap))
	_ = kind(http.StatusBadGateway, "abi-violated", "The plugin failed: it broke the canonical ABI.", is(gohost.ErrABI))
	_ = kind(http.StatusBadGateway, "contract-not-met", "The plugin failed: the contract forbids its answer.", is(gohost.ErrContract))
	_ = kind(http.StatusGatewayTimeout, "deadline", "The request took longer than the service allows.",
		func(k *Kind, err error) *Problem {
			if !errors.Is(err, context.DeadlineExceeded) {
				return nil
			}
			return k.New("the request took longer than the service allows: " + err.Error())
		})
	_ = kind(StatusClientGone, codeClientGone, "The client has gone before the answer. Nobody receives this.", is(context.Canceled))
)

// What a request says besides its body, and whose it is.
var (
	InvalidParameter = kind(http.StatusBadRequest, "invalid-parameter", "A header or a parameter cannot be read.")
	NoKey            = kind(http.StatusUnauthorized, "no-key", "The request has no API key. With WWW-Authenticate.")
	UnknownKey       = kind(http.StatusUnauthorized, "unknown-key", "The API key belongs to no tenant. With WWW-Authenticate.")
	PluginNotAllowed = kind(http.StatusForbidden, "plugin-not-allowed", "The tenant may not call or change this plugin.")
	NotAdmin         = kind(http.StatusForbidden, "not-admin", "The tenant may not change plugins.")
	NotMonitor       = kind(http.StatusForbidden, "not-monitor", "The tenant may not see how the service does.")
	NoRoute          = kind(http.StatusNotFound, "no-route", "There is no such path.")
	MethodNotAllowed = kind(http.StatusMethodNotAllowed, "method-not-allowed", "The path does not have this method. With Allow.")
	WrongHost        = kind(http.StatusMisdirectedRequest, "wrong-host", "Without keys: the header Host is not this machine.")
	RateLimit        = kind(http.StatusTooManyRequests, "rate-limit", "More requests a second than the tenant may make. With Retry-After.")
	TooManyRequests  = kind(http.StatusTooManyRequests, "too-many-requests", "As many requests of the tenant are under way as may be. With Retry-After.")
	// Internal is any other error. What it is may be none of a client's business.
	Internal = kind(http.StatusInternalServerError, "internal", "A fault of the service itself.")
)
