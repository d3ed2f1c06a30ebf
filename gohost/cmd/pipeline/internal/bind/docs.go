package bind

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// verbs begin the docs of functions that say what a function does: they can follow its
// name.
var verbs = func() map[string]bool {
	words := map[string]bool{}
	for _, word := range strings.Fields(`Accepts Adds Adjusts Allocates Appends Applies Asks Assigns Attempts Begins Binds Blocks
		Builds Calculates Calls Cancels Changes Checks Clears Clones Closes Combines Compares Compiles Completes Compresses
		Computes Configures Connects Consumes Converts Copies Counts Creates Decodes Decompresses Decrements Decrypts Deletes
		Describes Destroys Discards Drops Echoes Emits Encodes Encrypts Ends Ensures Enters Enumerates Evaluates Executes Exits
		Extracts Fetches Fills Filters Finds Finishes Flushes Folds Formats Forwards Generates Gets Gives Handles Hashes
		Implements Increments Indicates Initializes Initialises Inserts Invokes Joins Keeps Leaves Lists Loads Locks Logs Looks
		Makes Maps Marks Merges Moves Multiplies Normalises Normalizes Notifies Obtains Opens Parses Peeks Performs Polls Prepares
		Prints Processes Produces Provides Publishes Pushes Puts Queries Reads Receives Records Reduces Registers Releases
		Removes Renames Renders Replaces Reports Requests Resets Resolves Retrieves Returns Reverses Rotates Runs Saves Scans
		Searches Seeks Selects Sends Serializes Sets Shuts Signals Skips Sorts Splits Starts Stops Stores Subscribes Subtracts
		Sums Swaps Takes Tests Tells Transforms Translates Tries Truncates Turns Unlocks Updates Validates Verifies Waits Writes`) {
		words[word] = true
	}
	return words
}()

// comment writes docs as a comment. The docs of what is declared follow its name where
// they read like that; otherwise they follow a sentence that says what it is.
func comment(w *strings.Builder, name, docs, sentence string) {
	docs = strings.TrimSpace(docs)
	text := sentence
	if docs != "" {
		text = sentence + "\n\n" + docs
		if docs, ok := following(docs); ok {
			text = name + " " + docs
		}
	}
	writeComment(w, text)
}

// plainComment writes docs as a comment, as they are.
func plainComment(w *strings.Builder, docs string) {
	if docs = strings.TrimSpace(docs); docs != "" {
		writeComment(w, docs)
	}
}

func writeComment(w *strings.Builder, text string) {
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.Map(func(r rune) rune {
			if r == '\t' || !unicode.IsControl(r) {
				return r
			}
			return -1
		}, line)
		fmt.Fprintln(w, strings.TrimRight("// "+line, " \t"))
	}
}

// following returns docs as they continue a sentence that begins with a name.
func following(docs string) (string, bool) {
	first, rest, _ := strings.Cut(docs, " ")
	switch first {
	case "Whether":
		return "reports whether " + rest, true
	case "A", "An", "The", "One":
		return "is " + lowerFirst(docs), true
	}
	if verbs[first] {
		return lowerFirst(docs), true
	}
	return "", false
}

func lowerFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[size:]
}
