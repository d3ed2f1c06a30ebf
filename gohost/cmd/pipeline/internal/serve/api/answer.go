package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/admission"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
)

// listOutput is a body of points.
type listOutput struct {
	Body func(huma.Context)
}

// computed releases the slot: the response is ready, and uses this many bytes until it is
// written.
func computed(ctx context.Context, bytes int) error {
	return admission.VisitOf(ctx).Computed(int64(bytes))
}

func writePoints(mediaType string, list points.Source) *listOutput {
	return &listOutput{func(hc huma.Context) {
		hc.SetHeader("Content-Type", mediaType)
		hc.SetStatus(http.StatusOK)
		// This fails only if the client has disconnected.
		_ = points.Write(hc.BodyWriter(), mediaType, list)
	}}
}

func writeBytes(mediaType string, data []byte) *listOutput {
	return &listOutput{func(hc huma.Context) {
		hc.SetHeader("Content-Type", mediaType)
		hc.SetHeader("Content-Length", strconv.Itoa(len(data)))
		hc.SetStatus(http.StatusOK)
		_, _ = hc.BodyWriter().Write(data)
	}}
}
