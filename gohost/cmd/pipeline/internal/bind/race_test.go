//go:build race

package bind

// oneIn is how many packages of a corpus there are for each that is read: the race
// detector makes the interpreter, which the parser runs in, ten times slower.
const oneIn = 10
