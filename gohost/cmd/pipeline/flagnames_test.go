package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOptionsAreSaidAsFlags(t *testing.T) {
	for text, want := range map[string]string{
		"kit.Check: invalid input: WithTime(-1s): must be positive": "kit.Check: invalid input: --time -1s: must be positive",
		"kit.WithGrade: only that contract":                         "--grade: only that contract",
		"WithMaxWaiters(-1), WithTimeout(2)":                        "--max-waiters -1, WithTimeout(2)",
		"without a value":                                           "without a value",
	} {
		assert.Equal(t, want, inFlags(text))
	}
	help := ""
	for _, command := range []string{"run", "check", "serve"} {
		help += pipeline(t, "", command, "--help").out
	}
	for option, flag := range flagsOf {
		assert.Regexp(t, `(?m)`+flag+`[=. ]`, help, option)
	}
}
