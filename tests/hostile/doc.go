// Package hostile holds modules that break the rules, each named for what it
// does, and tests that loading and calling them hurts nobody: the error has its
// exact class, the instance is discarded, the next call is right, and nothing is
// left behind.
//
// The modules in load are refused, or cannot be started. Those in call meet the
// contract as far as can be seen when they are loaded. They are right for one
// point, for `[]` and for the checksum 0, and misbehave beyond that, so that one
// engine sees both. Those in wasi import what can be granted: one calls whatever it
// is told, so that the tests say with what arguments and how often. What text cannot say well (counts of billions, cut and
// changed bytes) is made by the tests.
package hostile
