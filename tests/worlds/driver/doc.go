// Package driver makes the calls of a random world through generated bindings, for
// package worlds. It knows the world's types by reflection only.
package driver
