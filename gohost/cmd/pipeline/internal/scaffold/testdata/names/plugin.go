//go:build wasip1

// A plugin of the world my-org:my-pkg/my-world@1.2.0.
package main

// main never runs: the host calls exported functions.
func main() {}

func run(c Color) []uint32 {
	panic("run is not written yet")
}

func stop() {
	panic("stop is not written yet")
}

func exportedAsyncTypeLoop(selfID uint8, type_ *[]Tuple3[uint8, string, rune], c Colour) Result[struct{}, Shape] {
	panic("loop is not written yet")
}

func exportedAsyncTypeA1B2(x Result[uint8, struct{}], y Result[uint32, string], g Guest, bs Bits, f float32, t Tuple1[int64]) Tuple2[int8, []Guest] {
	panic("a1-b2 is not written yet")
}

func exportedAsyncTypeUseConn(c Conn, d Conn, aVeryLongParameterName string, anotherVeryLongParameterName []string) {
	panic("use-conn is not written yet")
}
