package api

import (
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
)

// Units of what models work on, in metrics.
const (
	workBytes  = "bytes"
	workPoints = "points"
)

// modelOperation returns an operation of the plugins of a world.
func modelOperation(id string, world store.World, summary, description string) huma.Operation {
	op := compute(id, summary, description)
	op.Path = "/v1/" + world.Folder() + "/{plugin}/" + id
	return op
}

// modelParam describes the part of the path that names the model.
func modelParam(description, example string) described {
	return func(_ huma.Registry, op *huma.Operation) {
		for _, p := range op.Parameters {
			if p.In == "path" {
				schema := *p.Schema // the other paths have the original
				schema.Description, schema.Examples = description, []any{example}
				p.Schema, p.Description, p.Example = &schema, description, example
			}
		}
	}
}

// A question is what a request asks a model.
type question[B, R any] struct {
	world  store.World
	models *store.Store[B]
	name   string
	// stateful is set if the request has a state, which is of the active version.
	stateful bool
	f        func(context.Context, B) (R, error)
}

// ask calls f with a model. All its calls run on one version: the state that one returns is for
// the next, and the labels are those of the answers. The model's shadow gets the question too.
func ask[B, R any](ctx context.Context, s *Service, q question[B, R]) (R, error) {
	var none R
	p, err := q.models.Plugin(q.name)
	if err != nil {
		return none, err
	}
	held, release, err := p.Hold("")
	if err != nil {
		return none, err
	}
	defer release()
	shadow, ok := s.shadows.find(q.world, q.name).(*shadowOf[B, R])
	switch {
	case !ok || !shadow.enter():
		return q.f(ctx, held)
	case q.stateful:
		shadow.skipped.Add(1)
		shadow.leave()
		return q.f(ctx, held)
	}
	defer shadow.leave()
	return shadow.call(ctx, held, q.f)
}

// checkScore returns an error if a model returns what is no probability.
func checkScore(score float32) error {
	if score >= 0 && score <= 1 {
		return nil
	}
	return contractBroken("the model returned the score %v; expected 0 to 1", score)
}

// contractBroken is the error of a model whose answer no model may give.
func contractBroken(format string, args ...any) error {
	return &gohost.ContractError{Problems: []string{fmt.Sprintf(format, args...)}}
}
