package telemetry

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/telemetry/internal/metrics"
)

// The package's documentation lists the metrics.
func TestDocumentationListsTheMetrics(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	var table strings.Builder
	line := func(cells ...any) { fmt.Fprintf(&table, "//\t%-49s%-38s%-11s%s\n", cells...) }
	line("Prometheus", "OpenTelemetry", "kind", "labels")
	for _, m := range metrics.All {
		line(m.Prometheus(), metrics.Prefix+m.Name, m.Kind, strings.Join(append([]string{"plugin"}, m.Labels...), " "))
	}
	assert.Contains(t, string(doc), "//\n"+table.String()+"//\n")
}
