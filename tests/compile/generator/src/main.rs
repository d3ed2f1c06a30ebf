//! Writes modules that are hard to compile, and what the prepare module estimates of
//! them.

mod shapes;

use std::fs;
use std::process::ExitCode;

use compute_pipeline_prepare::{complexity, harden, meter, tables};
use serde_json::{Value, json};
use shapes::Shape;

const USAGE: &str = "\
usage: compute-pipeline-compile-shapes COMMAND

commands:
  list               print the names of all shapes
  write NAME N OUT   write the shape of that size, as wazero gets it, to OUT,
                     and print what compiling it is estimated at
  limit NAME OUT     the same, of the largest size that is accepted
  estimate IN        print what compiling IN is estimated at";

/// No shape is made larger.
const LARGEST: usize = 1 << 20;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args[..] {
        ["list"] => {
            shapes::all()
                .iter()
                .for_each(|shape| println!("{}", shape.name));
            Ok(())
        }
        ["write", name, n, out] => write(name, n, out),
        ["limit", name, out] => limit(name, out),
        ["estimate", file] => estimate(file),
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn find(name: &str) -> Result<Shape, String> {
    let mut all = shapes::all().into_iter();
    all.find(|shape| shape.name == name)
        .ok_or_else(|| format!("there is no shape {name:?}"))
}

fn write(name: &str, n: &str, out: &str) -> Result<(), String> {
    let n = n.parse().map_err(|_| format!("{n:?} is no size"))?;
    write_prepared(n, &unmetered(&find(name)?, n)?, out)
}

fn limit(name: &str, out: &str) -> Result<(), String> {
    let shape = find(name)?;
    let accepted = |n| unmetered(&shape, n).is_ok_and(|wasm| complexity::check(&wasm).is_ok());
    let (mut low, mut high) = (1, 2);
    while high <= LARGEST && accepted(high) {
        (low, high) = (high, high * 2);
    }
    // Within a sixteenth of the largest.
    while high - low > high / 16 + 1 {
        let middle = low.midpoint(high);
        match accepted(middle) {
            true => low = middle,
            false => high = middle,
        }
    }
    write_prepared(low, &unmetered(&shape, low)?, out)
}

/// The module as it is estimated: hardened, with bounded tables.
fn unmetered(shape: &Shape, n: usize) -> Result<Vec<u8>, String> {
    let hardened = harden::harden(&shapes::module(shape, n)).map_err(|err| err.to_string())?;
    tables::bound(&hardened.wasm).map_err(|err| err.to_string())
}

fn write_prepared(n: usize, unmetered: &[u8], out: &str) -> Result<(), String> {
    let metered = meter::meter(unmetered).map_err(|err| err.to_string())?;
    fs::write(out, &metered.wasm).map_err(|err| format!("{out}: {err}"))?;
    print(n, unmetered)
}

fn estimate(file: &str) -> Result<(), String> {
    let wasm = fs::read(file).map_err(|err| format!("{file}: {err}"))?;
    print(1, &wasm)
}

fn print(n: usize, wasm: &[u8]) -> Result<(), String> {
    let estimate = complexity::estimate(wasm).map_err(|err| err.to_string())?;
    let refused =
        complexity::check(wasm).map_or_else(|err| json!(err.to_string()), |()| Value::Null);
    println!(
        "{}",
        json!({
            "n": n,
            "bytes": wasm.len(),
            "nanoseconds": estimate.whole.time,
            "peak": estimate.whole.memory,
            "kept": estimate.whole.kept,
            "refused": refused,
        })
    );
    Ok(())
}
