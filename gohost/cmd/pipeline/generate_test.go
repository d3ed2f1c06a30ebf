package main

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const proseFile = "../../../examples/plugins/inference/prose/prose.wasm"

func TestGenerateContinuesAPrompt(t *testing.T) {
	args := []string{"generate", "--plugin", proseFile, "--prompt", "Close closes", "--max-tokens", "12", "--seed", "3"}
	got := pipeline(t, "", args...)
	require.Equal(t, 0, got.status, got.err)
	require.Greater(t, len(strings.TrimSpace(got.out)), 5)
	require.Regexp(t, `^\d+ tokens, \d+ tokens/s, \d+ units of fuel a token\n$`, got.err)
	require.Equal(t, got.out, pipeline(t, "", args...).out)

	other := pipeline(t, "", append(args, "--seed", "4", "--temperature", "2", "--top-k", "0")...)
	require.Equal(t, 0, other.status, other.err)
	require.NotEqual(t, got.out, other.out)
	none := pipeline(t, "", append(args, "--max-tokens", "0")...)
	require.Equal(t, 0, none.status, none.err)
	require.Equal(t, "\n", none.out)
	require.Empty(t, none.err)
}

func TestGenerateRefuses(t *testing.T) {
	for want, args := range map[string][]string{
		"--plugin: missing: no such file": {"--plugin", "missing"},
		"--memory":                        {"--plugin", proseFile, "--memory", "0"},
	} {
		got := pipeline(t, "", append([]string{"generate"}, args...)...)
		require.Equal(t, 2, got.status, got.err)
		require.Contains(t, got.err, want)
	}
	for want, args := range map[string][]string{
		"the temperature is -1, and the model takes 0 to 100": {"--plugin", proseFile, "--temperature=-1"},
		"org:inference/generations":                           {"--plugin", engineFile},
		"raise --fuel":                                        {"--plugin", proseFile, "--fuel", "10000"},
	} {
		got := pipeline(t, "", append([]string{"generate"}, args...)...)
		require.Equal(t, 1, got.status, got.err)
		require.Contains(t, got.err, want)
	}
}

// Of what a plugin returns, characters are printed that a terminal shows as they are.
func TestGeneratePrintsNothingThatATerminalObeys(t *testing.T) {
	require.Equal(t, "a\n\tb \u00e9\ufffd[2J\ufffd\ufffd\ufffd\ufffd", unobeyed("a\n\tb \u00e9\x1b[2J\u202e\u2028\u2066\u009b"))
}

// An interrupt ends a text between two tokens.
func TestGenerateEndsWhileItWrites(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	out := writerFunc(func(data []byte) (int, error) {
		cancel(interrupted{os.Interrupt})
		return len(data), nil
	})
	status := execute(ctx, []string{"generate", "--plugin", proseFile, "--max-tokens", "1000000000", "--temperature", "1"}, streams{in: strings.NewReader(""), out: out, err: io.Discard})
	require.Equal(t, 130, status)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(data []byte) (int, error) { return f(data) }

func TestWhatAModelWritesIsNotObeyed(t *testing.T) {
	require.Equal(t, "a\n\tb\ufffd[31m\ufffdß", unobeyed("a\n\tb\x1b[31m\x00ß"))
}
