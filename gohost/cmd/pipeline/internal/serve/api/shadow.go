package api

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/problem"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/plugin"
)

// A shadow is a version of a model that answers requests too, beside the active version, whose
// answers the clients get. It ends when it is told to, or when a version is activated.
type shadow struct {
	candidate string
	every     uint64
	tolerance float64
	since     time.Time
	report    func() plugin.ShadowReport
	skipped   atomic.Uint64 // requests whose state is of the active version

	mu      sync.Mutex
	users   int
	ended   time.Time // zero until it ends
	release func()
}

// shadowOf is a shadow with the types of its world.
type shadowOf[B, R any] struct {
	*shadow
	binding B
	calls   *plugin.Shadow[bool, R] // true is the candidate
}

// enter reports whether the candidate may be called, until leave is.
func (s *shadow) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended.IsZero() {
		s.users++
		return true
	}
	return false
}

func (s *shadow) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users == 0 && !s.ended.IsZero() {
		s.release()
	}
}

func (s *shadow) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended.IsZero() {
		return
	}
	if s.ended = time.Now(); s.users == 0 {
		s.release()
	}
}

// shadows are the last shadows of models, by world and name.
type shadows struct {
	mu sync.RWMutex
	of map[string]any // by label, with the type of the world; see shadowed
}

// find returns the shadow of a model, or nil.
func (s *shadows) find(world store.World, name string) any {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.of[world.Label(name)]
}

// put sets the shadow of a model and ends the one before; nil removes it.
func (s *shadows) put(world store.World, name string, next any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, ok := s.of[world.Label(name)].(shadowed); ok {
		before.base().end()
	}
	if s.of == nil {
		s.of = map[string]any{}
	}
	if next == nil {
		delete(s.of, world.Label(name))
		return
	}
	s.of[world.Label(name)] = next
}

// end ends the shadow of a model, and keeps its report.
func (s *shadows) end(world store.World, name string) {
	if current, ok := s.find(world, name).(shadowed); ok {
		current.base().end()
	}
}

// Close ends all shadows.
func (s *shadows) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, current := range s.of {
		current.(shadowed).base().end()
	}
}

// shadowed is a shadowOf of any types.
type shadowed interface{ base() *shadow }

func (s *shadow) base() *shadow { return s }

// Activated ends the shadow of a model of which a version was activated.
func (s *Service) Activated(world store.World, name string) { s.shadows.end(world, name) }

// Close ends what the API runs besides requests.
func (s *Service) Close() { s.shadows.Close() }

// newShadow begins a shadow of a kept version. same compares two answers.
func newShadow[B, R any](models *store.Store[B], in *startShadowInput, same func(a, b R, tolerance float64) bool) (*shadowOf[B, R], error) {
	p, err := models.Plugin(in.Plugin)
	if err != nil {
		return nil, err
	}
	binding, release, err := p.Hold(in.Version)
	if err != nil {
		return nil, err
	}
	calls := plugin.NewShadow[bool, R](false, true)
	calls.Every = in.Every
	calls.Same = func(a, b R) bool { return same(a, b, in.Tolerance) }
	return &shadowOf[B, R]{binding: binding, calls: calls, shadow: &shadow{
		candidate: in.Version, every: in.Every, tolerance: in.Tolerance, since: time.Now(), report: calls.Report, release: release,
	}}, nil
}

// call calls f with the active version and, if the request can be compared, with the candidate.
func (s *shadowOf[B, R]) call(ctx context.Context, active B, f func(context.Context, B) (R, error)) (R, error) {
	return s.calls.Call(ctx, func(ctx context.Context, candidate bool) (R, error) {
		if candidate {
			return f(ctx, s.binding)
		}
		return f(ctx, active)
	})
}

// ModelTarget says which world a model is of.
type ModelTarget struct {
	World string `query:"world" enum:"classifier,detector,embedder" required:"true" doc:"The WIT world of the model."`
}

type (
	startShadowInput struct {
		Target
		ModelTarget
		Version   string  `path:"version" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the version."`
		Every     uint64  `query:"every" minimum:"1" maximum:"1000000" default:"1" doc:"One request in so many is compared."`
		Tolerance float64 `query:"tolerance" minimum:"0" default:"0" doc:"Scores and numbers of vectors that differ by no more are the same."`
	}
	shadowInput struct {
		Target
		ModelTarget
	}
	shadowOutput struct{ Body shadowReport }
)

// shadowReport is a plugin.ShadowReport in JSON.
type shadowReport struct {
	Candidate        string     `json:"candidate" doc:"SHA-256 of the version that answers too."`
	Every            uint64     `json:"every" doc:"One request in so many is compared."`
	Tolerance        float64    `json:"tolerance"`
	Since            time.Time  `json:"since"`
	Ended            *time.Time `json:"ended,omitempty" doc:"When it ended, if it did."`
	Calls            uint64     `json:"calls" doc:"Requests that could be compared."`
	Compared         uint64     `json:"compared" doc:"Those that both versions got."`
	Same             uint64     `json:"same" doc:"Two answers that are the same, or the same kind of error."`
	Different        uint64     `json:"different" doc:"Two answers that differ."`
	Failed           uint64     `json:"failed" doc:"Requests that failed on the candidate alone, or for another reason."`
	Answered         uint64     `json:"answered" doc:"Requests that only the candidate answered."`
	Skipped          uint64     `json:"skipped" doc:"Requests with a state, which is of the active version."`
	ActiveSeconds    float64    `json:"active_seconds" doc:"Time of the compared requests on the active version."`
	CandidateSeconds float64    `json:"candidate_seconds" doc:"Their time on the candidate."`
}

func (s *Service) registerShadow() {
	register(s, admin("start-shadow", http.MethodPost, "/{plugin}/versions/{version}/shadow", "Compare a version under load",
		"From now on the version, which is not active, answers the requests of the model too. Clients get the answers of the active version, once both are there; the differences are counted. It ends with another one, when a version is activated, or on request."), s.startShadow)
	register(s, admin("get-shadow", http.MethodGet, "/{plugin}/shadow", "The comparison so far", "What the last shadow of the model counted."), s.shadow)
	register(s, admin("end-shadow", http.MethodDelete, "/{plugin}/shadow", "End the comparison", "The model is served by the active version alone. The report stays."), s.endShadow)
}

func (s *Service) startShadow(_ context.Context, in *startShadowInput) (*shadowOutput, error) {
	if !(in.Tolerance <= math.MaxFloat64) {
		return nil, problem.InvalidParameter.New(fmt.Sprintf("the parameter tolerance is %v; expected a number from 0", in.Tolerance))
	}
	world := store.World(in.World)
	if s.isActive(world, in.Plugin, in.Version) {
		return nil, problem.ActiveVersion.New("this version is active, and would be compared with itself")
	}
	var next shadowed
	var err error
	switch world {
	case store.Classifier:
		next, err = newShadow(s.Classifiers, in, sameLabels)
	case store.Detector:
		next, err = newShadow(s.Detectors, in, sameFindings)
	default:
		next, err = newShadow(s.Embedders, in, sameVectors)
	}
	if err != nil {
		return nil, err
	}
	s.shadows.put(world, in.Plugin, next)
	if s.isActive(world, in.Plugin, in.Version) { // meanwhile
		s.shadows.end(world, in.Plugin)
	}
	s.Held()
	return next.base().output(), nil
}

func (s *Service) isActive(world store.World, name, version string) bool {
	st, err := s.versions(string(world)).Status(name)
	return err == nil && st.Active.Hash == version
}

func (s *Service) shadow(_ context.Context, in *shadowInput) (*shadowOutput, error) {
	return s.lastShadow(in, func(*shadow) {})
}

func (s *Service) endShadow(_ context.Context, in *shadowInput) (*shadowOutput, error) {
	return s.lastShadow(in, (*shadow).end)
}

func (s *Service) lastShadow(in *shadowInput, do func(*shadow)) (*shadowOutput, error) {
	last, ok := s.shadows.find(store.World(in.World), in.Plugin).(shadowed)
	if !ok {
		return nil, fmt.Errorf("a shadow of the %s %q: %w", in.World, in.Plugin, plugin.ErrNotFound)
	}
	do(last.base())
	return last.base().output(), nil
}

func (s *shadow) output() *shadowOutput {
	r := s.report()
	out := shadowReport{
		Candidate: s.candidate, Every: s.every, Tolerance: s.tolerance, Since: s.since,
		Calls: r.Calls, Compared: r.Compared, Same: r.Same, Different: r.Different, Failed: r.Failed, Answered: r.Answered,
		Skipped: s.skipped.Load(), ActiveSeconds: r.ActiveTime.Seconds(), CandidateSeconds: r.CandidateTime.Seconds(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended.IsZero() {
		ended := s.ended
		out.Ended = &ended
	}
	return &shadowOutput{out}
}
