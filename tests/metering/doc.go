// Package metering compares metered modules with what they were made from.
//
// Metering (guest/prepare) rewrites a module so that it pays for what it does
// with fuel and asks the host for more. That must change nothing else: results,
// traps, memory and globals stay the same, however small the slices of fuel
// are, and the fuel used is the same on every engine. The tests hold it to that
// on generated modules, and show that no module, however it was made to, runs
// on when its fuel is used up.
//
// Components of several core modules are compared in the same way with the module that they
// were made from: merging changes nothing either.
//
// The tests start programs of this workspace with cargo. To use built ones, set
// COMPUTE_PIPELINE_PREPARE and COMPUTE_PIPELINE_METERING_GENERATOR to their
// paths. COMPUTE_PIPELINE_METERING_MODULES, COMPUTE_PIPELINE_METERING_COMPONENTS and
// COMPUTE_PIPELINE_METERING_SEED choose other modules than the ones of every day.
package metering
