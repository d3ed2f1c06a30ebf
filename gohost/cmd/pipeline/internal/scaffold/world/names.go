package world

import (
	"fmt"
	"strings"
)

// Words returns the words of a name of WIT, in lower case.
func Words(name string) []string { return strings.Split(strings.ToLower(name), "-") }

// Snake returns a name of WIT with underscores.
func Snake(name string) string { return strings.Join(Words(name), "_") }

// Camel returns a name of WIT with capital letters in the place of hyphens: someName.
func Camel(name string) string {
	words := Words(name)
	return words[0] + Pascal(strings.Join(words[1:], "-"))
}

// Pascal returns a name of WIT with a capital letter for each word: SomeName.
func Pascal(name string) string {
	var s strings.Builder
	for _, word := range Words(name) {
		if word != "" {
			s.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return s.String()
}

// Short returns a name of WIT for each interface, without its package if no other interface
// has that name. The world's own functions have "".
func (w *World) Short() map[string]string {
	full := map[string]map[string]bool{}
	all := append(append([]*Interface(nil), w.Imports...), w.Exports...)
	local := func(i *Interface) string { return i.Name[strings.LastIndex(i.Name, "/")+1:] }
	for _, i := range all {
		if full[local(i)] == nil {
			full[local(i)] = map[string]bool{}
		}
		full[local(i)][i.Name] = true
	}
	short := map[string]string{}
	for _, i := range all {
		short[i.Name] = local(i)
		if len(full[local(i)]) > 1 {
			short[i.Name] = strings.NewReplacer(":", "-", "/", "-").Replace(i.Name)
		}
	}
	return short
}

// OwnerName returns the name of the interface that owns a type, without the version.
func (t *Type) OwnerName() string {
	name, _, _ := strings.Cut(t.Owner, "@")
	return name
}

// IsBoth reports whether an interface is imported and exported.
func (w *World) IsBoth(name string) bool {
	has := func(list []*Interface) bool {
		for _, i := range list {
			if i.Name == name && len(i.Functions) > 0 {
				return true
			}
		}
		return false
	}
	return has(w.Imports) && has(w.Exports)
}

// Names gives names that differ.
type Names map[string]bool

// Reserve returns Names that gives none of the words.
func Reserve(words string) Names {
	names := Names{}
	for _, word := range strings.Fields(words) {
		names[word] = true
	}
	return names
}

// New returns the name, or one like it if it was given before.
func (n Names) New(name string) string {
	free := name
	for i := 1; n[free]; i++ {
		if free = name + "_"; i > 1 {
			free = fmt.Sprintf("%s_%d", name, i)
		}
	}
	n[free] = true
	return free
}
