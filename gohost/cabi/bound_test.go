package cabi

import (
	"fmt"
	"strings"
)

// Bound lifts and lowers values of a type as generated code does. Values are those of the
// reference.
type Bound interface {
	Load(c *Call, at uint32) any
	Pop(c *Call) any
	Store(c *Call, at uint32, v any)
	Push(c *Call, v any)
}

// Bind returns what package dynamic makes of a type, which it reads as text. dynamic_test.go
// sets it: that package imports this one.
var Bind func(text string) Bound

func (t *ty) bound() Bound { return Bind(t.text()) }

func (t *ty) cabiLoad(c *Call, at uint32) any     { return t.bound().Load(c, at) }
func (t *ty) cabiPop(c *Call) any                 { return t.bound().Pop(c) }
func (t *ty) cabiStore(c *Call, at uint32, v any) { t.bound().Store(c, at, v) }
func (t *ty) cabiPush(c *Call, v any)             { t.bound().Push(c, v) }

// text returns the type as the contract has it.
func (t *ty) text() string {
	if t.kind == "flags" {
		return "flags { " + strings.Join(labelled(t.labels, func(int) string { return "" }), ", ") + " }"
	}
	part := func(i int) string { return t.of[i].text() }
	switch t.kind {
	case "list":
		return "list<" + part(0) + ">"
	case "record":
		return "record { " + strings.Join(labelled(len(t.of), func(i int) string { return ": " + part(i) }), ", ") + " }"
	case "variant":
		return "variant { " + strings.Join(labelled(len(t.of), func(i int) string {
			if t.of[i] == nil {
				return ""
			}
			return "(" + part(i) + ")"
		}), ", ") + " }"
	}
	return t.kind
}

// labelled returns n names, each with what follows it.
func labelled(n int, rest func(i int) string) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("x%d", i) + rest(i)
	}
	return names
}
