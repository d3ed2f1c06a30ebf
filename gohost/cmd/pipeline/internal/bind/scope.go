package bind

import (
	"slices"
	"strconv"
)

// A scope gives Go names to what is declared in one place: a package, or a type with
// its methods. Where two would have the same name, all that have it get a longer prefix;
// if no longer prefix is left, they get a number.
type scope struct{ items []*item }

// An item has one or more names that depend on each other: a variant with its cases, a
// function with the form that appends.
type item struct {
	prefixes []string
	level    int
	number   int
	// names returns the names with a prefix and a number, which is 1 at first.
	names func(prefix string, number int) []string
}

// reserve declares names that cannot change.
func (s *scope) reserve(names ...string) {
	for _, name := range names {
		s.items = append(s.items, &item{number: 1, names: func(string, int) []string { return []string{name} }})
	}
}

// add declares an item. An item without prefixes gets a number at once.
func (s *scope) add(prefixes []string, names func(prefix string, number int) []string) {
	if len(prefixes) == 0 {
		prefixes = []string{""}
	}
	s.items = append(s.items, &item{prefixes: prefixes, number: 1, names: names})
}

func (i *item) current() []string {
	if i.prefixes == nil {
		return i.names("", 1)
	}
	return i.names(i.prefixes[i.level], i.number)
}

// resolve chooses the names. The last call of each item's function has those.
func (s *scope) resolve() {
	for {
		users := map[string][]*item{}
		for _, item := range s.items {
			for _, name := range item.current() {
				if !slices.Contains(users[name], item) {
					users[name] = append(users[name], item)
				}
			}
		}
		longer := map[*item]bool{}
		for _, items := range users {
			for _, item := range items {
				if len(items) > 1 && item.level+1 < len(item.prefixes) {
					longer[item] = true
				}
			}
		}
		if len(longer) == 0 {
			break
		}
		for item := range longer {
			item.level++
		}
	}
	s.addNumbers()
}

// addNumbers gives numbers to items whose names others have too. What cannot change
// comes first.
func (s *scope) addNumbers() {
	used := map[string]bool{}
	for _, fixed := range []bool{true, false} {
		for _, item := range s.items {
			if (item.prefixes == nil) != fixed {
				continue
			}
			for !fixed && slices.ContainsFunc(item.current(), func(name string) bool { return used[name] }) {
				item.number++
			}
			for _, name := range item.current() {
				used[name] = true
			}
		}
	}
}

// numbered returns the name with a number if that is not 1.
func numbered(name string, number int) string {
	if number == 1 {
		return name
	}
	if last := name[len(name)-1]; last >= '0' && last <= '9' {
		name += "_"
	}
	return name + strconv.Itoa(number)
}
