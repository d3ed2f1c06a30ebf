package rustname

import (
	"math"
	"strconv"
	"strings"
)

// v0 reads a path, the crate that instantiates it, and what tools have appended.
func v0(text string) (string, bool) {
	d := demangler{text: text, steps: 16 * (len(text) + 1)}
	d.path(true)
	if d.peek() >= 'A' && d.peek() <= 'Z' {
		d.quietly(func() { d.path(false) })
	}
	suffix, ok := appended(d.text[d.at:])
	d.write(suffix)
	return d.out.String(), ok && !d.failed
}

// demangler reads a v0 name by the grammar of RFC 2603. Once it has failed, it reads and
// writes nothing, and next returns 0.
type demangler struct {
	text   string
	at     int
	out    strings.Builder
	quiet  int // depth of parts that are read, but not written
	cut    bool
	depth  int
	bound  uint64 // lifetimes of binders around
	steps  int    // that are left
	failed bool
}

const maxDepth = 100

func (d *demangler) fail() { d.failed = true }

// enter begins a part that may contain itself, which ends with leave.
func (d *demangler) enter() {
	d.steps--
	d.depth++
	if d.steps < 0 || d.depth > maxDepth {
		d.fail()
	}
}

func (d *demangler) leave() { d.depth-- }

func (d *demangler) write(text string) {
	if d.failed || d.cut || d.quiet > 0 {
		return
	}
	if room := maxName - d.out.Len(); len(text) > room {
		text, d.cut = strings.ToValidUTF8(text[:room], "")+"…", true
	}
	d.out.WriteString(text)
}

func (d *demangler) quietly(read func()) {
	d.quiet++
	read()
	d.quiet--
}

func (d *demangler) peek() byte {
	if d.failed || d.at == len(d.text) {
		return 0
	}
	return d.text[d.at]
}

func (d *demangler) next() byte {
	c := d.peek()
	if c == 0 {
		d.fail()
		return 0
	}
	d.at++
	return c
}

func (d *demangler) eat(c byte) bool {
	if d.peek() != c {
		return false
	}
	d.at++
	return true
}

// number reads a number of base 62.
func (d *demangler) number() uint64 {
	if d.eat('_') {
		return 0
	}
	var n uint64
	for !d.failed && !d.eat('_') {
		var digit uint64
		switch c := d.next(); {
		case c >= '0' && c <= '9':
			digit = uint64(c - '0')
		case c >= 'a' && c <= 'z':
			digit = uint64(c-'a') + 10
		case c >= 'A' && c <= 'Z':
			digit = uint64(c-'A') + 36
		default:
			d.fail()
		}
		if n > (math.MaxUint64-digit)/62-1 {
			d.fail()
		}
		n = n*62 + digit
	}
	return n + 1
}

// optional reads a number after a tag, or returns 0.
func (d *demangler) optional(tag byte) uint64 {
	if !d.eat(tag) {
		return 0
	}
	n := d.number()
	if n == math.MaxUint64 {
		d.fail()
	}
	return n + 1
}

// identifier reads an identifier without its disambiguator.
func (d *demangler) identifier() string {
	punycode := d.eat('u')
	n := 0
	if !d.eat('0') {
		for c := d.peek(); c >= '0' && c <= '9'; c = d.peek() {
			if n = 10*n + int(c-'0'); n > len(d.text) {
				d.fail()
				return ""
			}
			d.at++
		}
		if n == 0 {
			d.fail()
		}
	}
	d.eat('_')
	if d.failed || n > len(d.text)-d.at {
		d.fail()
		return ""
	}
	name := d.text[d.at : d.at+n]
	d.at += n
	if !punycode {
		return name
	}
	if decoded, ok := unpunycode(name); ok {
		return decoded
	}
	return "punycode{" + name + "}"
}

// again reads the part that a reference names, which is before it.
func (d *demangler) again(read func()) {
	reference := d.at - 1
	to := d.number()
	if d.failed || to >= uint64(reference) {
		d.fail()
		return
	}
	if d.quiet > 0 || d.cut {
		return
	}
	back := d.at
	d.at = int(to)
	d.enter()
	read()
	d.leave()
	d.at = back
}

// list reads parts up to an E.
func (d *demangler) list(separator string, read func()) (n int) {
	for !d.failed && !d.eat('E') {
		if n > 0 {
			d.write(separator)
		}
		read()
		n++
	}
	return n
}

// path reads a path. In a value, generic arguments follow "::".
func (d *demangler) path(inValue bool) {
	d.enter()
	defer d.leave()
	switch tag := d.next(); tag {
	case 'C':
		d.optional('s')
		d.write(d.identifier())
	case 'N':
		space := d.next()
		d.path(inValue)
		number := d.optional('s')
		name := d.identifier()
		switch {
		case space >= 'A' && space <= 'Z':
			d.write("::{" + special(space))
			if name != "" {
				d.write(":" + name)
			}
			d.write("#" + strconv.FormatUint(number, 10) + "}")
		case name != "":
			d.write("::" + name)
		}
	case 'M', 'X', 'Y':
		if tag != 'Y' { // where the impl is
			d.optional('s')
			d.quietly(func() { d.path(false) })
		}
		d.write("<")
		d.typ()
		if tag != 'M' {
			d.write(" as ")
			d.path(false)
		}
		d.write(">")
	case 'I':
		d.path(inValue)
		if inValue {
			d.write("::")
		}
		d.write("<")
		d.list(", ", d.argument)
		d.write(">")
	case 'B':
		d.again(func() { d.path(inValue) })
	default:
		d.fail()
	}
}

func special(space byte) string {
	switch space {
	case 'C':
		return "closure"
	case 'S':
		return "shim"
	}
	return string(space)
}

// argument reads a generic argument.
func (d *demangler) argument() {
	switch {
	case d.eat('L'):
		d.lifetime(d.number())
	case d.eat('K'):
		d.constant()
	default:
		d.typ()
	}
}
