//! What is done to a module before it is run.

use compute_pipeline_toolbox::prepare::{Options, prepare};
use compute_pipeline_toolbox::tables::{self, MAX_ELEMENTS, MAX_ENTRIES};
use compute_pipeline_toolbox::{Error, features};
use wasmparser::{Parser, Payload};

/// A module of the contract with more definitions in it.
fn module(definitions: &str) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(module {definitions}
          (memory (export "memory") 1)
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
          (func (export "org:analytics/metrics@0.1.0#compute-aggregate")
            (export "org:analytics/metrics@0.1.0#validate-stream")
            (export "org:compute/pipeline@0.1.0#process-batch")
            (param i32 i32) (result i32) unreachable)
          (func (export "org:compute/pipeline@0.1.0#validate-checksum")
            (param i32 i32 i32) (result i32) unreachable))"#
    ))
    .unwrap()
}

/// The limits of a module's tables.
fn limits(wasm: &[u8]) -> Vec<(u64, Option<u64>)> {
    let mut found = vec![];
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::TableSection(section) = payload.unwrap() {
            found.extend(section.into_iter().map(|table| {
                let table = table.unwrap().ty;
                (table.initial, table.maximum)
            }));
        }
    }
    found
}

#[test]
fn tables_get_a_share_of_what_is_free() {
    let most = u64::from(MAX_ENTRIES);
    for (tables, expected) in [
        ("(table 10 funcref)", vec![(10, Some(most))]),
        ("(table 10 20 funcref)", vec![(10, Some(20))]),
        ("(table 10 4294967295 funcref)", vec![(10, Some(most))]),
        (
            "(table 0 funcref) (table 100 externref) (table 1 1 funcref)",
            vec![
                (0, Some((most - 101) / 3)),
                (100, Some(100 + (most - 101) / 3)),
                (1, Some(1)),
            ],
        ),
        ("(table 1048576 funcref)", vec![(most, Some(most))]),
    ] {
        let wasm = module(tables);
        let prepared = prepare(&wasm, &Options::default()).unwrap();
        features::validate(&prepared).unwrap();
        assert_eq!(limits(&prepared), expected, "{tables}");
        assert_eq!(limits(&tables::bound(&wasm).unwrap()), expected, "{tables}");
    }
    assert_eq!(
        limits(&prepare(&module(""), &Options::default()).unwrap()),
        []
    );
}

#[test]
fn tables_that_start_too_large_are_refused() {
    for tables in [
        "(table 1048577 funcref)",
        "(table 1000000 funcref) (table 100000 funcref)",
        "(table 9000000 funcref)",
    ] {
        assert_eq!(
            prepare(&module(tables), &Options::default()),
            Err(Error::TooManyTableEntries { limit: MAX_ENTRIES }),
            "{tables}"
        );
    }
}

#[test]
fn elements_are_bounded() {
    let segment = format!("(elem func {})", "0 ".repeat(100_000));
    prepare(&module(&segment.repeat(10)), &Options::default()).unwrap();
    assert_eq!(
        prepare(&module(&segment.repeat(11)), &Options::default()),
        Err(Error::TooManyElements {
            elements: 1_100_000,
            limit: MAX_ELEMENTS
        })
    );
}

#[test]
fn only_the_names_of_functions_are_left_of_custom_sections() {
    let wasm = module(r#"(@custom "note" "any") (func $named (local $l i32))"#);
    let prepared = |meter| {
        let options = Options {
            meter,
            ..Options::default()
        };
        let wasm = prepare(&wasm, &options).unwrap();
        let mut names = vec![];
        for payload in Parser::new(0).parse_all(&wasm) {
            if let Payload::CustomSection(section) = payload.unwrap() {
                names.push(section.name().to_owned());
            }
        }
        (names, wasm)
    };
    let (names, wasm) = prepared(true);
    assert_eq!(names, ["name"]);
    assert!(wasm.windows(5).any(|bytes| bytes == b"named"));
    let (names, _) = prepared(false);
    assert_eq!(names, ["note", "name"]);
}

#[test]
fn a_prepared_module_is_valid_and_is_not_prepared_again() {
    for meter in [false, true] {
        let options = Options {
            meter,
            ..Options::default()
        };
        let once = prepare(&module("(table 1 funcref)"), &options).unwrap();
        features::validate(&once).unwrap();
        match prepare(&once, &options) {
            Ok(twice) => assert!(!meter && once == twice),
            Err(err) => assert!(meter && err.to_string().contains("reserved"), "{err}"),
        }
    }
}
