//! Writes the conformance vectors, or with `--check` verifies that the
//! committed ones are what it would write.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;

mod aggregate;
mod batch;
mod checksum;
mod exact;
mod format;
mod prng;
mod recipe;
mod sets;
mod state;
mod stream;
mod stream_numbers;
mod stream_unicode;
mod summary;

use format::{Case, FORMAT, WORLD};
use sets::Set;

const USAGE: &str = "usage: compute-pipeline-vectors [--check]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let check = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--check"] => true,
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let files = files(&root);
    let wrong: Vec<String> = files
        .iter()
        .filter_map(|(path, text)| settle(path, text, check).err())
        .collect();
    for message in &wrong {
        eprintln!("compute-pipeline-vectors: {message}");
    }
    if wrong.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Writes the file, or compares it.
fn settle(path: &Path, text: &str, check: bool) -> Result<(), String> {
    if !check {
        return fs::write(path, text).map_err(|error| format!("write {}: {error}", path.display()));
    }
    match fs::read_to_string(path) {
        Ok(committed) if committed == text => Ok(()),
        Ok(committed) => {
            let same = committed
                .lines()
                .zip(text.lines())
                .take_while(|(a, b)| a == b)
                .count();
            Err(format!(
                "{}, line {}: not what the generator makes; run it without --check",
                path.display(),
                same + 1
            ))
        }
        Err(error) => Err(format!("read {}: {error}", path.display())),
    }
}

/// Every file and its text.
fn files(root: &Path) -> Vec<(PathBuf, String)> {
    let sets = sets::all(root);
    let functions = [
        ("compute-aggregate", aggregate::cases(&sets)),
        ("validate-stream", stream::cases()),
        ("process-batch", batch::cases()),
        ("validate-checksum", checksum::cases()),
        ("fold", summary::fold_cases(&sets)),
        ("merge", summary::merge_cases(&sets)),
        ("finish", state::cases()),
    ];
    let mut ids = BTreeSet::new();
    for case in functions.iter().flat_map(|(_, cases)| cases) {
        assert!(ids.insert(&case.id), "two cases are called {}", case.id);
    }

    let dir = root.join("tests/vectors");
    let mut files = vec![(dir.join("shared.json"), shared_text(&sets))];
    for (function, cases) in &functions {
        files.push((dir.join(format!("{function}.json")), cases_text(cases)));
        println!("{function}: {} cases", cases.len());
    }
    println!("total: {} cases, {} sets", ids.len(), sets.len());
    files
}

/// One case a line, so that a change shows as the cases it changes.
fn cases_text(cases: &[Case]) -> String {
    let lines: Vec<String> = cases.iter().map(json).collect();
    format!(
        "{{\"format\": {FORMAT}, \"cases\": [\n{}\n]}}\n",
        lines.join(",\n")
    )
}

/// What the cases of all files use: the types of the functions, and the sets.
fn shared_text(sets: &[Set]) -> String {
    let functions = format::functions()
        .into_iter()
        .map(|(name, signature)| format!("{}: {}", json(&name), json(&signature)))
        .collect::<Vec<_>>();
    let sets: Vec<String> = sets
        .iter()
        .map(|set| {
            format!(
                "{}: {}",
                json(&set.name),
                json(&format::points(&set.points))
            )
        })
        .collect();
    format!(
        "{{\"format\": {FORMAT}, \"world\": \"{WORLD}\", \"functions\": {{\n{}\n}}, \"sets\": {{\n{}\n}}}}\n",
        functions.join(",\n"),
        sets.join(",\n")
    )
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data")
}
