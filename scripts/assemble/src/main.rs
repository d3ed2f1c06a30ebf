//! Makes components of core modules, and modules of WebAssembly text, as the
//! build and the tests need them.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use compute_pipeline_assemble::{component, text};

const USAGE: &str = "\
usage:
  compute-pipeline-assemble component CORE WIT WORLD OUT
      make a component of the core module CORE and check that it is one of
      WORLD, which WIT declares, and no more: a directory, or several with
      commas between them, each of which may use those before it. Writes
        OUT.component.wasm  the component
        OUT.plain.wasm      the core module without its debug information
        OUT.wit             the component's world as it is read back
  compute-pipeline-assemble component-of CORE WIT WORLD OUT
      make a component of WORLD, which the directory WIT declares, of the core
      module CORE, which may export more. Writes OUT, the component
  compute-pipeline-assemble text FILE.wat...
      write each module to FILE.wasm";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args[..] {
        ["component", core, wit, world, out] => write_component(core, wit, world, out),
        ["component-of", core, wit, world, out] => write_component_of(core, wit, world, out),
        ["text", ref files @ ..] if !files.is_empty() => files
            .iter()
            .try_for_each(|file| text::assemble(Path::new(file))),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compute-pipeline-assemble: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn write_component(core: &str, wit: &str, world: &str, out: &str) -> Result<()> {
    let wasm = std::fs::read(core).with_context(|| core.to_owned())?;
    let plain = component::without_debug_information(&wasm).with_context(|| core.to_owned())?;
    let component = component::encode(&plain).with_context(|| core.to_owned())?;
    let wit: Vec<&Path> = wit.split(',').map(Path::new).collect();
    let wit = component::check_world(&component, &wit, world)?;
    write(&format!("{out}.component.wasm"), &component)?;
    write(&format!("{out}.plain.wasm"), &plain)?;
    write(&format!("{out}.wit"), wit.as_bytes())
}

fn write_component_of(core: &str, wit: &str, world: &str, out: &str) -> Result<()> {
    let wasm = std::fs::read(core).with_context(|| core.to_owned())?;
    let wit = Path::new(wit);
    let described = component::described(&wasm, wit, world).with_context(|| core.to_owned())?;
    let component = component::encode(&described).with_context(|| core.to_owned())?;
    component::check_world(&component, &[wit], world)?;
    write(out, &component)
}

fn write(path: &str, data: &[u8]) -> Result<()> {
    std::fs::write(path, data).with_context(|| path.to_owned())
}
