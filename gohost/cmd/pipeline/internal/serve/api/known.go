package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/guard"
)

type (
	knownInput  struct{}
	knownOutput struct{ Body known }
)

type known struct {
	Plugins []knownPlugin `json:"plugins"`
}

type knownPlugin struct {
	Name       string `json:"name"`
	World      string `json:"world" enum:"compute-pipeline,classifier,detector,embedder" doc:"The WIT world that it implements, and so which paths have it."`
	Active     string `json:"active" doc:"SHA-256 of the active version."`
	Grade      string `json:"grade,omitempty" enum:"exact,stable" doc:"Grade of its answers. Models have none."`
	HasSummary bool   `json:"has_summary" doc:"Whether it supports fold, merge and finish."`
}

func (s *Service) registerKnown() {
	register(s, huma.Operation{
		OperationID: "callable-plugins", Method: http.MethodGet, Path: "/v1/plugins", Tags: []string{tagCompute},
		Summary: "Plugins that the key may call", Description: "Plugins with an active version, sorted by name: those of /v1/plugins, and models.",
	}, s.known)
}

func (s *Service) known(ctx context.Context, _ *knownInput) (*knownOutput, error) {
	out := &knownOutput{known{[]knownPlugin{}}}
	t := guard.TenantOf(ctx)
	for _, st := range s.List() {
		if st.Active.Hash != "" && t.MayCall(st.Name) {
			out.Body.Plugins = append(out.Body.Plugins, knownPlugin{st.Name, string(st.World), st.Active.Hash, string(st.Active.Grade), hasSummary(st.World, st.Active)})
		}
	}
	return out, nil
}
