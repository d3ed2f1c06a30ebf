//! Runs generated core modules: a third opinion beside wazero's compiler and
//! interpreter.
//!
//! `modules DIR` reads `DIR/calls.json`:
//!
//! ```json
//! {"modules": [{"file": "0000.wasm", "calls": [
//!     {"function": "f0", "args": ["0x3ff0000000000000"]}]}]}
//! ```
//!
//! Every module gets one instance and its calls are made in order. An argument
//! is the bit pattern of an i32, i64, f32 or f64. For each call one JSON line is
//! printed, in order, with the bit patterns of the results or the trap:
//!
//! ```json
//! {"module": "0000.wasm", "call": 0, "results": ["0x4000000000000000"]}
//! {"module": "0000.wasm", "call": 1, "trap": "wasm trap: integer overflow"}
//! ```

use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use wasmtime::{Engine, Instance, Module, Store, Trap, Val, ValType};

#[derive(Deserialize)]
struct Calls {
    modules: Vec<ModuleCalls>,
}

#[derive(Deserialize)]
struct ModuleCalls {
    file: String,
    calls: Vec<Call>,
}

#[derive(Deserialize)]
struct Call {
    function: String,
    args: Vec<String>,
}

#[derive(Serialize)]
struct Answer<'a> {
    module: &'a str,
    call: usize,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Results(Vec<String>),
    Trap(String),
}

/// Runs the calls of the directory that `args` names.
///
/// # Errors
///
/// When the directory or a module cannot be read, or a call does not fit its
/// function. A trap is an answer, not an error.
pub fn run(args: &[String]) -> anyhow::Result<()> {
    let [dir] = args else {
        bail!(
            "modules: expected one directory, got {} arguments",
            args.len()
        );
    };
    let dir = Path::new(dir);
    let path = dir.join("calls.json");
    let text = std::fs::read(&path).with_context(|| path.display().to_string())?;
    let calls: Calls = serde_json::from_slice(&text).with_context(|| path.display().to_string())?;
    let engine = Engine::default();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for module in &calls.modules {
        run_module(&engine, dir, module, &mut out).with_context(|| module.file.clone())?;
    }
    out.flush()?;
    Ok(())
}

fn run_module(
    engine: &Engine,
    dir: &Path,
    module: &ModuleCalls,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let wasm = std::fs::read(dir.join(&module.file))?;
    let compiled = Module::new(engine, &wasm)?;
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &compiled, &[])?;
    for (index, call) in module.calls.iter().enumerate() {
        let outcome = run_call(&mut store, &instance, call)
            .with_context(|| format!("call {index} of {}", call.function))?;
        let answer = Answer {
            module: &module.file,
            call: index,
            outcome,
        };
        serde_json::to_writer(&mut *out, &answer)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn run_call(store: &mut Store<()>, instance: &Instance, call: &Call) -> anyhow::Result<Outcome> {
    let function = instance
        .get_func(&mut *store, &call.function)
        .with_context(|| format!("no function {:?} is exported", call.function))?;
    let ty = function.ty(&*store);
    let params: Vec<ValType> = ty.params().collect();
    ensure!(
        params.len() == call.args.len(),
        "{} arguments for {} parameters",
        call.args.len(),
        params.len()
    );
    let args = params
        .iter()
        .zip(&call.args)
        .map(|(ty, arg)| value(ty, digits(arg)?))
        .collect::<anyhow::Result<Vec<Val>>>()?;
    let mut results = vec![Val::I32(0); ty.results().len()];
    if let Err(err) = function.call(store, &args, &mut results) {
        // Anything but a trap would be the runner's own fault.
        return match err.downcast_ref::<Trap>() {
            Some(trap) => Ok(Outcome::Trap(trap.to_string())),
            None => Err(err.into()),
        };
    }
    Ok(Outcome::Results(
        results
            .iter()
            .map(|value| Ok(format!("{:#x}", bits(value)?)))
            .collect::<anyhow::Result<_>>()?,
    ))
}

/// The bit pattern that hexadecimal digits after 0x stand for.
fn digits(arg: &str) -> anyhow::Result<u64> {
    arg.strip_prefix("0x")
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .with_context(|| format!("argument {arg:?} is no hexadecimal number of 64 bits"))
}

/// The value of type `ty` with the given bit pattern.
pub fn value(ty: &ValType, bits: u64) -> anyhow::Result<Val> {
    let narrow =
        || u32::try_from(bits).with_context(|| format!("argument {bits:#x} has more than 32 bits"));
    Ok(match ty {
        ValType::I32 => Val::I32(narrow()?.cast_signed()),
        ValType::I64 => Val::I64(bits.cast_signed()),
        ValType::F32 => Val::F32(narrow()?),
        ValType::F64 => Val::F64(bits),
        ty => bail!("a parameter of type {ty} cannot be given"),
    })
}

/// The bit pattern of a value.
pub fn bits(value: &Val) -> anyhow::Result<u64> {
    Ok(match value {
        Val::I32(value) => u64::from(value.cast_unsigned()),
        Val::I64(value) => value.cast_unsigned(),
        Val::F32(bits) => u64::from(*bits),
        Val::F64(bits) => *bits,
        value => bail!("a result {value:?} cannot be shown"),
    })
}
