// Package compile holds what wazero takes to compile a module against what the
// prepare module estimates (guest/prepare/src/complexity).
//
// The shapes in generator are modules of nothing but what is hard to compile,
// each of any size. measured.tsv has what they took, as found by a search. The
// tests compile some of them, and with COMPUTE_PIPELINE_COMPILE_ALL set all of
// them, in child processes: what a process takes of memory is no other's, and a
// bomb that nobody thought of kills the child alone. Only memory decides; time is
// reported.
package compile
