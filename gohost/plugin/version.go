package plugin

import (
	"context"
	"reflect"
	"time"

	"example.org/compute-pipeline/gohost"
)

// VersionState is what a version of a plugin does.
type VersionState string

const (
	// VersionActive: new calls go to it.
	VersionActive VersionState = "active"
	// VersionStandby: loaded and checked, and not active; perhaps it was before.
	VersionStandby VersionState = "standby"
	// VersionDraining: calls that began when it was active still run.
	VersionDraining VersionState = "draining"
	// VersionGone: the registry has dropped it.
	VersionGone VersionState = "gone"
)

// Version is one module loaded under a plugin's name, as it was when asked for.
type Version struct {
	Plugin string
	// Hash is the SHA-256 of the module, in hexadecimal.
	Hash string
	// Number counts the versions of this plugin, from 1.
	Number int
	State  VersionState
	// Source is where it came from, and Size its size in bytes.
	Source string
	Size   int
	// SignedBy is the [KeyID] of the key that signed it, or empty.
	SignedBy string
	// Manifest is what was signed about it, or nil.
	Manifest *Manifest
	// HasSummary: it has Fold, Merge and Finish.
	HasSummary bool
	Limits     Limits
	// LoadedAt is when its load ended, after LoadDuration of reading, checks and
	// compiling. ActivatedAt is when it was last activated, or zero.
	LoadedAt     time.Time
	LoadDuration time.Duration
	ActivatedAt  time.Time
	Stats        Stats
}

// version is a Version with its engine.
type version struct {
	info   Version // without State, ActivatedAt and Stats
	signed string  // the text of the manifest
	grants []gohost.Grant
	engine *gohost.Engine
	counts counters

	// Guarded by the slot's mutex.
	activatedAt time.Time
	usedAt      time.Time // loaded or last active
	draining    int       // activations that are not drained yet
	dropped     bool
}

// sameAs reports whether a load of the hash with the settings would give this
// very version. Grants that hold functions are never equal.
func (v *version) sameAs(hash string, c loadConfig) bool {
	return v.info.Hash == hash && v.info.Limits == c.limits && v.signed == c.manifest.String() &&
		len(v.grants) == len(c.grants) && (len(v.grants) == 0 || reflect.DeepEqual(v.grants, c.grants))
}

// close frees the engine. No call runs in it, so there is nothing to wait for.
func (v *version) close(c *config) {
	if err := v.engine.Close(context.Background()); err != nil {
		c.logger.Warn("closing a plugin's engine", "plugin", v.info.Plugin, "version", short(v.info.Hash), "error", err)
	}
}

// short is how logs name a version.
func short(hash string) string { return hash[:min(len(hash), 12)] }
