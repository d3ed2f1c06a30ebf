//! Writes modules that are hard to compile, and what the toolbox thinks of them.

mod shapes;

use std::process::ExitCode;

use compute_pipeline_toolbox::{harden, meter, tables};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["list"] => {
            for shape in shapes::all() {
                println!("{}", shape.name);
            }
            ExitCode::SUCCESS
        }
        ["write", name, n, out] => {
            let shape = shapes::all()
                .into_iter()
                .find(|s| s.name == name)
                .expect("no such shape");
            let wasm = shapes::module(&shape, n.parse().unwrap());
            let hardened = match harden::harden(&wasm) {
                Ok(h) => h.wasm,
                Err(e) => {
                    println!("{e}");
                    return ExitCode::FAILURE;
                }
            };
            let bounded = tables::bound(&hardened).unwrap();
            let metered = match meter::meter(&bounded) {
                Ok(m) => m.wasm,
                Err(e) => {
                    println!("{e}");
                    return ExitCode::FAILURE;
                }
            };
            let e = compute_pipeline_toolbox::complexity::estimate(&bounded).unwrap();
            println!(
                "{}",
                serde_json::json!({"raw": bounded.len(), "met": metered.len(), "etime": e.whole.time, "emem": e.largest.1.memory, "epeak": e.whole.memory, "ekept": e.whole.kept})
            );
            std::fs::write(out, metered).unwrap();
            std::fs::write(format!("{out}.raw"), bounded).unwrap();
            ExitCode::SUCCESS
        }
        ["estimates"] => {
            for line in std::io::stdin().lines() {
                let mut row: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
                let shape = shapes::all()
                    .into_iter()
                    .find(|s| Some(s.name) == row["name"].as_str());
                let Some(shape) = shape else { continue };
                let wasm = shapes::module(&shape, row["n"].as_u64().unwrap() as usize);
                let Ok(hardened) = harden::harden(&wasm) else {
                    continue;
                };
                let e = compute_pipeline_toolbox::complexity::estimate(&hardened.wasm).unwrap();
                row["etime"] = e.whole.time.into();
                row["emem"] = e.largest.1.memory.into();
                row["epeak"] = e.whole.memory.into();
                row["ekept"] = e.whole.kept.into();
                println!("{row}");
            }
            ExitCode::SUCCESS
        }
        ["estimate", file] => {
            println!(
                "{:?}",
                compute_pipeline_toolbox::complexity::estimate(&std::fs::read(file).unwrap())
                    .unwrap()
            );
            ExitCode::SUCCESS
        }
        _ => ExitCode::FAILURE,
    }
}
