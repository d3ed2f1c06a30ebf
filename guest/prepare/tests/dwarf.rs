//! Debug information of hardened modules. That stacks name the right lines is
//! tested where modules run: tests/miscompiled.
#![cfg(feature = "dwarf")]

use compute_pipeline_prepare::harden::{harden, miscompiled};
use compute_pipeline_prepare::{Error, dwarf, features};

/// Rust code with miscompiled instructions and debug information.
const TRAPS: &[u8] = include_bytes!("../../../tests/miscompiled/testdata/traps.wasm");

fn custom_sections(wasm: &[u8]) -> Vec<String> {
    wasmparser::Parser::new(0)
        .parse_all(wasm)
        .filter_map(|payload| match payload.unwrap() {
            wasmparser::Payload::CustomSection(section) => Some(section.name().to_owned()),
            _ => None,
        })
        .collect()
}

#[test]
fn code_is_the_same_with_and_without_debug_information() {
    let with = dwarf::harden(TRAPS).unwrap();
    let without = harden(TRAPS).unwrap();
    features::validate(&with.wasm).unwrap();
    assert_eq!(miscompiled(&with.wasm).unwrap(), []);
    assert_eq!(with.report.rewritten, without.report.rewritten);
    assert_eq!(with.wasm[..without.wasm.len()], without.wasm);
    assert!(
        without
            .report
            .dropped
            .iter()
            .any(|name| name == ".debug_line")
    );
    for name in [
        ".debug_abbrev",
        ".debug_info",
        ".debug_line",
        ".debug_ranges",
        ".debug_str",
    ] {
        assert!(
            custom_sections(&with.wasm)
                .iter()
                .any(|section| section == name),
            "{name}"
        );
        assert!(
            !custom_sections(&without.wasm)
                .iter()
                .any(|section| section == name),
            "{name}"
        );
        assert!(
            !with.report.dropped.iter().any(|dropped| dropped == name),
            "{name}"
        );
    }
}

#[test]
fn without_miscompiled_instructions_debug_information_is_untouched() {
    let once = dwarf::harden(TRAPS).unwrap();
    let twice = dwarf::harden(&once.wasm).unwrap();
    assert_eq!(twice.wasm, once.wasm);
    assert_eq!(twice.report, Default::default());
}

#[test]
fn broken_debug_information_is_an_error() {
    let wasm = wat::parse_str(
        r#"(module
             (func (param f64 f64) (result f64) (f64.copysign (local.get 0) (local.get 1)))
             (@custom ".debug_abbrev" "\01\11\00\00\00\00")
             (@custom ".debug_info" "\ff\00\00\00\04\00\00\00\00\00\04\01"))"#,
    )
    .unwrap();
    let err = dwarf::harden(&wasm).unwrap_err();
    assert!(matches!(&err, Error::Dwarf { .. }), "{err}");
    assert!(
        err.to_string()
            .starts_with("cannot convert the debug information: "),
        "{err}"
    );
}

#[test]
fn changed_debug_information_is_answered_without_a_panic() {
    let debug = TRAPS
        .windows(10)
        .position(|bytes| bytes.starts_with(b".debug_"))
        .unwrap();
    let mut refused = 0;
    for at in (debug..TRAPS.len()).step_by(3) {
        for change in [0x01, 0x80, 0xff] {
            let mut changed = TRAPS.to_vec();
            changed[at] ^= change;
            match dwarf::harden(&changed) {
                Ok(hardened) => features::validate(&hardened.wasm).unwrap(),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 0);
}
