package api

import (
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
)

// listOutput is a body of points.
type listOutput struct {
	Body func(huma.Context)
}

func writePoints(mediaType string, list []gohost.Datapoint) *listOutput {
	return &listOutput{func(hc huma.Context) {
		hc.SetHeader("Content-Type", mediaType)
		hc.SetStatus(http.StatusOK)
		// A client that has gone cannot be told.
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
