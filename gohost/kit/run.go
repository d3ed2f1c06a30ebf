package kit

import (
	"strings"
	"testing"
)

// Run judges a module in a test, which fails with what is wrong: a subtest for each check.
// The test's log has what the module costs.
func Run(t *testing.T, wasm []byte, opts ...Option) {
	t.Helper()
	report, err := Check(t.Context(), wasm, opts...)
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range report.Checks {
		t.Run(check.Name, func(t *testing.T) {
			t.Helper()
			var text strings.Builder
			check.writeFailures(&text)
			switch check.Status {
			case Failed:
				t.Error(text.String())
			case Skipped:
				t.Skip(check.Note)
			case Passed:
			}
		})
	}
	var text strings.Builder
	report.writeCosts(&text)
	t.Log(text.String())
}
