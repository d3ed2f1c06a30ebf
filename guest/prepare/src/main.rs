//! The crate as a program: one command per function of the library.

use std::borrow::Cow;
use std::fmt;
use std::process::ExitCode;

use compute_pipeline_prepare::contract::Contract;
use compute_pipeline_prepare::harden::{self, Hardened};
use compute_pipeline_prepare::meter::{self, Metered};
use compute_pipeline_prepare::offsets::OffsetMap;
use compute_pipeline_prepare::prepare::{self, Options, Prepared};
use compute_pipeline_prepare::{Error, describe, dwarf, extract, names};

const USAGE: &str = "\
usage: compute-pipeline-prepare COMMAND

commands:
  describe IN     print what is in IN, a module or component, as JSON
  check --contract FILE IN
                  print what keeps IN from being an implementation of the
                  contract; exit status 1 if there is anything
  extract --contract FILE IN OUT
                  write the core module of the component IN to OUT
  prepare --contract FILE IN OUT
                  write to OUT what the host runs of IN, metered
  prepare --unmetered --contract FILE IN OUT
                  the same, without metering
  maps IN OUT MAPS
                  write to OUT what the host runs of IN, which imports nothing,
                  and to MAPS where its code went: hardened, then metered
  maps --contract FILE IN OUT MAPS
                  the same of an implementation of the contract
  maps --trusted IN OUT MAPS
                  the same, metered as by meter --trusted
  harden IN OUT   write IN to OUT without the instructions wazero compiles
                  wrongly, and print what was rewritten
  harden --dwarf IN OUT
                  the same, with debug information converted, not dropped
  meter IN OUT    write IN to OUT with code that counts what it does, and print
                  where it counts
  meter --trusted IN OUT
                  the same, without a bound on the call stack
  demangle IN OUT write IN to OUT with readable function names
  miscompiled IN  list the instructions that harden would rewrite; exit status
                  1 if there are any

exit status: 0 done, 1 a bad module or such instructions, 2 bad use";

const COMMANDS: [&str; 9] = [
    "describe",
    "check",
    "extract",
    "prepare",
    "maps",
    "harden",
    "meter",
    "demangle",
    "miscompiled",
];

/// Why the program ends without success.
enum Failure {
    /// The arguments make no sense.
    Use(String),
    /// The work could not be done, or its answer is no.
    Work(String),
}

impl Failure {
    fn work(context: impl fmt::Display, err: impl fmt::Display) -> Self {
        Failure::Work(format!("{context}: {err}"))
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args[..] {
        ["describe", input] => print_description(input),
        ["check", "--contract", contract, input] => check_file(contract, input),
        ["extract", "--contract", contract, input, output] => extract_file(contract, input, output),
        ["prepare", "--contract", contract, input, output] => {
            prepare_file(contract, input, output, true)
        }
        [
            "prepare",
            "--unmetered",
            "--contract",
            contract,
            input,
            output,
        ] => prepare_file(contract, input, output, false),
        ["maps", input, output, maps] => {
            write_maps(Contract::default(), input, output, maps, prepare::with_maps)
        }
        ["maps", "--contract", contract, input, output, maps] => read_contract(contract)
            .and_then(|contract| write_maps(contract, input, output, maps, prepare::with_maps)),
        ["maps", "--trusted", input, output, maps] => {
            let contract = Contract::default();
            write_maps(contract, input, output, maps, prepare::trusted_with_maps)
        }
        ["harden", "--dwarf", input, output] => harden_file(input, output, dwarf::harden),
        ["harden", input, output] => harden_file(input, output, harden::harden),
        ["meter", "--trusted", input, output] => meter_file(input, output, meter::meter_trusted),
        ["meter", input, output] => meter_file(input, output, meter::meter),
        ["demangle", input, output] => rewrite_file(input, output, names::demangle),
        ["miscompiled", input] => list_miscompiled(input),
        ["help" | "-h" | "--help"] => {
            println!("{USAGE}");
            Ok(())
        }
        [] => Err(Failure::Use("no command".into())),
        [command, ..] if COMMANDS.contains(&command) => Err(Failure::Use(format!(
            "{command}: wrong number of arguments"
        ))),
        [command, ..] => Err(Failure::Use(format!("unknown command {command:?}"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Work(message)) => {
            eprintln!("compute-pipeline-prepare: {message}");
            ExitCode::from(1)
        }
        Err(Failure::Use(message)) => {
            eprintln!("compute-pipeline-prepare: {message}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn read(path: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|err| Failure::work(path, err))
}

fn harden_file(
    input: &str,
    output: &str,
    harden: fn(&[u8]) -> Result<Hardened, Error>,
) -> Result<(), Failure> {
    let wasm = read(input)?;
    let hardened = harden(&wasm).map_err(|err| Failure::work(input, err))?;
    // The output is validated and searched again: a build relies on it.
    let left = harden::miscompiled(&hardened.wasm).map_err(|err| Failure::work(output, err))?;
    if let Some(instruction) = left.first() {
        return Err(Failure::work(
            input,
            format!(
                "hardening left an instruction that wazero miscompiles, {instruction}; this is a defect"
            ),
        ));
    }
    std::fs::write(output, &hardened.wasm).map_err(|err| Failure::work(output, err))?;
    report(&wasm, &hardened);
    Ok(())
}

fn report(
    wasm: &[u8],
    Hardened {
        wasm: hardened,
        report,
    }: &Hardened,
) {
    println!("rewritten: {}", report.rewritten.total());
    println!("  {}", report.rewritten);
    if !report.dropped.is_empty() {
        println!("dropped, since code moved: {}", report.dropped.join(", "));
    }
    println!("size: {} bytes, was {}", hardened.len(), wasm.len());
}

fn meter_file(
    input: &str,
    output: &str,
    meter: fn(&[u8]) -> Result<Metered, Error>,
) -> Result<(), Failure> {
    let wasm = read(input)?;
    let metered = meter(&wasm).map_err(|err| Failure::work(input, err))?;
    std::fs::write(output, &metered.wasm).map_err(|err| Failure::work(output, err))?;
    println!(
        "{}; size: {} bytes, was {}",
        metered.report,
        metered.wasm.len(),
        wasm.len()
    );
    Ok(())
}

fn rewrite_file(
    input: &str,
    output: &str,
    rewrite: impl Fn(&[u8]) -> Result<Vec<u8>, Error>,
) -> Result<(), Failure> {
    let rewritten = rewrite(&read(input)?).map_err(|err| Failure::work(input, err))?;
    std::fs::write(output, rewritten).map_err(|err| Failure::work(output, err))
}

fn read_contract(path: &str) -> Result<Contract, Failure> {
    let text = read(path)?;
    Contract::parse(&String::from_utf8_lossy(&text)).map_err(|err| Failure::work(path, err))
}

fn extract_file(contract: &str, input: &str, output: &str) -> Result<(), Failure> {
    let contract = read_contract(contract)?;
    rewrite_file(input, output, |wasm| {
        extract::extract(wasm, &contract).map(Cow::into_owned)
    })
}

fn prepare_file(contract: &str, input: &str, output: &str, meter: bool) -> Result<(), Failure> {
    let options = Options {
        contract: read_contract(contract)?,
        meter,
    };
    rewrite_file(input, output, |wasm| {
        prepare::prepare(wasm, &options).map(|prepared| prepared.wasm)
    })
}

/// Prepares a module, and says where its code went.
type Mapped = fn(&[u8], &Options) -> Result<(Prepared, Vec<OffsetMap>), Error>;

fn write_maps(
    contract: Contract,
    input: &str,
    output: &str,
    maps: &str,
    prepare: Mapped,
) -> Result<(), Failure> {
    let options = Options {
        contract,
        meter: true,
    };
    let (prepared, found) =
        prepare(&read(input)?, &options).map_err(|err| Failure::work(input, err))?;
    let found: Vec<u8> = found.iter().flat_map(OffsetMap::to_bytes).collect();
    std::fs::write(output, prepared.wasm).map_err(|err| Failure::work(output, err))?;
    std::fs::write(maps, found).map_err(|err| Failure::work(maps, err))
}

fn print_description(input: &str) -> Result<(), Failure> {
    let json = describe::describe(&read(input)?).map_err(|err| Failure::work(input, err))?;
    println!("{json}");
    Ok(())
}

fn check_file(contract: &str, input: &str) -> Result<(), Failure> {
    let problems = prepare::check(&read(input)?, &read_contract(contract)?)
        .map_err(|err| Failure::work(input, err))?;
    for problem in &problems {
        println!("{problem}");
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Failure::work(input, "the host cannot load it")),
    }
}

fn list_miscompiled(input: &str) -> Result<(), Failure> {
    let found = harden::miscompiled(&read(input)?).map_err(|err| Failure::work(input, err))?;
    for instruction in &found {
        println!("{instruction}");
    }
    match found.len() {
        0 => Ok(()),
        n => Err(Failure::work(
            input,
            format!("{n} instructions that wazero compiles wrongly"),
        )),
    }
}
