package input

import (
	"fmt"
	"strconv"
	"strings"
)

// parsePath returns the names of a path such as "data.items", from the outside in. A backslash takes the
// meaning from a dot or a backslash after it: "a\.b" is one name. In an array, a name is the number of an element, from 0.
func parsePath(path string) ([]string, error) {
	var names []string
	var name strings.Builder
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '\\' && i+1 < len(path) && (path[i+1] == '.' || path[i+1] == '\\'):
			i++
			name.WriteByte(path[i])
		case c == '\\':
			return nil, fmt.Errorf(`the path %q has a backslash before neither '.' nor another backslash`, path)
		case c == '.':
			names = append(names, name.String())
			name.Reset()
		default:
			name.WriteByte(c)
		}
	}
	names = append(names, name.String())
	for _, n := range names {
		if n == "" {
			return nil, fmt.Errorf(`the path %q has an empty name; \. is a dot that belongs to one`, path)
		}
	}
	return names, nil
}

// quotePath returns the path of one name.
func quotePath(name string) string {
	return strings.NewReplacer(`\`, `\\`, `.`, `\.`).Replace(name)
}

// A jsonTree has the wanted fields of a record.
type jsonTree struct {
	root  jsonNode
	cells int
	nodes int
}

type jsonNode struct {
	name     string
	path     string
	number   int   // of the node in its tree
	index    int   // the name as the number of an element, or -1
	cells    []int // that have its value
	children []*jsonNode
}

// newJSONTree returns the tree of paths, whose numbers are those of their cells.
func newJSONTree(paths []string) (*jsonTree, error) {
	t := &jsonTree{cells: len(paths)}
	for i, path := range paths {
		names, err := parsePath(path)
		if err != nil {
			return nil, err
		}
		n := &t.root
		for depth, name := range names {
			n = t.child(n, name, names[:depth+1])
		}
		n.cells = append(n.cells, i)
	}
	return t, nil
}

func (t *jsonTree) child(n *jsonNode, name string, path []string) *jsonNode {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	c := &jsonNode{name: name, path: strings.Join(path, "."), number: t.nodes, index: -1}
	if i, err := strconv.Atoi(name); err == nil && strconv.Itoa(i) == name && i >= 0 {
		c.index = i
	}
	t.nodes++
	n.children = append(n.children, c)
	return c
}

// find returns the child with a name, and the number of the one that may follow it.
func (n *jsonNode) find(name []byte, guess int) (*jsonNode, int) {
	for i, c := range n.children {
		if c.name == string(name) {
			return c, i + 1
		}
	}
	return nil, guess
}

// element returns the child for an element of an array, or nil.
func (n *jsonNode) element(i int) *jsonNode {
	for _, c := range n.children {
		if c.index == i {
			return c
		}
	}
	return nil
}
