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
	longLists: "Exact sums cut each value into three pieces: 14 additions and 6 multiplications of vectors for two points, where plain Go's two passes have 8 operations of one value, and round in each. The additions alone keep the processor busy for 3.5 cycles a point; the engine takes 5.5, and the same kernel in C, for SSE2, 4.8 (\"What limits the kernel?\" in RATIONALE.md). Chunks of 1,472 points are copied into the sandbox, for about 0.1 µs each beside the copy. " +
		"\n\nThe same algorithm in plain Go needs no copy and no fuel, and its points stay in place. math/big adds integers of a few words once the common power of two is known, which takes about 50 ns a point: 0.02 of that is 1 ns, less than plain Go takes.",
	shortLists:     "A call enters the sandbox and leaves it (45 ns), takes an instance and returns it (40 ns), and rounds exact sums by divisions of integers (50 ns), for one point as for a thousand. Fold reads and writes the bytes of a state too, and keeps the extremes of values and timestamps; a session keeps the extremes (0.35 ns a point), and its points are copied in pieces of 1,472.",
	jsonTexts:      "",
	otherFunctions: "Go computes a CRC-32 with instructions for carry-less products, which WebAssembly does not have.",
	starts:         "wazero compiles the module in the process, with as many workers as there are processors. From the cache it still decodes and validates the module, which is half of what is left. The toolbox is 616 KB, and a third of the time to compile it is spent on three functions of the validator that checks plugins.",
	memory:         "",
	twoGoroutines:  "",
	otherRuntimes:  "The engine here is metered and takes chunks of 1,472 points, and the peers run the same module without metering, with one list.",
	programs:       "",
}
