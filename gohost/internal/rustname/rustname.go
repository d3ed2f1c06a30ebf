// Package rustname makes the names of Rust functions readable in a stack trace: those that
// the compiler writes now (v0, RFC 2603), and the legacy ones of older compilers.
//
// A module chooses the names of its functions, so the work for a name is linear in its
// length, and what it becomes is bounded. References in a v0 name may repeat parts of it, so
// that some 40 bytes could become gigabytes.
package rustname

import (
	"strconv"
	"strings"
)

// maxName is the max size in bytes of a readable name.
const maxName = 1 << 10

// Demangle returns the readable form of a mangled name, without hashes, and cut at 1 KiB. It
// returns the name itself if it is not mangled, or longer than 1 KiB.
func Demangle(name string) string {
	readable, ok := "", false
	if len(name) > maxName {
		return name
	}
	if rest, is := strings.CutPrefix(name, "_R"); is {
		readable, ok = v0(rest)
	} else if rest, is := strings.CutPrefix(name, "_ZN"); is {
		readable, ok = legacy(rest)
	}
	if !ok {
		return name
	}
	return readable
}

// InTrace returns a line of a stack trace with its function's name made readable: the name
// is between the dot at the beginning and the parameters.
func InTrace(line string) string {
	rest, ok := strings.CutPrefix(line, ".")
	if !ok || !strings.HasPrefix(rest, "_") {
		return line
	}
	name, signature, ok := strings.Cut(rest, "(")
	if !ok {
		return line
	}
	return "." + Demangle(name) + "(" + signature
}

// legacy reads <length><identifier>… E, of which the last is a hash.
func legacy(rest string) (string, bool) {
	var parts []string
	for !strings.HasPrefix(rest, "E") {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.Atoi(rest[:digits])
		if err != nil || n == 0 || n > len(rest)-digits {
			return "", false
		}
		parts = append(parts, rest[digits:digits+n])
		rest = rest[digits+n:]
	}
	suffix, ok := appended(rest[1:])
	if len(parts) == 0 || !ok {
		return "", false // a name of C++ ends with the types of parameters
	}
	if n := len(parts) - 1; n > 0 && isHash(parts[n]) {
		parts = parts[:n]
	}
	for i, part := range parts {
		parts[i] = unescaped(part)
	}
	return strings.Join(parts, "::") + suffix, true
}

// appended returns what tools have appended to a name, without what means nothing to people,
// or false if the name goes on.
func appended(text string) (string, bool) {
	text, _, _ = strings.Cut(text, ".llvm.")
	return text, text == "" || text[0] == '.'
}

func isHash(part string) bool {
	return len(part) == 17 && part[0] == 'h' && strings.Trim(part[1:], "0123456789abcdef") == ""
}

// escapes are what legacy identifiers have between two dollar signs.
var escapes = map[string]string{"SP": "@", "BP": "*", "RF": "&", "LT": "<", "GT": ">", "LP": "(", "RP": ")", "C": ","}

func unescaped(part string) string {
	if strings.HasPrefix(part, "_$") {
		part = part[1:]
	}
	var out strings.Builder
	for part != "" {
		switch {
		case strings.HasPrefix(part, ".."):
			out.WriteString("::")
			part = part[2:]
			continue
		case part[0] == '$':
			if escape, rest, ok := strings.Cut(part[1:], "$"); ok {
				if text, ok := character(escape); ok {
					out.WriteString(text)
					part = rest
					continue
				}
			}
		}
		out.WriteByte(part[0])
		part = part[1:]
	}
	return out.String()
}

func character(escape string) (string, bool) {
	if text, ok := escapes[escape]; ok {
		return text, true
	}
	digits, ok := strings.CutPrefix(escape, "u")
	code, err := strconv.ParseUint(digits, 16, 21)
	if !ok || err != nil || !strconv.IsPrint(rune(code)) {
		return "", false
	}
	return string(rune(code)), true
}
