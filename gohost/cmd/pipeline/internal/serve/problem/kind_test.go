package problem

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/admission"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/body"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/plugin"
)

func limitOf(which gohost.Limit, trap error) error {
	return &gohost.LimitError{Which: which, Err: errors.Join(errors.New("too much"), trap)}
}

// Each error has its status and code, also in others and of two classes.
func TestErrorsHaveTheirProblem(t *testing.T) {
	trap := &gohost.TrapError{Message: "unreachable"}
	seen := map[string]bool{}
	for _, test := range []struct {
		err    error
		status int
		code   string
	}{
		{&http.MaxBytesError{Limit: 7}, 413, "body-too-large"},
		{&points.TypeError{Header: "Accept"}, 406, "not-acceptable"},
		{&points.TypeError{Header: "Content-Type"}, 415, "unsupported-media-type"},
		{&input.DataError{}, 400, "invalid-points"},
		{input.ErrEmpty, 400, "invalid-points"},
		{os.ErrDeadlineExceeded, 408, "body-too-slow"},
		{body.ErrGone, 499, "client-gone"},
		{&body.EncodingError{}, 415, "unsupported-encoding"},
		{&body.DataError{}, 400, "invalid-body"},
		{&admission.TooLargeError{}, 413, "body-too-large"},
		{&admission.BusyError{}, 503, "overloaded"},
		{&gohost.GuestError{Message: "no"}, 422, "refused-by-guest"},
		{&plugin.OpenError{Last: trap}, 503, "breaker-open"},
		{store.ErrReserved, 409, "reserved-name"},
		{store.ErrNoDirectory, 409, "no-directory"},
		{fmt.Errorf("%w: %w", plugin.ErrNotCommitted, context.Canceled), 500, "not-stored"},
		{fmt.Errorf("%w: %w", plugin.ErrManifest, plugin.ErrNotYet), 403, "manifest-refused"},
		{plugin.ErrGrade, 422, "grade-too-low"},
		{plugin.ErrHeldBack, 422, "held-back"},
		{plugin.ErrNotFound, 404, "not-found"},
		{plugin.ErrSignature, 403, "signature-refused"},
		{plugin.ErrHash, 422, "wrong-hash"},
		{fmt.Errorf("%w: %w", plugin.ErrSelfTest, trap), 422, "self-test-failed"},
		{Uploaded(fmt.Errorf("%w: %w", plugin.ErrSelfTest, trap)), 422, "self-test-failed"},
		{plugin.ErrDrained, 503, "drained"},
		{Uploaded(gohost.ErrModule), 422, "contract-not-met"},
		{Uploaded(limitOf(gohost.LimitModuleSize, nil)), 422, "cannot-start"},
		{Uploaded(trap), 422, "cannot-start"},
		{Uploaded(gohost.ErrABI), 422, "cannot-start"},
		{Uploaded(plugin.ErrHash), 422, "wrong-hash"},
		{limitOf(gohost.LimitMemory, trap), 413, "memory-limit"},
		{limitOf(gohost.LimitTime, nil), 504, "time-limit"},
		{limitOf(gohost.LimitFuel, nil), 422, "limit"},
		{limitOf(gohost.LimitResult, nil), 422, "limit"},
		{limitOf(gohost.LimitStack, trap), 502, "trap"},
		{gohost.ErrNoSummary, 501, "no-summary"},
		{gohost.ErrInvalidInput, 400, "invalid-input"},
		{gohost.ErrBusy, 503, "busy"},
		{gohost.ErrClosed, 503, "closed"},
		{gohost.ErrCompileProcess, 503, "compile-process"},
		{trap, 502, "trap"},
		{gohost.ErrABI, 502, "abi-violated"},
		{&gohost.ContractError{}, 502, "contract-not-met"},
		{context.DeadlineExceeded, 504, "deadline"},
		{context.Canceled, 499, "client-gone"},
		{errors.New("anything else"), 500, "internal"},
		{NoKey.New("whose?"), 401, "no-key"},
	} {
		p := Of(fmt.Errorf("while it ran: %w", test.err))
		assert.Equal(t, test.status, p.Status, "%v", test.err)
		assert.Equal(t, test.code, p.Code, "%v", test.err)
		assert.NotEmpty(t, p.Title)
		assert.Equal(t, p.Status == http.StatusServiceUnavailable, p.GetHeaders().Get("Retry-After") != "", "%v", test.err)
		seen[fmt.Sprint(p.Status, p.Code)] = true
	}
	for _, k := range Kinds() {
		assert.Equal(t, len(k.matches) > 0 || k == Internal || k == NoKey, seen[fmt.Sprint(k.Status, k.Code)], k.Code)
	}
	assert.NoError(t, Uploaded(nil))
}

func TestKindsAreDocumented(t *testing.T) {
	status := 0
	for _, k := range Kinds() {
		assert.Regexp(t, `^[a-z]+(-[a-z]+)*$`, k.Code)
		assert.Regexp(t, `^[A-Z].*\.$`, k.Doc)
		assert.GreaterOrEqual(t, k.Status, status)
		status = k.Status
	}
}

// The machine's state is the log's business, and may be another one soon.
func TestAFailedCompileProcessIsToldWithoutItsReason(t *testing.T) {
	p := Of(fmt.Errorf("load: %w: /home/service/pipeline: permission denied", gohost.ErrCompileProcess))
	assert.Equal(t, http.StatusServiceUnavailable, p.Status)
	assert.Equal(t, "compile-process", p.Code)
	assert.NotContains(t, p.Detail, "permission denied")
	assert.NotEmpty(t, p.GetHeaders().Get("Retry-After"))
}
