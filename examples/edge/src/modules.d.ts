// A module that the platform compiles before the worker starts.
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
