//! `trace FILE`: makes the engine panic, and prints the error with the stack trace as Wasmtime
//! writes it.

use anyhow::{Context as _, Result, bail};
use wasmtime::component::{self, Component, Val};
use wasmtime::{Engine, Linker, Module, Store};

const INTERFACE: &str = "org:compute/pipeline@0.1.0";
const FUNCTION: &str = "process-batch";
/// No batch has so many bytes.
const LENGTH: i32 = 3;

/// Runs the subcommand.
pub fn run(args: &[String]) -> Result<()> {
    let [path] = args else {
        bail!("trace wants FILE")
    };
    let wasm = std::fs::read(path).with_context(|| path.clone())?;
    let engine = Engine::default();
    let called = match wasm.get(4..8) {
        Some([1, 0, 0, 0]) => call_core(&engine, &wasm),
        _ => call_component(&engine, &wasm),
    };
    match called {
        Ok(()) => bail!("{FUNCTION} returned"),
        Err(error) => println!("{error:?}"),
    }
    Ok(())
}

/// Calls the function of a core module, which may be metered.
fn call_core(engine: &Engine, wasm: &[u8]) -> wasmtime::Result<()> {
    let module = Module::new(engine, wasm)?;
    let mut linker = Linker::new(engine);
    linker.func_wrap("compute-pipeline:fuel", "refuel", || 1i64 << 40)?;
    let mut store = Store::new(engine, ());
    let instance = linker.instantiate(&mut store, &module)?;
    let name = format!("{INTERFACE}#{FUNCTION}");
    let function = instance.get_typed_func::<(i32, i32), i32>(&mut store, &name)?;
    function.call(&mut store, (8, LENGTH))?;
    Ok(())
}

fn call_component(engine: &Engine, wasm: &[u8]) -> wasmtime::Result<()> {
    let component = Component::from_binary(engine, wasm)?;
    let mut store = Store::new(engine, ());
    let instance = component::Linker::new(engine).instantiate(&mut store, &component)?;
    let interface = component.get_export_index(None, INTERFACE);
    let index = component.get_export_index(interface.as_ref(), FUNCTION);
    let function = index.and_then(|index| instance.get_func(&mut store, index));
    let missing = || wasmtime::Error::msg("the component has no such function");
    let function = function.ok_or_else(missing)?;
    let batch = Val::List(vec![Val::U8(0); LENGTH as usize]);
    function.call(&mut store, &[batch], &mut [Val::Bool(false)])
}
