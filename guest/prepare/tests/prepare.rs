//! What is done to a module before it is run.

mod common;

use common::{contract, options};
use compute_pipeline_prepare::complexity::{Cost, MAX_MEMORY};
use compute_pipeline_prepare::prepare::{self, Options, prepare};
use compute_pipeline_prepare::start::MAX_STEPS;
use compute_pipeline_prepare::tables::{self, MAX_ENTRIES};
use compute_pipeline_prepare::{Error, features};
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
        ("(table 131072 funcref)", vec![(most, Some(most))]),
    ] {
        let wasm = module(tables);
        let prepared = prepare(&wasm, &options()).unwrap().wasm;
        features::validate(&prepared).unwrap();
        assert_eq!(limits(&prepared), expected, "{tables}");
        assert_eq!(limits(&tables::bound(&wasm).unwrap()), expected, "{tables}");
    }
    assert_eq!(limits(&prepare(&module(""), &options()).unwrap().wasm), []);
}

#[test]
fn tables_that_start_too_large_are_refused() {
    for tables in [
        "(table 131073 funcref)",
        "(table 100000 funcref) (table 31073 funcref)",
        "(table 9000000 funcref)",
    ] {
        assert_eq!(
            prepare(&module(tables), &options()),
            Err(Error::Limit {
                name: "table entries",
                max: MAX_ENTRIES.into(),
                message: "its tables start with more than 131072 entries".to_owned()
            }),
            "{tables}"
        );
    }
}

/// A module may import a function many times.
#[test]
fn imports_are_bounded() {
    let mut options = options();
    options.contract.grant("env", "f");
    let imports = |count: usize| module(&r#"(import "env" "f" (func))"#.repeat(count));
    // The module itself has six exports.
    assert_eq!(
        prepare(&imports(MAX_STEPS as usize - 6), &options).err(),
        None
    );
    let refused = prepare(&imports(MAX_STEPS as usize - 5), &options);
    assert!(
        matches!(refused, Err(Error::Limit { name: "start", .. })),
        "{refused:?}"
    );
    // They are counted before each is looked for.
    options.contract = contract();
    let refused = prepare(&imports(330_000), &options);
    assert!(
        matches!(refused, Err(Error::Limit { name: "start", .. })),
        "{refused:?}"
    );
}

/// All that makes a start slow, one by one and together.
#[test]
fn what_a_start_takes_is_bounded() {
    // The module itself has six exports.
    let rest = MAX_STEPS as usize - 6;
    let elements = |n: usize| format!("(elem func {})", "0 ".repeat(n));
    for (text, steps) in [
        (elements(rest - 1), rest),
        ("(global i32 (i32.const 0))".repeat(rest), rest),
        ("(elem func 0)".repeat(rest / 2), rest / 2 * 2),
        ("(elem func)".repeat(rest), rest),
        ("(data \"x\")".repeat(rest), rest),
        (
            format!(
                "{} {} {}",
                elements(rest / 2 - 1),
                "(data \"\")".repeat(rest / 4),
                "(global i64 (i64.const 1))".repeat(rest / 4)
            ),
            rest / 2 + rest / 4 * 2,
        ),
    ] {
        let start = &text[..20];
        assert_eq!(prepare(&module(&text), &options()).err(), None, "{start}");
        let more = "(global f32 (f32.const 0))".repeat(rest - steps + 1);
        assert_eq!(
            prepare(&module(&(text.clone() + &more)), &options()),
            Err(Error::Limit {
                name: "start",
                max: MAX_STEPS,
                message: "its instances would take too long to start: its elements, segments, \
                          globals, imports and exports are 65537 together; at most 65536 are allowed"
                    .to_owned()
            }),
            "{start}"
        );
    }
}

#[test]
fn segments_that_end_outside_are_refused() {
    let refused = |definitions: &str| match prepare(&module(definitions), &options()) {
        Ok(_) => String::new(),
        Err(Error::Contract(problems)) => {
            let contract = contract();
            assert_eq!(
                prepare::check(&module(definitions), &contract),
                Ok(problems.clone())
            );
            problems.join("; ")
        }
        Err(err) => panic!("{err}"),
    };
    let outside = "so no instance can start";
    for (definitions, expected) in [
        ("(table 2 funcref) (elem (i32.const 0) func 0 0)", ""),
        ("(table 2 funcref) (elem (i32.const 2) func)", ""),
        ("(table 0 funcref) (elem func 0)", ""),
        ("(table 0 funcref) (elem declare func 0)", ""),
        (
            "(table 2 9 funcref) (elem (i32.const 1) func 0) (elem (i32.const 1) func 0 0)",
            "its element segment 1 ends at entry 3 of a table that starts with 2, ",
        ),
        (
            "(table 2 funcref) (elem (i32.const 3) func)",
            "its element segment 0 ends at entry 3 of a table that starts with 2, ",
        ),
        (
            "(table 9 funcref) (table $b 1 funcref) \
             (elem (table $b) (i32.const -1) funcref (ref.null func))",
            "its element segment 0 ends at entry 4294967296 of a table that starts with 1, ",
        ),
        (r#"(data (i32.const 65535) "x") (data "passive")"#, ""),
        (r#"(data (i32.const 65536) "")"#, ""),
        (
            r#"(data (i32.const 65535) "xy")"#,
            "its data segment 0 ends at byte 65537 of a memory that starts with 65536, ",
        ),
        (
            r#"(data (i32.const 0) "x") (data (i32.const -1) "x")"#,
            "its data segment 1 ends at byte 4294967296 of a memory that starts with 65536, ",
        ),
    ] {
        match expected {
            "" => assert_eq!(refused(definitions), "", "{definitions}"),
            start => assert_eq!(refused(definitions), start.to_owned() + outside),
        }
    }
}

#[test]
fn only_the_names_of_functions_are_left_of_custom_sections() {
    let wasm = module(r#"(@custom "note" "any") (func $named (local $l i32))"#);
    let prepared = |meter| {
        let options = Options { meter, ..options() };
        let wasm = prepare(&wasm, &options).unwrap().wasm;
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
fn the_report_has_the_estimate_and_its_limits() {
    let wasm = module("");
    let report = |meter| {
        let options = Options { meter, ..options() };
        prepare(&wasm, &options).unwrap()
    };
    assert_eq!(
        report(false).report(),
        format!(r#"{{"core_size":{}}}"#, wasm.len())
    );
    let metered = report(true);
    let compiling = metered.compiling.unwrap();
    assert!(compiling.estimate.time > 0 && compiling.estimate.memory > 0);
    assert!(compiling.estimate.time < compiling.limits.time);
    assert_eq!(compiling.limits.memory, MAX_MEMORY);
    let costs = [
        ("estimate", compiling.estimate),
        ("limits", compiling.limits),
    ];
    let costs = costs.map(|(name, cost)| {
        let Cost { time, memory, kept } = cost;
        format!(r#""{name}":{{"time":{time},"memory":{memory},"kept":{kept}}}"#)
    });
    assert_eq!(
        metered.report(),
        format!(r#"{{"core_size":{},{}}}"#, wasm.len(), costs.join(","))
    );
}

#[test]
fn a_prepared_module_is_valid_and_is_not_prepared_again() {
    for meter in [false, true] {
        let options = Options { meter, ..options() };
        let once = prepare(&module("(table 1 funcref)"), &options)
            .unwrap()
            .wasm;
        features::validate(&once).unwrap();
        match prepare(&once, &options) {
            Ok(twice) => assert!(!meter && once == twice.wasm),
            Err(err) => assert!(meter && err.to_string().contains("reserved"), "{err}"),
        }
    }
}
