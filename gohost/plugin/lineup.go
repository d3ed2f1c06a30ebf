package plugin

import (
	"cmp"
	"slices"
)

// lineup has the versions of a plugin, the active one, and the order for rollbacks. It is
// a value: a change first creates a new lineup, reports it to the program ([WithCommit]),
// and only then installs it in the slot.
type lineup struct {
	versions []*version // by number
	trail    []*version // the versions that were active before, the latest last
	active   *version   // or nil
	replaced *version   // active before this change, if the change replaced it
}

// with returns the lineup with one more version, the newest.
func (l lineup) with(v *version) lineup {
	l.versions = append(slices.Clone(l.versions), v)
	return l
}

// activated returns the lineup with v as the active version.
func (l lineup) activated(v *version, rollback bool) lineup {
	is := func(what *version) func(*version) bool { return func(w *version) bool { return w == what } }
	l.trail = slices.Clone(l.trail)
	if old := l.active; old != nil {
		// Each version is in the trail once, so that it stays short.
		if l.trail = slices.DeleteFunc(l.trail, is(old)); !rollback {
			l.trail = append(l.trail, old)
		}
	}
	if rollback {
		l.trail = slices.DeleteFunc(l.trail, is(v))
	}
	l.active, l.replaced = v, l.active
	return l
}

// previous returns the version that a rollback would activate, or nil.
func (l lineup) previous() *version {
	for _, v := range slices.Backward(l.trail) {
		if v != l.active {
			return v
		}
	}
	return nil
}

// trimmed returns the lineup without the versions that exceed the history, unless they are
// held. It drops the least recently used version first; the version that a rollback would
// activate and the newest version ever go last. The slot's mutex is held.
func (l lineup) trimmed(history, newest int) lineup {
	var others []*version
	for _, v := range l.versions {
		if v != l.active && v.holders == 0 {
			others = append(others, v)
		}
	}
	target := l.previous()
	rank := func(v *version) int {
		switch {
		case v.info.Number == newest:
			return 3
		case v == target:
			return 2
		case v == l.replaced: // a moment ago
			return 1
		}
		return 0
	}
	slices.SortStableFunc(others, func(a, b *version) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), a.usedAt.Compare(b.usedAt))
	})
	tooMany := others[:max(0, len(others)-history)]
	dropped := func(v *version) bool { return slices.Contains(tooMany, v) }
	l.versions = slices.DeleteFunc(slices.Clone(l.versions), dropped)
	l.trail = slices.DeleteFunc(slices.Clone(l.trail), dropped)
	return l
}

// Change describes a plugin after a change that is about to take effect.
type Change struct {
	Plugin string
	// Version is the version that is loaded, activated or rolled back to, or zero if
	// the plugin is removed.
	Version Version
	// Active is the hash of the version that will be active, and RollbackTo the hash
	// of the version that a rollback would activate then. Either may be empty.
	Active, RollbackTo string
	// Kept are the hashes of all versions that will be kept, newest first.
	Kept []string
	// Removed is true if the plugin is removed.
	Removed bool
}

// change returns the Change that leads to the lineup.
func (l lineup) change(plugin string, info Version) Change {
	c := Change{Plugin: plugin, Version: info, Removed: len(l.versions) == 0}
	if l.active != nil {
		c.Active = l.active.info.Hash
	}
	if v := l.previous(); v != nil {
		c.RollbackTo = v.info.Hash
	}
	for _, v := range slices.Backward(l.versions) {
		if !slices.Contains(c.Kept, v.info.Hash) {
			c.Kept = append(c.Kept, v.info.Hash)
		}
	}
	return c
}
