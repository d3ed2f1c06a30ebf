package plugin

import (
	"fmt"
	"path/filepath"
	"strings"

	"example.org/compute-pipeline/gohost"
)

// Settings are what the operator sets for a plugin in a file: limits and grants.
type Settings struct {
	Limits Limits
	// Grants replace the registry's default grants ([WithDefaultGrants]) if they are not
	// nil.
	Grants []gohost.Grant
}

// settingsFile is the form of Settings in files.
type settingsFile struct {
	*limitsFile
	Grants *[]string `json:"grants"`
}

// UnmarshalJSON implements json.Unmarshaler. It reads an object with the members of
// [Limits.UnmarshalJSON] and the optional member grants, a list of texts for
// [gohost.ParseGrant]:
//
//	{"memory_mib": 64, "call_timeout": "2s", "grants": ["clock", "random=seed:7", "output", "files=/srv/data"]}
//
// The name of a directory must be absolute. An unknown member is an error that lists the
// known ones.
func (s *Settings) UnmarshalJSON(text []byte) error {
	var parsed Settings
	file := settingsFile{limitsFile: parsed.Limits.file()}
	if err := file.limitsFile.end(&parsed.Limits, strictly(text, &file)); err != nil {
		return err
	}
	if file.Grants != nil {
		parsed.Grants = []gohost.Grant{}
		for _, text := range *file.Grants {
			if dir, ok := strings.CutPrefix(text, "files="); ok && !filepath.IsAbs(dir) {
				return fmt.Errorf("%w: the grant %q: the directory must be an absolute path", gohost.ErrInvalidInput, text)
			}
			grant, err := gohost.ParseGrant(text)
			if err != nil {
				return err
			}
			parsed.Grants = append(parsed.Grants, grant)
		}
	}
	*s = parsed
	return nil
}

// Options returns the options for loading the plugin with the settings.
func (s Settings) Options() []LoadOption {
	opts := []LoadOption{WithLimits(s.Limits)}
	if s.Grants != nil {
		opts = append(opts, WithGrants(s.Grants...))
	}
	return opts
}
