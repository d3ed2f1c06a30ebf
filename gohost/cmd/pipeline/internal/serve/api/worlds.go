package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/inference/classifier"
	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/inference/embedder"
	"example.org/compute-pipeline/gohost/inference/generator"
	"example.org/compute-pipeline/gohost/inference/runner"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/sandbox"
)

// Stores are the plugins of the service, by world.
type Stores struct {
	Engines     *store.Store[gohost.Functions]
	Classifiers *store.Store[*classifier.Classifier]
	Detectors   *store.Store[*detector.Detector]
	Embedders   *store.Store[*embedder.Embedder]
}

// Versions are the plugins of a world, without the type of their binding.
type Versions interface {
	List() []store.Status
	Status(name string) (store.Status, error)
	Upload(ctx context.Context, name string, u store.Upload) (plugin.Version, error)
	Activate(ctx context.Context, name, hash string) (plugin.Version, error)
	Rollback(ctx context.Context, name string) (plugin.Version, error)
	Retry(ctx context.Context, name string) (store.Status, error)
	Reset(name string) error
	Unload(ctx context.Context, name string) error
	Close(ctx context.Context) error
}

// worlds are all worlds with their contracts.
var worlds = []struct {
	world    store.World
	contract func() *sandbox.Contract
}{
	{store.Pipeline, func() *sandbox.Contract { return gohost.Binding().Contract }},
	{store.Classifier, classifier.Contract},
	{store.Detector, detector.Contract},
	{store.Embedder, embedder.Contract},
}

// Of returns the plugins of a world, or nil if they are not open.
func (s Stores) Of(world store.World) Versions {
	switch {
	case world == store.Pipeline && s.Engines != nil:
		return s.Engines
	case world == store.Classifier && s.Classifiers != nil:
		return s.Classifiers
	case world == store.Detector && s.Detectors != nil:
		return s.Detectors
	case world == store.Embedder && s.Embedders != nil:
		return s.Embedders
	}
	return nil
}

// List returns the status of the plugins of all worlds, sorted by name.
func (s Stores) List() []store.Status {
	var list []store.Status
	for _, w := range worlds {
		if versions := s.Of(w.world); versions != nil {
			list = append(list, versions.List()...)
		}
	}
	slices.SortStableFunc(list, func(a, b store.Status) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Readiness returns how many plugins should have served since the start but have no active
// version, and how many serve another version than they should.
func (s Stores) Readiness() (missing, degraded int) {
	for _, w := range worlds {
		if versions, ok := s.Of(w.world).(interface {
			Readiness() (missing, degraded []string)
		}); ok {
			m, d := versions.Readiness()
			missing, degraded = missing+len(m), degraded+len(d)
		}
	}
	return missing, degraded
}

// Close closes them all.
func (s Stores) Close(ctx context.Context) (err error) {
	for _, w := range worlds {
		if versions := s.Of(w.world); versions != nil {
			err = errors.Join(err, versions.Close(ctx))
		}
	}
	return err
}

// Administered is the target of an operation on versions.
type Administered struct {
	Target
	World string `query:"world" enum:"compute-pipeline,classifier,detector,embedder" default:"compute-pipeline" doc:"The WIT world that the plugin implements: that of the engine, or one of models. A name stands for another plugin in each."`
}

// versions returns the plugins of a world, whose name was checked.
func (s *Service) versions(world string) Versions { return s.Stores.Of(store.World(world)) }

// explainWorld adds to the error of an upload which world the module is for, if it is for
// another one.
func (s *Service) explainWorld(ctx context.Context, world string, wasm []byte, err error) error {
	if !errors.Is(err, gohost.ErrContract) {
		return err
	}
	for _, w := range worlds {
		if string(w.world) != world && sandbox.Check(ctx, wasm, w.contract()) == nil {
			return fmt.Errorf("%w; the module implements the world %s: upload it with world=%s", err, w.world, w.world)
		}
	}
	for _, contract := range []*sandbox.Contract{generator.Contract(), runner.Contract()} {
		if sandbox.Check(ctx, wasm, contract) == nil {
			return fmt.Errorf("%w; the module implements the world %s, which the service does not serve", err, contract.World)
		}
	}
	return err
}
