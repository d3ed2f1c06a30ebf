package plugin

import (
	"context"
	"slices"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/sandbox"
)

// VersionState is the state of a version of a plugin.
type VersionState string

const (
	// VersionActive: new calls run on it.
	VersionActive VersionState = "active"
	// VersionStandby: it is loaded and checked, but not active. It may have been
	// active before.
	VersionStandby VersionState = "standby"
	// VersionDraining: it is no longer active, but calls still run on it.
	VersionDraining VersionState = "draining"
	// VersionGone: the registry has dropped it.
	VersionGone VersionState = "gone"
)

// Version describes a module loaded under a plugin's name, at the time of the call
// that returned it.
type Version struct {
	Plugin string
	// Hash is the SHA-256 of the module, in hexadecimal.
	Hash string
	// Number counts the versions of this plugin, from 1.
	Number int
	State  VersionState
	// Source is where the module came from, and Size its size in bytes.
	Source string
	Size   int
	// SignedBy is the [KeyID] of the key that signed the module, or empty.
	SignedBy string
	// Manifest is the module's manifest, or nil.
	Manifest *Manifest
	// Grade is the grade of its answers that the module claims, and that the self-test holds
	// it to: grade.Stable if it claims none. It is empty for contracts other than the
	// engine's.
	Grade grade.Grade
	// HasSummary reports whether the version exports all optional interfaces of the
	// contract. The engine's contract has one, with Fold, Merge and Finish.
	HasSummary bool
	Limits     Limits
	// Grants are what the version was granted, as their String method says.
	Grants []string
	// LoadedAt is when the load ended, and LoadDuration how long reading, checking
	// and compiling took. ActivatedAt is the time of the last activation, or zero.
	LoadedAt     time.Time
	LoadDuration time.Duration
	ActivatedAt  time.Time
	Stats        Stats
}

// version is a Version with its module.
type version struct {
	info   Version // without State, ActivatedAt and Stats
	signed string  // the text of the manifest
	grants []gohost.Grant
	module *sandbox.Module
	counts counters

	// Guarded by the slot's mutex.
	activatedAt time.Time
	usedAt      time.Time // loaded or last active
	draining    int       // activations that are not yet drained
	holders     int       // those who try it beside the active one, so it is kept
	dropped     bool
}

// sameAs reports whether a load of the hash with the settings would result in this
// very version.
func (v *version) sameAs(hash string, c loadConfig) bool {
	return v.info.Hash == hash && v.info.Limits == c.limits && v.signed == c.manifest.String() &&
		slices.EqualFunc(v.grants, c.grants, gohost.Grant.Equal)
}

// close frees the engine. No call runs in it, so there is nothing to wait for.
func (v *version) close(c *config) {
	if err := v.module.Close(context.Background()); err != nil {
		c.logger.Warn("closing a plugin's engine", "plugin", v.info.Plugin, "version", short(v.info.Hash), "error", err)
	}
}

// short returns the name of a version in logs.
func short(hash string) string { return hash[:min(len(hash), 12)] }
