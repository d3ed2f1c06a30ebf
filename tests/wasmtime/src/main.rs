//! The Wasmtime side of the tests: a second, independent runtime that runs the
//! same vectors as the Go host does on wazero.

use std::process::ExitCode;

mod component;
mod core;
mod modules;
mod trace;
mod values;

const USAGE: &str = "usage:
  compute-pipeline-wasmtime-runner component COMPONENT
      call functions of a component as the lines of standard input say (tests/README.md)
  compute-pipeline-wasmtime-runner core MODULE
      call exports of a core module, as they say
  compute-pipeline-wasmtime-runner modules DIR
      run the calls of DIR/calls.json on its core modules; one JSON line a call
  compute-pipeline-wasmtime-runner trace FILE
      make the engine in FILE, a component or core module, panic; print the stack trace";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args.split_first() {
        Some((command, rest)) if command == "component" => component::run(rest),
        Some((command, rest)) if command == "core" => core::run(rest),
        Some((command, rest)) if command == "modules" => modules::run(rest),
        Some((command, rest)) if command == "trace" => trace::run(rest),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compute-pipeline-wasmtime-runner: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The version of Wasmtime.
fn version() -> anyhow::Result<&'static str> {
    compute_pipeline_runner::locked_version(include_str!("../../../Cargo.lock"), "wasmtime")
}
