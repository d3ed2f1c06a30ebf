package problem

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.org/compute-pipeline/gohost"
)

// The machine's state is the log's business, and may be another one soon.
func TestAFailedCompileProcessIsToldWithoutItsReason(t *testing.T) {
	p := Of(fmt.Errorf("load: %w: /home/service/pipeline: permission denied", gohost.ErrCompileProcess))
	assert.Equal(t, http.StatusServiceUnavailable, p.Status)
	assert.Equal(t, "compile-process", p.Code)
	assert.NotContains(t, p.Detail, "permission denied")
	assert.NotEmpty(t, p.GetHeaders().Get("Retry-After"))
}
