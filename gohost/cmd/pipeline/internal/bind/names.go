package bind

import (
	"go/token"
	"strings"
	"unicode"
)

// initialisms are words that Go writes in capital letters.
var initialisms = func() map[string]string {
	words := map[string]string{"ids": "IDs", "urls": "URLs", "uris": "URIs", "apis": "APIs"}
	for _, word := range strings.Fields(`ACL API ASCII CPU CSS DNS EOF GUID HTML HTTP HTTPS ID IO IP JSON OK OS QPS RAM RPC
		SLA SMTP SQL SSH TCP TLS TTL UDP UI GID UID UUID URI URL UTF8 VM WASI XML XMPP XSRF XSS`) {
		words[strings.ToLower(word)] = word
	}
	return words
}()

// pascal returns a name of WIT as an exported name of Go: http-url-of-x as HTTPURLOfX.
func pascal(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		b.WriteString(capitalized(word))
	}
	return b.String()
}

func capitalized(word string) string {
	if initialism, ok := initialisms[strings.ToLower(word)]; ok {
		return initialism
	}
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

// camel returns a name of WIT as a name of Go that is not exported.
func camel(name string) string {
	first, rest, _ := strings.Cut(name, "-")
	return strings.ToLower(first) + pascal(rest)
}

// localNames are what generated functions call their own variables, and the packages
// that they use.
var localNames = map[string]bool{
	"ctx": true, "c": true, "at": true, "err": true, "result": true, "dst": true, "impl": true,
	"self": true, "failure": true,
	"context": true, "cabi": true, "sandbox": true, "wit": true, "errors": true, "unsafe": true, "cmp": true,
	"slices": true, "strconv": true, "strings": true, "fmt": true,
}

// receivers are the names of receivers, in order of preference.
var receivers = []string{"w", "r", "b", "m", "x", "receiver"}

// receiver returns the name of the receiver of functions: one that is the name of none
// of their parameters.
func receiver(functions []*function) string {
	used := map[string]bool{}
	for _, f := range functions {
		for _, p := range f.params {
			used[p.goName] = true
		}
	}
	for _, name := range receivers {
		if !used[name] {
			return name
		}
	}
	return unique("receiver", used)
}

// predeclared are the names that Go's universe block declares.
var predeclared = func() map[string]bool {
	names := map[string]bool{}
	for _, name := range strings.Fields(`any bool byte comparable complex64 complex128 error float32 float64 int int8 int16
		int32 int64 rune string uint uint8 uint16 uint32 uint64 uintptr true false iota nil append cap clear close complex
		copy delete imag len make max min new panic print println real recover`) {
		names[name] = true
	}
	return names
}()

// paramNames returns the Go names of parameters.
func paramNames(params []param) []string {
	used := map[string]bool{}
	names := make([]string, len(params))
	for i, p := range params {
		name := camel(p.name)
		if token.IsKeyword(name) || predeclared[name] || localNames[name] || isHelperName(name) {
			name += "Value"
		}
		names[i] = unique(name, used)
	}
	return names
}

// helperPrefixes begin the names of generated functions and variables that are not
// exported.
var helperPrefixes = []string{"load", "store", "pop", "push", "lower", "lift", "list", "map", "find", "resource", "import"}

func isHelperName(name string) bool {
	for _, prefix := range helperPrefixes {
		if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" && unicode.IsUpper(rune(rest[0])) {
			return true
		}
	}
	return false
}

// unique returns the name, with a number if it is used already, and marks it as used.
func unique(name string, used map[string]bool) string {
	free := name
	for n := 2; used[free]; n++ {
		free = numbered(name, n)
	}
	used[free] = true
	return free
}

// prefixesOf returns what may precede the Go names of an interface's types and
// functions to make them differ from those of others: nothing, the interface's name,
// the package's too, with its namespace, and with the version.
func prefixesOf(id string) []string {
	name, version, _ := strings.Cut(id, "@")
	pkg, local, ok := cutLast(name, "/")
	if !ok {
		return []string{"", pascal(name)}
	}
	namespace, pkg, _ := cutLast(pkg, ":")
	iface := pascal(local)
	withPackage := pascal(pkg) + iface
	all := pascal(strings.ReplaceAll(namespace, ":", "-")) + withPackage
	prefixes := []string{"", iface, withPackage, all}
	if version != "" {
		prefixes = append(prefixes, all+versionName(version))
	}
	return prefixes
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(sep):], true
}

// versionName returns a version as a part of a Go name: 1.2.0 as V1_2.
func versionName(version string) string {
	for strings.HasSuffix(version, ".0") {
		version = strings.TrimSuffix(version, ".0")
	}
	return "V" + strings.Map(func(r rune) rune {
		if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '_'
	}, version)
}

// exported returns the owner for the types that contain resources of the guest, if the
// host has resources of the same interface.
func (o *owner) exported() *owner {
	e := &owner{id: o.id}
	for _, prefix := range o.prefixes {
		e.prefixes = append(e.prefixes, "Exported"+prefix)
	}
	return e
}

// GoName returns a name of WIT as an exported name of Go, as in generated packages.
func GoName(name string) string { return pascal(name) }
