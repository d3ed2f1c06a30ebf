package plugin

import (
	"fmt"

	"example.org/compute-pipeline/gohost"
)

const maxNameLength = 64

// CheckName returns an error unless name is valid for a plugin: 1 to 64 ASCII letters,
// digits, dots, dashes and underscores, beginning with a letter or digit. Such a name
// is safe in paths, URLs, logs and metrics.
func CheckName(name string) error {
	if name == "" || len(name) > maxNameLength {
		return fmt.Errorf("%w: a plugin's name has 1 to %d characters, not %d", gohost.ErrInvalidInput, maxNameLength, len(name))
	}
	for i, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case i > 0 && (c == '.' || c == '-' || c == '_'):
		default:
			return fmt.Errorf("%w: the name %q of a plugin cannot have %q at position %d", gohost.ErrInvalidInput, name, c, i+1)
		}
	}
	return nil
}
