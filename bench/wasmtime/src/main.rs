//! The engine in Wasmtime, called from Rust, for the bench of peers. Lines of standard input
//! say what to do; each is answered by one line.
//!
//! - `aggregate FILE CALLS`: the time of so many calls on the points in FILE, 16 bytes each, in
//!   nanoseconds, and the bits of mean, variance and sum
//! - `parse FILE CALLS OUT`: the time for the JSON in FILE; the points go to OUT
//! - `grow N FILE`: starts instances until there are N, and calls each once

use std::io::{BufRead as _, Write as _};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

mod component;
mod core;

/// Mean, variance and sum.
type Moments = [f64; 3];

/// A packed point.
const POINT: usize = 16;

/// An instance of the engine.
trait Guest {
    /// Prepares the points of a packed list, as a program in Rust has them.
    fn points(&mut self, packed: &[u8]);
    /// Computes their moments.
    fn aggregate(&mut self) -> Result<Moments>;
    /// Reads points from JSON.
    fn parse(&mut self, text: &str) -> Result<Vec<u8>>;
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [kind, file] = args.as_slice() else {
        bail!("usage: compute-pipeline-bench-wasmtime component|core FILE")
    };
    let start: Box<dyn Fn() -> Result<Box<dyn Guest>>> = match kind.as_str() {
        "component" => component::load(file)?,
        "core" => core::load(file)?,
        _ => bail!("there is no {kind}"),
    };
    let mut guests = vec![start()?];
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let answer = match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["aggregate", file, calls] => {
                let packed = std::fs::read(file)?;
                guests[0].points(&packed);
                let calls: u32 = calls.parse()?;
                let began = Instant::now();
                let mut moments = [0.0; 3];
                for _ in 0..calls {
                    moments = guests[0].aggregate()?;
                }
                let took = began.elapsed().as_nanos();
                let [mean, variance, sum] = moments.map(f64::to_bits);
                format!("{took} {mean} {variance} {sum}")
            }
            ["parse", file, calls, out] => {
                let text = std::fs::read_to_string(file)?;
                let calls: u32 = calls.parse()?;
                let began = Instant::now();
                let mut points = Vec::new();
                for _ in 0..calls {
                    points = guests[0].parse(&text)?;
                }
                let took = began.elapsed().as_nanos();
                std::fs::write(out, points)?;
                format!("{took}")
            }
            ["grow", n, file] => {
                let packed = std::fs::read(file)?;
                while guests.len() < n.parse()? {
                    guests.push(start()?);
                }
                for guest in &mut guests {
                    guest.points(&packed);
                    guest.aggregate()?;
                }
                "grown".to_owned()
            }
            _ => bail!("not understood: {line}"),
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}").context("writing the answer")?;
        out.flush()?;
    }
    Ok(())
}
