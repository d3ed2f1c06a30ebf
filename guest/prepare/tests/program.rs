//! The program's exit status and what it says.
#![cfg(feature = "dwarf")]

use std::path::{Path, PathBuf};
use std::process::Command;

const TESTDATA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/miscompiled/testdata"
);

/// Exit status, standard output and standard error of a run.
fn run(args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_compute-pipeline-prepare"))
        .args(args)
        .output()
        .expect("the program starts");
    (
        output.status.code().expect("an exit status"),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn testdata(name: &str) -> String {
    Path::new(TESTDATA).join(name).to_str().unwrap().to_owned()
}

/// A path to write to; the caller's name keeps tests apart.
fn output(test: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}.wasm"))
}

#[test]
fn harden_writes_the_module_and_reports() {
    let path = output("harden_writes");
    let (status, stdout, stderr) =
        run(&["harden", &testdata("kinds.wasm"), path.to_str().unwrap()]);
    assert_eq!((status, stderr.as_str()), (0, ""));
    assert!(
        stdout.starts_with(
            "rewritten: 26\n  select of f32: 2, select of f64: 2, select of v128: 2, \
             f32.copysign: 1, f64.copysign: 1, v128.bitselect: 1, \
             f32x4.replace_lane: 1, f64x2.replace_lane: 1, i64x2.bitmask: 1, \
             i32.rem_s: 1, i32.rem_u: 1, i64.rem_s: 1, i64.rem_u: 1, \
             min or max of float vectors: 2, i64x2.mul: 1, i32x4.dot_i16x8_s: 1, \
             narrow of vectors: 2, i8x16.popcnt: 1, convert_i64_u: 1, \
             clz or ctz of i32: 1, clz or ctz of i64: 1\n"
        ),
        "{stdout}"
    );
    let expected = std::fs::read(testdata("kinds.hardened.wasm")).unwrap();
    assert!(std::fs::read(path).unwrap() == expected);
}

#[test]
fn dropped_sections_are_named() {
    let path = output("dropped_sections");
    let (status, stdout, _) = run(&["harden", &testdata("traps.wasm"), path.to_str().unwrap()]);
    assert_eq!(status, 0);
    assert!(
        stdout.contains("dropped, since code moved: ") && stdout.contains(".debug_line"),
        "{stdout}"
    );
    let (status, stdout, _) = run(&[
        "harden",
        "--dwarf",
        &testdata("traps.wasm"),
        path.to_str().unwrap(),
    ]);
    assert_eq!(status, 0);
    assert!(!stdout.contains(".debug_line"), "{stdout}");
}

#[test]
fn miscompiled_lists_what_is_left() {
    let (status, stdout, stderr) = run(&["miscompiled", &testdata("select.wasm")]);
    assert_eq!(status, 1);
    assert!(
        stdout.ends_with(": select of f64 in function 2\n"),
        "{stdout}"
    );
    assert!(
        stderr.contains("select.wasm: 1 instructions that wazero compiles wrongly"),
        "{stderr}"
    );
    let (status, stdout, stderr) = run(&["miscompiled", &testdata("select.hardened.wasm")]);
    assert_eq!((status, stdout.as_str(), stderr.as_str()), (0, "", ""));
}

#[test]
fn meter_writes_the_module_and_reports() {
    let path = output("meter_writes");
    let input = testdata("kinds.hardened.wasm");
    let (status, stdout, stderr) = run(&["meter", &input, path.to_str().unwrap()]);
    assert_eq!((status, stderr.as_str()), (0, ""));
    let wasm = std::fs::read(&input).unwrap();
    let metered = compute_pipeline_prepare::meter::meter(&wasm).unwrap();
    assert!(std::fs::read(&path).unwrap() == metered.wasm);
    assert_eq!(
        stdout,
        format!(
            "{}; size: {} bytes, was {}\n",
            metered.report,
            metered.wasm.len(),
            wasm.len()
        )
    );
    let twice = path.to_str().unwrap();
    let (status, stdout, stderr) = run(&["meter", twice, twice]);
    assert_eq!((status, stdout.as_str()), (1, ""));
    assert!(stderr.contains("reserved for metering"), "{stderr}");
}

#[test]
fn bad_modules_and_files_are_status_1() {
    let path = output("bad_modules");
    for (input, expected) in [
        (testdata("build.sh"), "not a valid WebAssembly module"),
        (testdata("no-such-file.wasm"), "No such file"),
    ] {
        let (status, stdout, stderr) = run(&["harden", &input, path.to_str().unwrap()]);
        assert_eq!((status, stdout.as_str()), (1, ""));
        assert!(
            stderr.contains(&input) && stderr.contains(expected),
            "{stderr}"
        );
        assert!(!path.exists(), "nothing is written");
    }
}

#[test]
fn bad_use_is_status_2() {
    for (args, expected) in [
        (&[][..], "no command"),
        (&["melt"], "unknown command \"melt\""),
        (&["harden", "in.wasm"], "harden: wrong number of arguments"),
        (&["miscompiled"], "miscompiled: wrong number of arguments"),
    ] {
        let (status, stdout, stderr) = run(args);
        assert_eq!((status, stdout.as_str()), (2, ""), "{args:?}");
        assert!(
            stderr.contains(expected) && stderr.contains("usage: "),
            "{stderr}"
        );
    }
    let (status, stdout, _) = run(&["--help"]);
    assert_eq!(status, 0);
    assert!(stdout.starts_with("usage: "), "{stdout}");
}
