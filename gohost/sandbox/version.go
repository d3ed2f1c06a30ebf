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

// bestVersion returns, of the versions of an interface, the one that takes the place of
// the wanted one: the same, or else the newest that is compatible. It returns false if
// there is none.
func bestVersion(versions []string, wanted string) (best string, ok bool) {
	known, isRelease := release(wanted)
	var newest version
	for _, text := range versions {
		if text == wanted {
			return text, true
		}
		v, ok2 := release(text)
		if isRelease && ok2 && known.isCompatible(v) && (!ok || v.compare(newest) > 0) {
			newest, best, ok = v, text, true
		}
	}
	return best, ok
}

// exportedVersions returns the versions of an interface among the exports.
func exportedVersions(exports map[string]api.FunctionDefinition, iface string) (found []string) {
	for name := range exports {
		if rest, ok := strings.CutPrefix(name, iface+"@"); ok {
			if version, _, ok := strings.Cut(rest, "#"); ok {
				found = append(found, version)
			}
		}
	}
	return found
}

func anyHasPrefix(exports map[string]api.FunctionDefinition, prefix string) bool {
	for name := range exports {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
