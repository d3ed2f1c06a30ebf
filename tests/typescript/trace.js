// A stack trace of the engine, in any JavaScript runtime.

/** Makes the engine in a core module, which may be metered, panic, and returns the stack. */
export async function panicking(wasm) {
  const imports = { "compute-pipeline:fuel": { refuel: () => 1n << 40n } };
  const { instance } = await WebAssembly.instantiate(wasm, imports);
  try {
    instance.exports["org:compute/pipeline@0.1.0#process-batch"](8, 3); // no batch has 3 bytes
  } catch (error) {
    return error.stack;
  }
  throw new Error("process-batch returned");
}
