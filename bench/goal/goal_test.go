package goal_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/bench/goal"
)

func short(v float64) string { return fmt.Sprintf("%.2g", v) }

func TestRows(t *testing.T) {
	for want, g := range map[string]goal.Goal{
		"| a | ≤ 2 times | 1.5 times | met |\n":                      {Figure: "a", Limit: 2, Unit: " times", Measured: 1.5, Known: true},
		"| a | ≤ 2 times | 2 times | met |\n":                        {Figure: "a", Limit: 2, Unit: " times", Measured: 2, Known: true},
		"| a | ≥ 2 times | 1.5 times | [not met](#long-lists) |\n":   {Topic: "Long lists", Figure: "a", Least: true, Limit: 2, Unit: " times", Measured: 1.5, Known: true},
		"| a | ≤ 2 times | 2.004 times | [not met](#long-lists) |\n": {Topic: "Long lists", Figure: "a", Limit: 2, Unit: " times", Measured: 2.004, Known: true},
		"| a | ≤ 2 times | – | not measured in this run |\n":         {Topic: "Long lists", Figure: "a", Limit: 2, Unit: " times", Measured: 3},
		"| a | ≥ 3e+03 MB/s | 4e+03 MB/s | met |\n":                  {Figure: "a", Least: true, Limit: 3000, Unit: " MB/s", Measured: 4000, Known: true},
	} {
		require.Equal(t, want, g.Row(short))
	}
}

func TestMissedGoalsHaveAReasonOnceATopic(t *testing.T) {
	met := goal.Goal{Topic: "Starts", Limit: 2, Measured: 1, Known: true}
	missed := func(topic string) goal.Goal { return goal.Goal{Topic: topic, Limit: 2, Measured: 3, Known: true} }
	reasons := map[string]string{"Long lists": strings.Repeat("word\n", 30) + "\nAnd more.", "Starts": "no"}
	section, unexplained := goal.WhyNot([]goal.Goal{met, missed("Long lists"), missed("JSON"), missed("Long lists")}, reasons)
	line := strings.TrimSpace(strings.Repeat("word ", 19))
	require.Equal(t, "\n## What is not met and why\n\n### Long lists\n\n"+line+"\n"+line[:54]+"\n\nAnd more.\n\n### JSON\n\nThe reason is not known yet.\n", section)
	require.Equal(t, []string{"JSON"}, unexplained)

	section, unexplained = goal.WhyNot([]goal.Goal{met}, reasons)
	require.Empty(t, section)
	require.Empty(t, unexplained)
}
