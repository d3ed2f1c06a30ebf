package rustname

import (
	"strconv"
	"strings"
)

var basicTypes = map[byte]string{
	'a': "i8", 'b': "bool", 'c': "char", 'd': "f64", 'e': "str", 'f': "f32", 'h': "u8", 'i': "isize", 'j': "usize",
	'l': "i32", 'm': "u32", 'n': "i128", 'o': "u128", 'p': "_", 's': "i16", 't': "u16", 'u': "()", 'v': "...",
	'x': "i64", 'y': "u64", 'z': "!",
}

func (d *demangler) typ() {
	d.enter()
	defer d.leave()
	tag := d.next()
	if basic, ok := basicTypes[tag]; ok {
		d.write(basic)
		return
	}
	switch tag {
	case 'R', 'Q':
		d.write("&")
		if d.eat('L') {
			if lifetime := d.number(); lifetime != 0 {
				d.lifetime(lifetime)
				d.write(" ")
			}
		}
		if tag == 'Q' {
			d.write("mut ")
		}
		d.typ()
	case 'P':
		d.write("*const ")
		d.typ()
	case 'O':
		d.write("*mut ")
		d.typ()
	case 'A', 'S':
		d.write("[")
		d.typ()
		if tag == 'A' {
			d.write("; ")
			d.constant()
		}
		d.write("]")
	case 'T':
		d.write("(")
		if d.list(", ", d.typ) == 1 {
			d.write(",")
		}
		d.write(")")
	case 'F':
		d.binder(d.function)
	case 'D':
		d.write("dyn ")
		d.binder(func() { d.list(" + ", d.trait) })
		if !d.eat('L') {
			d.fail()
		}
		if lifetime := d.number(); lifetime != 0 {
			d.write(" + ")
			d.lifetime(lifetime)
		}
	case 'B':
		d.again(d.typ)
	case 0:
	default:
		d.at--
		d.path(false)
	}
}

// function reads the signature of a function.
func (d *demangler) function() {
	if d.eat('U') {
		d.write("unsafe ")
	}
	if d.eat('K') {
		abi := "C"
		if !d.eat('C') {
			abi = strings.ReplaceAll(d.identifier(), "_", "-")
		}
		d.write(`extern "` + abi + `" `)
	}
	d.write("fn(")
	d.list(", ", d.typ)
	d.write(")")
	if !d.eat('u') {
		d.write(" -> ")
		d.typ()
	}
}

// trait reads a trait of a dyn type, whose associated types are among its arguments.
func (d *demangler) trait() {
	open := d.openPath()
	for d.eat('p') {
		if open {
			d.write(", ")
		} else {
			d.write("<")
		}
		open = true
		d.write(d.identifier() + " = ")
		d.typ()
	}
	if open {
		d.write(">")
	}
}

// openPath reads a path, and reports whether it left the list of arguments open.
func (d *demangler) openPath() (open bool) {
	switch {
	case d.eat('B'):
		d.again(func() { open = d.openPath() })
		return open
	case d.eat('I'):
		d.path(false)
		d.write("<")
		d.list(", ", d.argument)
		return true
	}
	d.path(false)
	return false
}

// binder reads what lifetimes may be bound around.
func (d *demangler) binder(read func()) {
	bound := d.optional('G')
	if bound > maxDepth {
		d.fail()
		return
	}
	if bound > 0 {
		d.write("for<")
		for i := range bound {
			if i > 0 {
				d.write(", ")
			}
			d.bound++
			d.lifetime(1)
		}
		d.write("> ")
	}
	read()
	d.bound -= bound
}

// lifetime writes a lifetime by its distance from the innermost bound one.
func (d *demangler) lifetime(distance uint64) {
	switch {
	case d.quiet > 0 || d.cut: // the binder may not have been read
	case distance == 0:
		d.write("'_")
	case distance > d.bound:
		d.fail()
	case d.bound-distance < 26:
		d.write("'" + string(rune('a'+d.bound-distance)))
	default:
		d.write("'_" + strconv.FormatUint(d.bound-distance, 10))
	}
}

// constant reads a constant of a simple type; it fails for others, which names have only
// with unstable features.
func (d *demangler) constant() {
	d.enter()
	defer d.leave()
	switch tag := d.next(); tag {
	case 'p':
		d.write("_")
	case 'a', 's', 'l', 'x', 'n', 'i':
		if d.eat('n') {
			d.write("-")
		}
		d.write(integer(d.hex()))
	case 'h', 't', 'm', 'y', 'o', 'j':
		d.write(integer(d.hex()))
	case 'b':
		switch d.hex() {
		case "0":
			d.write("false")
		case "1":
			d.write("true")
		default:
			d.fail()
		}
	case 'c':
		code, err := strconv.ParseUint(d.hex(), 16, 21)
		if err != nil {
			d.fail()
		}
		d.write(strconv.QuoteRune(rune(code)))
	case 'B':
		d.again(d.constant)
	default:
		d.fail()
	}
}

// hex reads hexadecimal digits up to an underscore.
func (d *demangler) hex() string {
	start := d.at
	for c := d.peek(); c >= '0' && c <= '9' || c >= 'a' && c <= 'f'; c = d.peek() {
		d.at++
	}
	digits := d.text[start:d.at]
	if !d.eat('_') {
		d.fail()
	}
	if trimmed := strings.TrimLeft(digits, "0"); trimmed != "" {
		return trimmed
	}
	return "0"
}

func integer(hex string) string {
	if n, err := strconv.ParseUint(hex, 16, 64); err == nil {
		return strconv.FormatUint(n, 10)
	}
	return "0x" + hex
}
