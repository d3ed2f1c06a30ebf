//! The Wasmtime side of the tests: a second, independent runtime that runs the
//! same component over the same vectors as the Go host does on wazero.

use std::process::ExitCode;

mod conformance;
mod modules;
mod values;
mod vectors;

const USAGE: &str = "usage:
  compute-pipeline-wasmtime-runner conformance COMPONENT VECTORS
      run the vectors of an expanded file; one JSON line a case (tests/vectors/README.md)
  compute-pipeline-wasmtime-runner modules DIR
      run the calls of DIR/calls.json on its core modules; one JSON line a call";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args.split_first() {
        Some((command, rest)) if command == "conformance" => conformance::run(rest),
        Some((command, rest)) if command == "modules" => modules::run(rest),
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
