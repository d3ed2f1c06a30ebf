//go:build wasip1

package main

import "unsafe"

// This file is the canonical ABI by hand: the host writes arguments where cabi_realloc
// says, each export returns the address of its result, and the host calls the export's
// cabi_post_ function once it has copied the result. The names are those of the WIT world.

// lendList copies a list for the host, and returns its address and length.
func lendList[T any](list []T) (ptr, n uint32) {
	p := lend(uint32(len(list)) * uint32(unsafe.Sizeof(*new(T))))
	copy(unsafe.Slice((*T)(p), len(list)), list)
	return address(p), uint32(len(list))
}

// lendWords returns the address of a result of 32-bit words.
func lendWords(words ...uint32) unsafe.Pointer {
	p := lend(uint32(4 * len(words)))
	copy(unsafe.Slice((*uint32)(p), len(words)), words)
	return p
}

//go:wasmexport org:analytics/metrics@0.1.0#compute-aggregate
func exportComputeAggregate(points unsafe.Pointer, n uint32) unsafe.Pointer {
	mean, variance, sum := computeAggregate(unsafe.Slice((*datapoint)(points), n))
	return lendWords(lendList([]float64{mean, variance, sum}))
}

//go:wasmexport org:analytics/metrics@0.1.0#validate-stream
func exportValidateStream(raw unsafe.Pointer, n uint32) unsafe.Pointer {
	points, err := validateStream(unsafe.Slice((*byte)(raw), n))
	if err != nil {
		ptr, n := lendList([]byte(err.Error()))
		return lendWords(1, ptr, n)
	}
	ptr, n := lendList(points)
	return lendWords(0, ptr, n)
}

//go:wasmexport org:compute/pipeline@0.1.0#process-batch
func exportProcessBatch(input unsafe.Pointer, n uint32) unsafe.Pointer {
	const size = uint32(unsafe.Sizeof(datapoint{}))
	ptr, kept := lendList(processBatch(unsafe.Slice((*datapoint)(input), n/size), n%size))
	return lendWords(ptr, kept*size)
}

//go:wasmexport org:compute/pipeline@0.1.0#validate-checksum
func exportValidateChecksum(data unsafe.Pointer, n, expected uint32) uint32 {
	defer release() // a number needs no post-return
	if validateChecksum(unsafe.Slice((*byte)(data), n), expected) {
		return 1
	}
	return 0
}

//go:wasmexport cabi_post_org:analytics/metrics@0.1.0#compute-aggregate
func postComputeAggregate(unsafe.Pointer) { release() }

//go:wasmexport cabi_post_org:analytics/metrics@0.1.0#validate-stream
func postValidateStream(unsafe.Pointer) { release() }

//go:wasmexport cabi_post_org:compute/pipeline@0.1.0#process-batch
func postProcessBatch(unsafe.Pointer) { release() }
