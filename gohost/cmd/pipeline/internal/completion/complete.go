// Package completion completes command lines in shells, from the model of the command line: the
// scripts ask the program, so that they need no change when it gets a flag.
package completion

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Command is the hidden command that the scripts call, with the words of the line up to the one
// that is completed.
const Command = "__complete"

// A Kind says what completes a word.
type Kind string

// Kinds.
const (
	Words       Kind = "words"
	Files       Kind = "files"
	Directories Kind = "directories"
)

// A Word may complete the last word of a line.
type Word struct{ Text, Help string }

// Write writes what completes the last of the words: a line with the kind, then a line for each word, with
// a tab before its description, if it has one.
func Write(out io.Writer, app *kong.Application, words []string) error {
	kind, found := Complete(app, words)
	var text strings.Builder
	fmt.Fprintln(&text, kind)
	for _, w := range found {
		text.WriteString(w.Text)
		if w.Help != "" {
			text.WriteString("\t" + w.Help)
		}
		text.WriteByte('\n')
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// Complete returns what completes the last of the words after the program's name.
func Complete(app *kong.Application, words []string) (Kind, []Word) {
	if len(words) == 0 {
		words = []string{""}
	}
	words = joined(words)
	l := line{node: app.Node}
	for _, word := range words[:len(words)-1] {
		l.take(word)
	}
	return l.complete(words[len(words)-1])
}

// joined returns words without the = that bash makes a word of its own.
func joined(words []string) []string {
	var out []string
	for i, word := range words {
		switch {
		case word != "=":
			out = append(out, word)
		case i == len(words)-1:
			out = append(out, "")
		}
	}
	return out
}

// A line is what the words up to now mean.
type line struct {
	node    *kong.Node
	taken   int        // positional arguments
	waiting *kong.Flag // one whose value comes next
	plain   bool       // after --: no flags follow
}

func (l *line) take(word string) {
	switch {
	case l.waiting != nil:
		l.waiting = nil
	case l.plain:
		l.taken++
	case word == "--":
		l.plain = true
	case strings.HasPrefix(word, "-") && word != "-":
		l.waiting = l.flag(word)
	default:
		if child := l.child(word); child != nil {
			l.node, l.taken = child, 0
			return
		}
		l.taken++
	}
}

// flag returns the flag of a word if its value is the next word.
func (l *line) flag(word string) *kong.Flag {
	for _, f := range l.flags() {
		if named := word == "--"+f.Name || f.Short != 0 && word == "-"+string(f.Short); named && takesValue(f) {
			return f
		}
	}
	return nil
}

func takesValue(f *kong.Flag) bool { return !f.IsBool() && !f.IsCounter() }

// flags returns the flags of the command and those before it, without hidden ones.
func (l *line) flags() []*kong.Flag {
	var all []*kong.Flag
	for node := l.node; node != nil; node = node.Parent {
		for _, f := range node.Flags {
			if !f.Hidden {
				all = append(all, f)
			}
		}
	}
	return all
}

func (l *line) child(word string) *kong.Node {
	for _, c := range l.node.Children {
		if c.Name == word || slices.Contains(c.Aliases, word) {
			return c
		}
	}
	return nil
}

func (l *line) complete(word string) (Kind, []Word) {
	if l.waiting != nil {
		return values(l.waiting.Value, l.waiting.PlaceHolder, word, "")
	}
	if strings.HasPrefix(word, "-") && !l.plain {
		if name, value, ok := strings.Cut(word, "="); ok {
			if f := l.flag(name); f != nil {
				return values(f.Value, f.PlaceHolder, value, name+"=")
			}
			return Words, nil
		}
		return Words, l.named(word)
	}
	if len(l.node.Children) > 0 && !l.plain {
		var found []Word
		for _, c := range l.node.Children {
			if !c.Hidden && strings.HasPrefix(c.Name, word) {
				found = append(found, Word{c.Name, firstSentence(c.Help)})
			}
		}
		return Words, found
	}
	positional := l.node.Positional
	if len(positional) == 0 || l.taken >= len(positional) && !positional[len(positional)-1].IsCumulative() {
		return Words, nil
	}
	next := positional[min(l.taken, len(positional)-1)]
	kind, found := values(next, "", word, "")
	if kind == Words && found == nil && next.Enum == "" {
		kind = Files
	}
	return kind, found
}

// named returns the flags that begin with a word.
func (l *line) named(word string) []Word {
	var found []Word
	for _, f := range l.flags() {
		if name := "--" + f.Name; strings.HasPrefix(name, word) {
			found = append(found, Word{name, firstSentence(f.Help)})
		}
	}
	return found
}

// values returns what completes a value. The tag complete:"a,b" has words that are only usual.
func values(v *kong.Value, placeholder, word, before string) (Kind, []Word) {
	usual := v.Enum
	if usual == "" && v.Tag != nil {
		usual = v.Tag.Get("complete")
	}
	switch {
	case usual != "":
		var found []Word
		for text := range strings.SplitSeq(usual, ",") {
			if text = strings.TrimSpace(text); text != "" && strings.HasPrefix(text, word) {
				found = append(found, Word{before + text, ""})
			}
		}
		return Words, found
	case strings.Contains(placeholder, "DIR"):
		return Directories, nil
	case strings.Contains(placeholder, "FILE"):
		return Files, nil
	}
	return Words, nil
}

// firstSentence returns the beginning of a description, on one line.
func firstSentence(help string) string {
	help = strings.Join(strings.Fields(help), " ")
	if first, _, ok := strings.Cut(help, ". "); ok {
		help = first
	}
	return strings.TrimSuffix(help, ".")
}
