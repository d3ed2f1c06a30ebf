package main

import (
	"fmt"
	"strings"
)

// Topics of goals: a goal that is not met links to the heading of its topic.
const (
	longLists      = "Long lists"
	shortLists     = "Short lists"
	jsonTexts      = "JSON"
	otherFunctions = "Batches and checksums"
	starts         = "Starts"
	memory         = "Size and instances"
	twoGoroutines  = "More goroutines"
	otherRuntimes  = "Other hosts"
	programs       = "Programs"
)

// reasons says for each topic why its goals, as far as they are not met, are not. Only topics with
// such goals are written.
var reasons = map[string]string{
	longLists:  `Exact sums hold each value as an integer, in more than one piece. Plain Go adds doubles, and on some processors takes half as long as on others.`,
	shortLists: `A call enters the sandbox and leaves it, copies the list, and rounds exact sums by a division of integers: that costs the same for one point as for a thousand.`,
	jsonTexts:  ``,
	otherFunctions: `Go computes a CRC-32 with instructions for carry-less products, which WebAssembly does not
have. The engine uses tables.`,
	starts:        `wazero compiles the module in the process. The rest is reading it again, also where the code comes from a cache.`,
	memory:        ``,
	twoGoroutines: ``,
	otherRuntimes: `The engine here is metered and bounded, and the peers are not.`,
	programs:      ``,
}

// whyNot is the section that goals which are not met link to.
func whyNot(goals []goal) string {
	missed := make(map[string][]string)
	var order []string
	for _, g := range goals {
		if !g.missed() {
			continue
		}
		if missed[g.topic] == nil {
			order = append(order, g.topic)
		}
		missed[g.topic] = append(missed[g.topic], g.figure)
	}
	if len(order) == 0 {
		return ""
	}
	var s strings.Builder
	s.WriteString("\n## What is not met and why\n")
	for _, topic := range order {
		reason := reasons[topic]
		if reason == "" {
			reason = "The reason is not known yet."
			progress("bench/reasons.go has no reason for %q: %s", topic, strings.Join(missed[topic], "; "))
		}
		fmt.Fprintf(&s, "\n### %s\n\n%s\n", topic, reason)
	}
	return s.String()
}
