package main

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
	programs       = "Command line"
)

// reasons says for each topic why its goals, as far as they are not met, are not. Only topics with
// such goals are written. Their lines are broken when they are written; an empty line begins a
// paragraph.
var reasons = map[string]string{
	longLists:      "Exact sums hold each value as an integer, in more than one piece. Plain Go adds doubles, and on some processors takes half as long as on others.",
	shortLists:     "A call enters the sandbox and leaves it, copies the list, and rounds exact sums by a division of integers: that costs the same for one point as for a thousand.",
	jsonTexts:      "",
	otherFunctions: "Go computes a CRC-32 with instructions for carry-less products, which WebAssembly does not have. The engine uses tables.",
	starts:         "wazero compiles the module in the process. The rest is reading it again, also where the code comes from a cache.",
	memory:         "",
	twoGoroutines:  "",
	otherRuntimes:  "The engine here is metered and bounded, and the peers are not.",
	programs:       "",
}
