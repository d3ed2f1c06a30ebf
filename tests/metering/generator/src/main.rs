//! Writes modules, the same ones for the same seed, to compare metered ones
//! with what they were made from:
//!
//! - `compute-pipeline-metering-generator generate SEED FIRST COUNT DIR`:
//!   modules number FIRST to FIRST + COUNT - 1 of a seed, and `modules.json`,
//!   which the Go test reads. Each is written as it is, hardened (without the
//!   instructions wazero compiles wrongly), and both of them metered.
//! - `compute-pipeline-metering-generator components SEED FIRST COUNT DIR`: such
//!   modules without imports, hardened, and what the host runs of components that do the
//!   same with several core modules, and `components.json`.
//!
//! Every module terminates, and what it computes has one right answer.

mod components;
mod program;
mod smith;
mod surroundings;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use compute_pipeline_prepare::{harden, meter};
use compute_pipeline_random::Random;
use serde::Serialize;
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

const USAGE: &str = "\
usage: compute-pipeline-metering-generator generate|components SEED FIRST COUNT DIR";

#[derive(Serialize)]
struct Modules {
    modules: Vec<Written>,
}

/// A module and what was made of it, as file names.
#[derive(Serialize)]
struct Written {
    kind: &'static str,
    base: String,
    metered: String,
    hardened: String,
    prepared: String,
    /// Names of its exported globals that hold numbers.
    globals: Vec<String>,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args[..] {
        [
            command @ ("generate" | "components"),
            seed,
            first,
            count,
            dir,
        ] => {
            let (Ok(seed), Ok(first), Ok(count)) = (seed.parse(), first.parse(), count.parse())
            else {
                return usage();
            };
            match command {
                "generate" => generate(seed, first, count, Path::new(dir)),
                _ => components::write(seed, first, count, Path::new(dir)),
            }
        }
        _ => return usage(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("compute-pipeline-metering-generator: {err}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

fn generate(seed: u64, first: u32, count: u32, dir: &Path) -> Result<(), Box<dyn Error>> {
    let mut modules = vec![];
    for number in first..first + count {
        let mut random = Random::of_module(seed, number);
        let (kind, wasm) = if number % 2 == 0 {
            ("smith", smith::generate(&mut random))
        } else {
            ("program", program::generate(&mut random))
        };
        modules.push(write(number, kind, &wasm, dir)?);
    }
    let list = serde_json::to_vec(&Modules { modules })?;
    std::fs::write(dir.join("modules.json"), list)?;
    Ok(())
}

/// Writes a module and its forms.
fn write(
    number: u32,
    kind: &'static str,
    wasm: &[u8],
    dir: &Path,
) -> Result<Written, Box<dyn Error>> {
    let written = Written {
        kind,
        base: format!("{number:06}.{kind}.wasm"),
        metered: format!("{number:06}.{kind}.metered.wasm"),
        hardened: format!("{number:06}.{kind}.hardened.wasm"),
        prepared: format!("{number:06}.{kind}.prepared.wasm"),
        globals: exported_numbers(wasm)?,
    };
    std::fs::write(dir.join(&written.base), wasm)?;
    let metered = meter::meter(wasm).map_err(|err| format!("{}: {err}", written.base))?;
    std::fs::write(dir.join(&written.metered), metered.wasm)?;
    let hardened = harden::harden(wasm).map_err(|err| format!("{}: {err}", written.base))?;
    let prepared =
        meter::meter(&hardened.wasm).map_err(|err| format!("{}: {err}", written.hardened))?;
    std::fs::write(dir.join(&written.hardened), hardened.wasm)?;
    std::fs::write(dir.join(&written.prepared), prepared.wasm)?;
    Ok(written)
}

/// Names of the exported globals that hold numbers.
fn exported_numbers(wasm: &[u8]) -> Result<Vec<String>, wasmparser::Error> {
    let (mut types, mut names) = (vec![], vec![]);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    if let TypeRef::Global(ty) = import?.ty {
                        types.push(ty);
                    }
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    types.push(global?.ty);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Global
                        && !types[export.index as usize]
                            .content_type
                            .is_reference_type()
                    {
                        names.push(export.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    Ok(names)
}
