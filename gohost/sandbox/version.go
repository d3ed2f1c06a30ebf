package sandbox

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/tetratelabs/wazero/api"
)

// version is a release in the sense of Semantic Versioning: without a label for a
// prerelease or a build.
type version [3]uint32

// release reads a version. It reports false for one with a label, and for text that is
// not a version in its usual form.
func release(text string) (v version, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != len(v) {
		return v, false
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 32)
		if err != nil || strconv.FormatUint(n, 10) != part {
			return v, false
		}
		v[i] = uint32(n)
	}
	return v, true
}

// isCompatible reports whether one version of an interface can take the place of the
// other, by the rule of the component model's implementations: the same major version,
// or the same minor version of 0. Other versions must be equal.
func (v version) isCompatible(other version) bool {
	switch {
	case v[0] > 0:
		return v[0] == other[0]
	case v[1] > 0:
		return other[0] == 0 && v[1] == other[1]
	}
	return v == other
}

func (v version) compare(other version) int {
	return cmp.Or(cmp.Compare(v[0], other[0]), cmp.Compare(v[1], other[1]), cmp.Compare(v[2], other[2]))
}

// versions returns the versions that are compatible with the host's, such as "0.1.x".
func versions(host string) string {
	switch v, ok := release(host); {
	case ok && v[0] > 0:
		return fmt.Sprintf("%d.x", v[0])
	case ok && v[1] > 0:
		return fmt.Sprintf("0.%d.x", v[1])
	}
	return host
}

// newestVersion returns the newest version of an interface among the exports that is
// compatible with the host's, or "".
func newestVersion(exports map[string]api.FunctionDefinition, iface, host string) (newest string) {
	known, isRelease := release(host)
	var found version
	for name := range exports {
		rest, ok := strings.CutPrefix(name, iface+"@")
		if !ok {
			continue
		}
		text, _, ok := strings.Cut(rest, "#")
		switch v, ok2 := release(text); {
		case !ok:
		case !isRelease || !ok2:
			if text == host {
				return text
			}
		case known.isCompatible(v) && (newest == "" || v.compare(found) > 0):
			found, newest = v, text
		}
	}
	return newest
}

func anyHasPrefix(exports map[string]api.FunctionDefinition, prefix string) bool {
	for name := range exports {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
