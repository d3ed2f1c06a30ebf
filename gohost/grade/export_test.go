package grade

// Sections are the sections of docs/contract.md that violations name.
var Sections = []string{
	sectionAggregate, sectionStream, sectionBatch, sectionChecksum, sectionStates, sectionFinish, sectionSumAndMean, sectionVariance,
}
