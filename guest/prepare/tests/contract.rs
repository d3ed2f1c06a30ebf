//! What keeps a module from being an implementation of the contract.

mod common;

use common::contract;
use compute_pipeline_prepare::Error;
use compute_pipeline_prepare::contract::{Contract, check};
use compute_pipeline_prepare::prepare::{self, Options};

/// A module that meets the contract, with the summary.
const MODULE: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "org:analytics/metrics@0.1.0#compute-aggregate") (param i32 i32) (result i32) unreachable)
  (func (export "org:analytics/metrics@0.1.0#validate-stream") (param i32 i32) (result i32) unreachable)
  (func (export "org:compute/pipeline@0.1.0#process-batch") (param i32 i32) (result i32) unreachable)
  (func (export "cabi_post_org:compute/pipeline@0.1.0#process-batch") (param i32))
  (func (export "org:compute/pipeline@0.1.0#validate-checksum") (param i32 i32 i32) (result i32) unreachable)
  (func (export "org:compute-pipeline/summary@0.1.0#fold") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "org:compute-pipeline/summary@0.1.0#merge") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "org:compute-pipeline/summary@0.1.0#finish") (param i32 i32) (result i32) unreachable)
)"#;

fn problems(edits: &[(&str, &str)], contract: &Contract) -> Vec<String> {
    let mut text = MODULE.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from:?} is not in the module");
        text = text.replace(from, to);
    }
    let wasm = wat::parse_str(text).unwrap();
    let found = check(&wasm, contract).unwrap();
    let options = Options {
        contract: contract.clone(),
        meter: false,
    };
    match prepare::prepare(&wasm, &options) {
        Ok(_) => assert_eq!(found, [""; 0]),
        Err(err) => assert_eq!(err, Error::Contract(found.clone())),
    }
    found
}

#[test]
fn each_problem_is_a_sentence() {
    assert_eq!(problems(&[], &contract()), [""; 0]);
    for (from, to, expected) in [
        (
            r#"(memory (export "memory") 1)"#,
            r#"(memory 1) (global (export "memory") i32 (i32.const 0))"#,
            r#"it exports no memory called "memory""#,
        ),
        (
            "cabi_realloc",
            "realloc",
            r#"it does not export "cabi_realloc""#,
        ),
        (
            r#""cabi_realloc") (param i32 i32 i32 i32)"#,
            r#""cabi_realloc") (param i32 i32 i32 i64)"#,
            r#"its export "cabi_realloc" has the type (func (param i32 i32 i32 i64) (result i32)), not (func (param i32 i32 i32 i32) (result i32))"#,
        ),
        (
            "#compute-aggregate",
            "#aggregate",
            r#"it does not export "org:analytics/metrics@0.1.0#compute-aggregate""#,
        ),
        (
            "(param i32))",
            "(param i32) (result i32) unreachable)",
            r#"its export "cabi_post_org:compute/pipeline@0.1.0#process-batch" has the type (func (param i32) (result i32)), not (func (param i32))"#,
        ),
        (
            "summary@0.1.0#fold",
            "summary@0.1.0#folded",
            r#"it does not export "org:compute-pipeline/summary@0.1.0#fold""#,
        ),
        (
            "analytics/metrics@0.1.0",
            "analytics/metrics",
            "it does not export the interface org:analytics/metrics@0.1.x and 0.2.x",
        ),
        (
            "(memory (export",
            r#"(func (export "_initialize") (param i64)) (memory (export"#,
            r#"its export "_initialize" has the type (func (param i64)), not (func)"#,
        ),
        (
            "(memory (export",
            r#"(global (export "compute-pipeline:fuel.left") i32 (i32.const 0)) (memory (export"#,
            r#"it exports "compute-pipeline:fuel.left", a name that is reserved"#,
        ),
    ] {
        assert_eq!(problems(&[(from, to)], &contract()), [expected], "{to}");
    }
}

#[test]
fn versions_are_compatible_or_told() {
    for version in ["0.1.1", "0.1.0", "0.1.4294967295"] {
        assert_eq!(
            problems(
                &[("metrics@0.1.0", &format!("metrics@{version}"))],
                &contract()
            ),
            [""; 0]
        );
    }
    // Of org:analytics, a module has one version that the host knows, or both.
    assert_eq!(
        problems(&[("metrics@0.1.0", "metrics@0.2.1")], &contract()),
        [""; 0]
    );
    for version in [
        "0.3.0",
        "0.2.0-rc",
        "1.1.0",
        "0.1",
        "0.1.01",
        "0.1.0-rc",
        "0.1.4294967296",
        "0.10.0",
    ] {
        assert_eq!(
            problems(
                &[("metrics@0.1.0", &format!("metrics@{version}"))],
                &contract()
            ),
            [format!(
                "it exports org:analytics/metrics@{version}, and this host knows 0.1.x and 0.2.x"
            )]
        );
    }
    // Of several, the host's counts, or the newest that is compatible. It must be whole.
    let newer = (
        "(memory (export",
        r#"(func (export "org:compute/pipeline@0.1.7#process-batch")
             (export "org:compute/pipeline@0.3.0#process-batch")
             (param i32 i32) (result i32) unreachable) (memory (export"#,
    );
    assert_eq!(problems(&[newer], &contract()), [""; 0]);
    assert_eq!(
        problems(&[("pipeline@0.1.0", "pipeline@0.1.3"), newer], &contract()),
        [r#"it does not export "org:compute/pipeline@0.1.7#validate-checksum""#]
    );
}

#[test]
fn every_import_is_told_unless_granted() {
    let imports = r#"(module
      (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
      (import "env" "table" (table 1 funcref))
      (import "env" "global" (global i32))
      (import "compute-pipeline:fuel" "refuel" (func (result i64)))"#;
    let mut granted = contract();
    for (module, name) in [
        ("wasi_snapshot_preview1", "random_get"),
        ("env", "global"),
        ("compute-pipeline:fuel", "refuel"),
    ] {
        granted.grant(module, name);
    }
    let rest = [
        r#"it imports the table "env" "table", which is not granted"#,
        r#"it imports the global "env" "global", which is not granted"#,
        r#"it imports the function "compute-pipeline:fuel" "refuel", whose name is reserved"#,
    ];
    let mut expected = vec![
        r#"it imports the function "wasi_snapshot_preview1" "fd_write", which is not granted"#,
    ];
    expected.extend(rest);
    assert_eq!(problems(&[("(module", imports)], &granted), expected);
    granted.grant("wasi_snapshot_preview1", "fd_write");
    assert_eq!(problems(&[("(module", imports)], &granted), rest);
}

#[test]
fn an_imported_memory_is_none_of_its_own() {
    assert_eq!(
        problems(
            &[(
                r#"(memory (export "memory") 1)"#,
                r#"(import "env" "m" (memory 1)) (export "memory" (memory 0))"#
            )],
            &contract()
        ),
        [r#"it imports the memory "env" "m", which is not granted"#]
    );
}

#[test]
fn many_problems_and_long_names_are_cut() {
    let mut imports = "(module".to_owned();
    for i in 0..100 {
        imports += &format!(r#"(import "env\n{}" "{i}" (func))"#, "x".repeat(5000));
    }
    let found = problems(&[("(module", &imports)], &contract());
    assert_eq!(found.len(), 21);
    assert_eq!(found[20], "and 80 more problems");
    assert!(
        found
            .iter()
            .all(|problem| problem.len() < 400 && !problem.contains('\n'))
    );
}

#[test]
fn an_invalid_module_is_told_before_its_problems() {
    let wasm =
        wat::parse_str(r#"(module (import "env" "f" (func)) (func (result i32) i64.const 1))"#)
            .unwrap();
    let err = prepare::prepare(&wasm, &common::options()).unwrap_err();
    assert!(matches!(err, Error::Invalid { .. }), "{err}");
    assert_eq!(prepare::check(&wasm, &contract()), Err(err));
}

/// A host function that the host calls has no guest behind it: `proc_exit` would end the
/// module of WASI itself, for all instances.
#[test]
fn what_the_host_calls_is_not_imported() {
    const WASI: &str = r#"(import "wasi_snapshot_preview1" "#;
    let mut granted = contract();
    for name in ["proc_exit", "poll_oneoff", "fd_write", "random_get", "none"] {
        granted.grant("wasi_snapshot_preview1", name);
    }
    for (name, function, ty, own) in [
        (
            "cabi_post_org:compute/pipeline@0.1.0#process-batch",
            "proc_exit",
            "(param i32)",
            "",
        ),
        (
            "cabi_realloc",
            "poll_oneoff",
            "(param i32 i32 i32 i32) (result i32)",
            " unreachable",
        ),
        (
            "org:analytics/metrics@0.1.0#validate-stream",
            "random_get",
            "(param i32 i32) (result i32)",
            " unreachable",
        ),
        (
            "org:compute-pipeline/summary@0.1.0#fold",
            "fd_write",
            "(param i32 i32 i32 i32) (result i32)",
            " unreachable",
        ),
        ("_initialize", "none", "", ""),
    ] {
        let separator = if ty.is_empty() { "" } else { " " };
        let body = format!(r#"(func (export "{name}"){separator}{ty}{own})"#);
        let import = format!(r#"(module {WASI} "{function}" (func $f {ty}))"#);
        let export = format!(r#"(export "{name}" (func $f))"#);
        let edits = match name {
            "_initialize" => vec![
                ("(module", import),
                ("(memory (export", format!("{export} (memory (export")),
            ],
            _ => vec![("(module", import), (&*body, export)],
        };
        let edits: Vec<_> = edits.iter().map(|(from, to)| (*from, &**to)).collect();
        assert_eq!(
            problems(&edits, &granted),
            [format!("its export {name:?} is a function that it imports")]
        );
        // What nobody calls may be.
        let import =
            format!(r#"(module {WASI} "{function}" (func $f {ty})) (export "other" (func $f))"#);
        assert_eq!(problems(&[("(module", &import)], &granted), [""; 0]);
    }
    let start = format!(r#"(module {WASI} "none" (func $f)) (start $f)"#);
    assert_eq!(
        problems(&[("(module", &start)], &granted),
        ["its start function is a function that it imports"]
    );
}

/// The versions of an interface are those of functions.
#[test]
fn what_is_no_function_has_no_version() {
    let global = (
        "(memory (export",
        r#"(global (export "org:compute/pipeline@0.1.7#state") i32 (i32.const 0)) (memory (export"#,
    );
    let older = ("pipeline@0.1.0", "pipeline@0.1.3");
    assert_eq!(problems(&[older, global], &contract()), [""; 0]);
}
