//! Writes float-heavy modules, the same ones for the same seed, to compare
//! runtimes with: `compute-pipeline-module-generator SEED COUNT DIR`.
//!
//! For each module DIR gets `NNNN.wasm`, `NNNN.hardened.wasm` (without the
//! instructions wazero compiles wrongly) and its calls in `calls.json`, which
//! the Go test and the Wasmtime runner read.
//!
//! The modules are made to be compiled wrongly: many values live at once and
//! across calls, and many selects, copysigns and bitselects between them; in half
//! of them more values than there are registers, and every instruction that takes
//! several machine instructions. What a program computes has one right answer: WebAssembly leaves only the bits of
//! a NaN open, so NaNs are made canonical before anything can see their bits.

mod expression;
mod function;
mod module;
mod pressure;
mod vector;

use std::path::Path;
use std::process::ExitCode;

use compute_pipeline_prepare::harden;
use compute_pipeline_random::Random;
use serde::Serialize;

#[derive(Serialize)]
struct Calls {
    modules: Vec<ModuleCalls>,
}

#[derive(Serialize)]
struct ModuleCalls {
    file: String,
    hardened: String,
    /// Instructions rewritten in the hardened module.
    rewritten: u64,
    calls: Vec<module::Call>,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let parsed = match &args[..] {
        [seed, count, dir] => seed
            .parse()
            .ok()
            .zip(count.parse().ok())
            .map(|(s, c)| (s, c, dir)),
        _ => None,
    };
    let Some((seed, count, dir)) = parsed else {
        eprintln!("usage: compute-pipeline-module-generator SEED COUNT DIR");
        return ExitCode::from(2);
    };
    match generate(seed, count, Path::new(dir)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("compute-pipeline-module-generator: {err}");
            ExitCode::FAILURE
        }
    }
}

fn generate(seed: u64, count: u32, dir: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut modules = vec![];
    for number in 0..count {
        let mut random = Random::of_module(seed, number);
        let wasm = module::generate(&mut random, number);
        let hardened = harden::harden(&wasm).map_err(|err| format!("module {number}: {err}"))?;
        let calls = ModuleCalls {
            file: format!("{number:04}.wasm"),
            hardened: format!("{number:04}.hardened.wasm"),
            rewritten: hardened.report.rewritten.total(),
            calls: module::calls(&mut random),
        };
        std::fs::write(dir.join(&calls.file), &wasm)?;
        std::fs::write(dir.join(&calls.hardened), &hardened.wasm)?;
        modules.push(calls);
    }
    std::fs::write(
        dir.join("calls.json"),
        serde_json::to_vec(&Calls { modules })?,
    )?;
    Ok(())
}
