package api

import (
	"context"
	"encoding/base64"
	"net/http"
	"path/filepath"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/guard"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/problem"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/plugin"
)

// version is a plugin.Version in JSON.
type version struct {
	SHA256      string     `json:"sha256" doc:"SHA-256 of the module, which identifies the version."`
	Number      int        `json:"number" doc:"Number of the version since the service started, from 1."`
	State       string     `json:"state" enum:"active,standby,draining,gone" doc:"active: calls run on it. standby: loaded and checked. draining: no longer active, but calls still run on it. gone: dropped."`
	Size        int        `json:"size" doc:"Size of the module, in bytes."`
	SignedBy    string     `json:"signed_by,omitempty" doc:"The key that signed it: the first 16 digits of the key's SHA-256."`
	Manifest    *manifest  `json:"manifest,omitempty" doc:"The signed manifest, if it has one."`
	Grade       string     `json:"grade,omitempty" enum:"exact,stable" doc:"Grade of its answers that the module claims, and that the self-test holds it to. Models have none."`
	HasSummary  bool       `json:"has_summary" doc:"Whether it supports fold, merge and finish."`
	Grants      []string   `json:"grants,omitempty" doc:"What it may use besides its contract: clock, random, random=seed:NUMBER, output, files=DIRECTORY."`
	LoadedAt    time.Time  `json:"loaded_at"`
	ActivatedAt *time.Time `json:"activated_at,omitempty"`
	Calls       uint64     `json:"calls"`
	Failures    uint64     `json:"failures" doc:"Calls that failed through a fault of the version: traps, violations, exceeded limits."`
}

// manifest is a plugin.Manifest in JSON, without what the version has already.
type manifest struct {
	Version   uint64     `json:"version" doc:"Its place in the order of the plugin's versions."`
	Grade     string     `json:"grade" doc:"The author's word for the release. It says nothing about the module's answers."`
	NotBefore *time.Time `json:"not_before,omitempty" doc:"The earliest time it may be loaded."`
}

// failure is a store.Failure in JSON.
type failure struct {
	SHA256 string    `json:"sha256,omitempty" doc:"SHA-256 of the module, if it is known."`
	File   string    `json:"file" doc:"The file's name in the plugins directory."`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// status is a store.Status in JSON.
type status struct {
	Name        string     `json:"name"`
	World       string     `json:"world" enum:"compute-pipeline,classifier,detector,embedder" doc:"The WIT world that it implements."`
	Active      string     `json:"active" doc:"SHA-256 of the active version; empty if there is none."`
	RollbackTo  string     `json:"rollback_to" doc:"SHA-256 of the version that a rollback would activate; empty if there is none."`
	Degraded    string     `json:"degraded,omitempty" doc:"Why the active version is not the one that served before the start."`
	Failures    []failure  `json:"failures,omitempty" doc:"Modules in the plugins directory that could not be loaded. They are retried when they change or on request."`
	LoadError   string     `json:"load_error,omitempty" doc:"Why the last load failed, if it did."`
	LoadErrorAt *time.Time `json:"load_error_at,omitempty"`
	Breaker     string     `json:"breaker" enum:"closed,open,half-open" doc:"State of the circuit breaker; while it is open, calls fail at once."`
	Lost        float64    `json:"lost" doc:"Share of the time of all instances that failed calls took, over the last three call timeouts."`
	LastError   string     `json:"last_error,omitempty" doc:"The last failure that the circuit breaker counted."`
	Versions    []version  `json:"versions" doc:"All kept versions, newest first."`
}

type statusList struct {
	Plugins []status `json:"plugins"`
}

type (
	listStatusInput  struct{}
	listStatusOutput struct{ Body statusList }
	statusInput      struct{ Administered }
	statusOutput     struct{ Body status }
	versionOutput    struct{ Body version }
	rollbackInput    struct{ Administered }
	unloadInput      struct{ Administered }
	resetInput       struct{ Administered }
	retryInput       struct{ Administered }
	nothing          struct{}
)

type uploadInput struct {
	Administered
	Activate          bool   `query:"activate" default:"true" doc:"Whether to activate the version; otherwise it stays on standby."`
	Signature         string `header:"Plugin-Signature" maxLength:"128" doc:"Detached ed25519 signature of the module, in base64. Required if the service has public keys."`
	Manifest          string `header:"Plugin-Manifest" maxLength:"8192" doc:"Manifest of the module, in base64. Required if the service requires manifests."`
	ManifestSignature string `header:"Plugin-Manifest-Signature" maxLength:"128" doc:"Detached ed25519 signature of the manifest's bytes, in base64."`
	AllowOlder        bool   `query:"allow_older" default:"false" doc:"Whether to accept a manifest with an older version than the plugin has had."`
	SHA256            string `header:"Plugin-SHA256" pattern:"^([0-9a-fA-F]{64})?$" doc:"The expected SHA-256 of the module, in hexadecimal."`
}

type activateInput struct {
	Administered
	Version string `path:"version" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the version."`
}

const adminPath = "/v1/admin/plugins"

func (s *Service) registerAdmin() {
	register(s, admin("list-plugins", http.MethodGet, "", "All plugins", "The status of all plugins that the key may administer, sorted by name."), s.listStatus)
	register(s, admin("get-plugin", http.MethodGet, "/{plugin}", "One plugin", "The status of one plugin."), s.status)
	register(s, admin("upload-version", http.MethodPost, "/{plugin}/versions", "Upload a version",
		"Loads a module as a version of the plugin, which it creates if needed. The module is checked (signature, contract, self-test), then stored, so that it survives a restart, then activated. If anything fails, the active version stays active."),
		s.upload, moduleBody)
	register(s, admin("activate-version", http.MethodPost, "/{plugin}/versions/{version}/activate", "Activate a version",
		"New calls run on it; running calls finish on the version on which they began."), s.activate)
	register(s, admin("roll-back", http.MethodPost, "/{plugin}/rollback", "Roll back",
		"Activates the previously active version."), s.rollback)
	register(s, admin("reset-breaker", http.MethodPost, "/{plugin}/reset", "Reset the circuit breaker",
		"Closes it and forgets all failures."), s.reset)
	register(s, admin("retry-plugin", http.MethodPost, "/{plugin}/retry", "Retry modules that failed to load",
		"Loads the modules in the plugins directory that could not be loaded, including those during whose load an earlier process died. If no version of the plugin is active, it activates the one that should be; otherwise the loaded versions stay on standby."), s.retry)
	register(s, admin("unload-plugin", http.MethodDelete, "/{plugin}", "Unload a plugin",
		"Running calls finish, and uploads are removed. A module that was put into the plugins directory by hand is loaded again at the next start. The embedded detector is part of the program: it serves again, without the uploads."), s.unload)
}

func admin(id, method, path, summary, description string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: adminPath + path,
		Summary: summary, Description: description, Tags: []string{tagAdmin},
	}
}

func (s *Service) listStatus(ctx context.Context, _ *listStatusInput) (*listStatusOutput, error) {
	out := &listStatusOutput{statusList{[]status{}}}
	t := guard.TenantOf(ctx)
	for _, st := range s.List() {
		if !t.MayAdmin(st.Name) {
			continue
		}
		out.Body.Plugins = append(out.Body.Plugins, newStatus(st))
	}
	return out, nil
}

func (s *Service) status(_ context.Context, in *statusInput) (*statusOutput, error) {
	st, err := s.versions(in.World).Status(in.Plugin)
	if err != nil {
		return nil, err
	}
	return &statusOutput{newStatus(st)}, nil
}

func (s *Service) upload(ctx context.Context, in *uploadInput) (*versionOutput, error) {
	if _, err := points.ContentType(in.request.Header.Get("Content-Type"), []string{moduleType}); err != nil {
		return nil, err
	}
	u := store.Upload{SHA256: in.SHA256, Activate: in.Activate, AllowOlder: in.AllowOlder}
	for _, header := range []struct {
		name, text string
		data       *[]byte
	}{
		{"Plugin-Signature", in.Signature, &u.Signature},
		{"Plugin-Manifest", in.Manifest, &u.Manifest},
		{"Plugin-Manifest-Signature", in.ManifestSignature, &u.ManifestSignature},
	} {
		if header.text == "" {
			continue
		}
		data, err := base64.StdEncoding.DecodeString(header.text)
		if err != nil {
			return nil, problem.InvalidParameter.New("the header " + header.name + ": " + err.Error())
		}
		*header.data = data
	}
	var err error
	if u.Wasm, err = in.bytes(ctx, 0); err != nil {
		return nil, err
	}
	v, err := s.versions(in.World).Upload(ctx, in.Plugin, u)
	return answerVersion(in.World, v, problem.Uploaded(s.explainWorld(ctx, in.World, u.Wasm, err)))
}

func (s *Service) activate(ctx context.Context, in *activateInput) (*versionOutput, error) {
	v, err := s.versions(in.World).Activate(ctx, in.Plugin, in.Version)
	return answerVersion(in.World, v, err)
}

func (s *Service) rollback(ctx context.Context, in *rollbackInput) (*versionOutput, error) {
	v, err := s.versions(in.World).Rollback(ctx, in.Plugin)
	return answerVersion(in.World, v, err)
}

func (s *Service) retry(ctx context.Context, in *retryInput) (*statusOutput, error) {
	st, err := s.versions(in.World).Retry(ctx, in.Plugin)
	if err != nil {
		return nil, problem.Uploaded(err)
	}
	return &statusOutput{newStatus(st)}, nil
}

func (s *Service) reset(_ context.Context, in *resetInput) (*nothing, error) {
	return nil, s.versions(in.World).Reset(in.Plugin)
}

func (s *Service) unload(ctx context.Context, in *unloadInput) (*nothing, error) {
	s.shadows.put(store.World(in.World), in.Plugin, nil)
	return nil, s.versions(in.World).Unload(ctx, in.Plugin)
}

func answerVersion(world string, v plugin.Version, err error) (*versionOutput, error) {
	if err != nil {
		return nil, err
	}
	return &versionOutput{newVersion(store.World(world), v)}, nil
}

func newStatus(st store.Status) status {
	out := status{
		Name: st.Name, World: string(st.World), Active: st.Active.Hash, RollbackTo: st.RollbackTo,
		Degraded: st.Degraded, Breaker: string(st.Breaker.State), Lost: st.Breaker.Lost, Versions: []version{},
	}
	for _, f := range st.Failures {
		out.Failures = append(out.Failures, failure{SHA256: f.SHA256, File: filepath.Base(f.File), Reason: f.Reason, At: f.At})
	}
	if st.Breaker.Last != nil {
		out.LastError = st.Breaker.Last.Error()
	}
	if st.LoadError != nil {
		// What is confidential in the error is for the log.
		out.LoadError, out.LoadErrorAt = problem.Of(problem.Uploaded(st.LoadError)).Detail, &st.LoadErrorAt
	}
	if st.Refusal != nil {
		out.LoadError, out.LoadErrorAt = st.Refusal.Reason, &st.Refusal.At
	}
	for _, v := range st.Versions {
		out.Versions = append(out.Versions, newVersion(st.World, v))
	}
	return out
}

// hasSummary reports whether the version has the optional interface of the engine's world; the
// others have none.
func hasSummary(world store.World, v plugin.Version) bool {
	return world == store.Pipeline && v.HasSummary
}

func newVersion(world store.World, v plugin.Version) version {
	out := version{
		SHA256: v.Hash, Number: v.Number, State: string(v.State), Size: v.Size, SignedBy: v.SignedBy,
		Grade: string(v.Grade), HasSummary: hasSummary(world, v), Grants: v.Grants, LoadedAt: v.LoadedAt, Calls: v.Stats.Calls, Failures: v.Stats.Failures(),
	}
	if m := v.Manifest; m != nil {
		out.Manifest = &manifest{Version: m.Version, Grade: m.Grade}
		if !m.NotBefore.IsZero() {
			out.Manifest.NotBefore = &m.NotBefore
		}
	}
	if !v.ActivatedAt.IsZero() {
		out.ActivatedAt = &v.ActivatedAt
	}
	return out
}

const moduleType = "application/wasm"

func moduleBody(_ huma.Registry, op *huma.Operation) {
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		moduleType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}
}
