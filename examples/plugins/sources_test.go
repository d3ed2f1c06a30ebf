package plugins_test

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/plugins"
	guest "example.org/compute-pipeline/guest/plugin"
	"example.org/compute-pipeline/wit"
)

var update = flag.Bool("update", false, "write sources.txt")

// The committed modules are of the committed sources, also where no compiler is there to
// build them: sources.txt has the hash of the sources that scripts/build-guests.sh has built.
func TestTheModulesAreOfTheirSources(t *testing.T) {
	var text bytes.Buffer
	text.WriteString("c " + digest(t, plugins.Files, "c") + "\n")
	text.WriteString("rust " + digest(t, plugins.Files, "rust") + " " + digest(t, guest.Files, ".") + " " + digest(t, wit.Files, ".") + "\n")
	text.WriteString("redact " + digest(t, os.DirFS("../filter/guests/redact"), ".") + "\n")
	text.WriteString("runner " + digest(t, os.DirFS("inference/runner"), "src") + " " + digest(t, os.DirFS("inference/runner"), "Cargo.lock") + "\n")
	if *update {
		require.NoError(t, os.WriteFile("sources.txt", text.Bytes(), 0o644))
	}
	want, err := os.ReadFile("sources.txt")
	require.NoError(t, err)
	assert.Equal(t, string(want), text.String(), "the sources have changed: run make embed, with clang (scripts/setup.sh c)")
}

// digest returns a hash of the files below a directory, but for what is only read by people.
func digest(t *testing.T, system fs.FS, dir string) string {
	t.Helper()
	hash := sha256.New()
	require.NoError(t, fs.WalkDir(system, dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) == ".md" {
			return err
		}
		data, err := fs.ReadFile(system, name)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(hash, "%s %d\n%s", strings.TrimPrefix(name, dir+"/"), len(data), data)
		return err
	}))
	return fmt.Sprintf("%x", hash.Sum(nil)[:16])
}
