package gohost

// EngineWasm is the embedded module, for tests that run it without this package.
func EngineWasm() []byte { return engineWasm }
