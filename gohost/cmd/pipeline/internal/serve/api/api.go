// Package api implements the HTTP API of the service: the functions of the contract for
// each plugin, the administration of plugins, and the OpenAPI document.
//
// Operations are registered with huma, which derives the document from the Go types of
// requests and responses. This package reads bodies of points itself.
package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/guard"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/problem"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/plugin"
)

// Options configure the API.
type Options struct {
	// Stores have the plugins.
	Stores
	// Guard protects every operation.
	Guard *guard.Guard
	// Failed is called for each request that ends with a problem.
	Failed func(ctx context.Context, p *problem.Problem, err error)
	// Held is called after a version that is not active began to answer calls.
	Held func()
}

// Service serves the API.
type Service struct {
	Options
	api huma.API
	// engine parses JSON for all plugins, except in the operation validate: the meaning
	// of a body does not depend on the plugin.
	engine *plugin.Plugin[gohost.Functions]
	// shadows are versions of models that are compared.
	shadows shadows
}

// Register adds the routes of the API to the mux, with the OpenAPI document at
// /openapi.json.
func Register(mux humago.Mux, options Options) (*Service, error) {
	engine, err := options.Engines.Plugin(store.Engine)
	if err != nil {
		return nil, err
	}
	s := &Service{Options: options, engine: engine}
	s.api = humago.New(mux, huma.Config{
		OpenAPI:       document(),
		Formats:       huma.DefaultFormats,
		DefaultFormat: "application/json",
		// A misspelt parameter must not be ignored.
		RejectUnknownQueryParameters: true,
	})
	s.registerAggregate()
	s.registerValidate()
	s.registerBatch()
	s.registerChecksum()
	s.registerSummary()
	s.registerDetect()
	s.registerClassify()
	s.registerEmbed()
	s.registerKnown()
	s.registerAdmin()
	s.registerShadow()
	documentPages(s.api.OpenAPI())
	text, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		// This fails only if the client has disconnected.
		_, _ = w.Write(text)
	})
	return s, nil
}

// enter returns the guard as a middleware of an operation.
func (s *Service) enter(right guard.Right) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(hc)
		ctx, leave, refused := s.Guard.Enter(w, r, right)
		if refused != nil {
			refused.Write(w)
			return
		}
		defer leave()
		for name, values := range r.URL.Query() {
			if len(values) > 1 {
				err := problem.InvalidParameter.New(fmt.Sprintf("the parameter %.64q is there twice", name))
				s.problem(ctx, err).Write(w)
				return
			}
		}
		next(huma.WithContext(hc, ctx))
	}
}

// problem returns the problem for an error.
func (s *Service) problem(ctx context.Context, err error) *problem.Problem {
	p := problem.Of(err)
	s.Failed(ctx, p, err)
	return p
}
