package gohost_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// What a language's runtime writes before it ends the guest is in the error, whether output
// is granted or only what has fd_write too.
func TestWhatAGuestWroteBeforeItEnded(t *testing.T) {
	const exit, trap = "the guest ended itself with exit code 2", "unreachable"
	for grants, grant := range map[string]gohost.Grant{
		"output": gohost.GrantOutput(gohost.OutputLimits{LineBytes: 4, LinesPerSecond: 1}),
		"files":  gohost.GrantFiles(fstest.MapFS{}),
	} {
		eng := load(t, "last_words", gohost.WithMaxInstances(1), gohost.WithGrants(grant))
		say := func(how, text string) error {
			_, err := eng.ProcessBatch(ctx, []byte(how+strings.Repeat(".", 15)+text+strings.Repeat("\n", 16-len(text)%16)))
			return err
		}
		for _, test := range []struct{ how, wrote, message string }{
			{"x", "starting\npanic: no such sensor\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1\nexit status 2", exit + `; on standard error it wrote "panic: no such sensor"`},
			{"x", "panic: first [recovered]\n\tpanic: second\npanic: third\n", exit + `; on standard error it wrote "panic: third"`},
			{"x", "fatal error: out of memory\n\ngoroutine 1", exit + `; on standard error it wrote "fatal error: out of memory"`},
			{"t", "thread 'main' (1) panicked at src/lib.rs:3:5:\nno such sensor\nnote: run with `RUST_BACKTRACE=1`", trap + `; on standard error it wrote "thread 'main' (1) panicked at src/lib.rs:3:5: no such sensor"`},
			{"t", "Assertion failed: n > 0 (plugin.c: f: 3)\n\n", trap + `; on standard error it wrote "Assertion failed: n > 0 (plugin.c: f: 3)"`},
			{"x", "bad \xff\x00text", exit + `; on standard error it wrote "bad �\x00text"`},
			{"x", strings.Repeat("long ", 1000), exit + `; on standard error it wrote "` + strings.Repeat("long ", 1000)[:512] + `"`},
			{"x", "thread panicked at a:\n" + strings.Repeat("y", 1000), exit + `; on standard error it wrote "thread panicked at a: ` + strings.Repeat("y", 512-22) + `"`},
			{"x", "thread panicked at " + strings.Repeat("y", 492) + ":\nmore\nand more", exit + `; on standard error it wrote "thread panicked at ` + strings.Repeat("y", 492) + `: "`},
			{"x", " \n\n", exit},
			{"t", "", trap},
		} {
			require.NoError(t, say("r", "panic: of a call before"))
			var failed *gohost.TrapError
			require.ErrorAs(t, say(test.how, test.wrote), &failed, grants)
			assert.Equal(t, test.message, failed.Message, grants)
		}
	}
}
