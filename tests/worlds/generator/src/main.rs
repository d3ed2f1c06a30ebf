//! Random worlds, to compare another host with Wasmtime in both directions.
//!
//! Every world imports and exports the same interfaces. Wasmtime calls the exports
//! of a guest that passes its arguments to the imports, and that records what it is
//! given. A second guest for the other host replays what Wasmtime lowered, as flat
//! values and memory, and records what the other host lowers; Wasmtime lifts that.
//! So neither host reads a value that it wrote itself, and a wrong layout cannot hide.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, bail};

use crate::call::Host;
use crate::files::Case;

mod body;
mod call;
mod choose;
mod encoding;
mod files;
mod guest;
mod hostile;
#[cfg(test)]
mod merged;
mod names;
mod recording;
#[cfg(test)]
mod resources;
mod split;
#[cfg(test)]
mod tests;
mod text;
mod things;
mod values;
mod world;

const USAGE: &str = "\
usage:
  compute-pipeline-worlds write SEED FIRST COUNT CALLS DIR
      write a directory DIR/NUMBER for each of COUNT groups of ten worlds, with CALLS
      calls for each world
  compute-pipeline-worlds lift SEED FIRST COUNT CALLS DIR
      compare DIR/NUMBER/recording, which the other host wrote";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args[..] {
        ["write", seed, first, count, calls, dir] => {
            each([seed, first, count, calls], dir, Case::write)
        }
        ["lift", seed, first, count, calls, dir] => {
            each([seed, first, count, calls], dir, Case::lift)
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compute-pipeline-worlds: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Does something with each group, on all processors.
fn each(
    numbers: [&str; 4],
    dir: &str,
    work: impl Fn(&Case, &Host, &Path) -> Result<()> + Sync,
) -> Result<()> {
    let [seed, first, count, calls] = numbers;
    let (seed, first, count, calls): (u64, u32, u32, usize) = (
        seed.parse()?,
        first.parse()?,
        count.parse()?,
        calls.parse()?,
    );
    let host = Host::new()?;
    let next = AtomicU32::new(first);
    let errors = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= first + count {
                        return;
                    }
                    let done = Case::new(seed, number, calls)
                        .and_then(|case| {
                            work(&case, &host, &Path::new(dir).join(number.to_string()))
                        })
                        .with_context(|| format!("group {number} of seed {seed}"));
                    if let Err(error) = done {
                        errors
                            .lock()
                            .unwrap_or_else(|e| e.into_inner())
                            .push(format!("{error:#}"));
                    }
                }
            });
        }
    });
    let mut errors = errors.into_inner().unwrap_or_else(|e| e.into_inner());
    errors.sort();
    if let Some(error) = errors.first() {
        bail!(
            "{} of {count} groups fail, for example {error}",
            errors.len()
        );
    }
    Ok(())
}
