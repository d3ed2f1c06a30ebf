package serve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"sync"

	"example.org/compute-pipeline/examples/plugins/inference/anomaly"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/api"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/inference/classifier"
	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/inference/embedder"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/sandbox"
)

// Limits of the embedded detector: it works on a few thousand points at once.
const (
	embeddedDetectorMemory = 8 // MiB an instance
	embeddedDetectorFuel   = 1_000_000_000
)

// openStores opens the plugins of all worlds.
func (s *Server) openStores(ctx context.Context) (err error) {
	directory := store.Directory{Path: s.config.PluginsDir, Watch: s.config.WatchPlugins}
	s.stores.Engines, err = store.Open(ctx, directory, s.config.Logger, s.pluginOptions(store.Pipeline)...)
	if err != nil {
		return err
	}
	classifiers := classifier.Binding()
	classifiers.SelfTest = func(ctx context.Context, c *classifier.Classifier) error {
		card, err := c.Info(ctx)
		return checkCard(card.Name, card.Weights, err)
	}
	s.stores.Classifiers, err = openModels(ctx, s, store.Classifier, classifiers, store.Embedded{})
	if err != nil {
		return err
	}
	detectors := detector.Binding()
	sum := sha256.Sum256(anomaly.Module())
	detectors.Embedded = &sandbox.Embedded{Name: "the embedded detector", Hash: hex.EncodeToString(sum[:]), Wasm: anomaly.Module(), Untrusted: true}
	detectors.SelfTest = func(ctx context.Context, d *detector.Detector) error {
		card, err := d.Info(ctx)
		return checkCard(card.Name, card.Weights, err)
	}
	s.stores.Detectors, err = openModels(ctx, s, store.Detector, detectors, store.Embedded{
		Name: api.Anomaly, Limits: plugin.Limits{MaxInstances: runtime.GOMAXPROCS(0), MemoryMiB: embeddedDetectorMemory, Fuel: embeddedDetectorFuel},
	})
	if err != nil {
		return err
	}
	embedders := embedder.Binding()
	embedders.SelfTest = func(ctx context.Context, e *embedder.Embedder) error {
		card, err := e.Info(ctx)
		return checkCard(card.Name, card.Weights, err)
	}
	s.stores.Embedders, err = openModels(ctx, s, store.Embedder, embedders, store.Embedded{})
	return err
}

func openModels[B any](ctx context.Context, s *Server, world store.World, binding sandbox.Binding[B], embedded store.Embedded) (*store.Store[B], error) {
	directory := store.Directory{Watch: s.config.WatchPlugins}
	if s.config.PluginsDir != "" {
		directory.Path = filepath.Join(s.config.PluginsDir, world.Folder())
	}
	return store.OpenWorld(ctx, world, binding, embedded, directory, s.config.Logger.With("world", world), s.pluginOptions(world)...)
}

var weightsHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// checkCard is the self-test of models: each says which one it is.
func checkCard(name, weights string, err error) error {
	switch {
	case err != nil:
		return err
	case name == "":
		return errors.New("the model card has no name")
	case !weightsHash.MatchString(weights):
		return fmt.Errorf("the weights in the model card are %.80q; expected the 64 digits of a SHA-256", weights)
	}
	return nil
}

// labelled lists the plugins of all worlds under the names that metrics have.
type labelled struct{ stores api.Stores }

func (l labelled) List() []plugin.Status {
	var list []plugin.Status
	for _, st := range l.stores.List() {
		if st.Active.Hash == "" && len(st.Versions) == 0 {
			continue // no version could be loaded
		}
		st.Name = st.World.Label(st.Name)
		list = append(list, st.Status)
	}
	return list
}

// labelledHooks calls hooks with the names that metrics have.
func labelledHooks(world store.World, hooks plugin.Hooks) plugin.Hooks {
	// A call must not make its label each time.
	var labels sync.Map
	label := func(name string) string {
		if text, ok := labels.Load(name); ok {
			return text.(string)
		}
		text := world.Label(name)
		labels.Store(name, text)
		return text
	}
	return plugin.Hooks{
		OnLoad:     func(e plugin.LoadEvent) { e.Plugin = label(e.Plugin); hooks.OnLoad(e) },
		OnActivate: func(e plugin.ActivateEvent) { e.Plugin = label(e.Plugin); hooks.OnActivate(e) },
		OnUnload:   func(e plugin.UnloadEvent) { e.Plugin = label(e.Plugin); hooks.OnUnload(e) },
		OnBreaker:  func(e plugin.BreakerEvent) { e.Plugin = label(e.Plugin); hooks.OnBreaker(e) },
		OnCall:     func(ctx context.Context, e plugin.CallEvent) { e.Plugin = label(e.Plugin); hooks.OnCall(ctx, e) },
	}
}
