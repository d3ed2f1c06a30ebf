//! The core module of a component, and why some components are refused.

mod common;

use std::borrow::Cow;

use common::{contract, options};
use compute_pipeline_prepare::contract::Contract;
use compute_pipeline_prepare::describe::describe;
use compute_pipeline_prepare::extract::extract;
use compute_pipeline_prepare::prepare;
use compute_pipeline_prepare::{Error, features};

/// A component as wit-component writes it for a core module of the contract
/// without the summary: an instance for each interface, of a component inside
/// that gives names and types to what it is given.
const COMPONENT: &str = include_str!("../../../gohost/testdata/component.wat");

fn component(edits: &[(&str, &str)]) -> Vec<u8> {
    let mut text = COMPONENT.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from:?} is not in the component");
        text = text.replace(from, to);
    }
    wat::parse_str(text).unwrap()
}

fn problems(wasm: &[u8]) -> Vec<String> {
    match extract(wasm, &contract()) {
        Err(Error::Contract(problems)) => problems,
        other => panic!("expected problems, got {other:?}"),
    }
}

#[test]
fn the_core_module_of_a_component_is_a_part_of_its_bytes() {
    let wasm = component(&[]);
    let core = extract(&wasm, &contract()).unwrap();
    let Cow::Borrowed(core) = core else {
        panic!("it was copied");
    };
    features::validate(core).unwrap();
    assert!(wasm.as_ptr_range().contains(&core.as_ptr()));
    assert_eq!(
        prepare::check(&wasm, &contract()),
        Ok(vec![]),
        "it meets the contract"
    );
    let options = options();
    assert_eq!(
        prepare::prepare(&wasm, &options),
        prepare::prepare(core, &options),
        "preparing the component is preparing what is in it"
    );
}

/// Types of any length are compared to their end, and only messages are cut.
#[test]
fn long_types_are_compared_whole() {
    let cases = |last: &str| {
        let mut cases: Vec<_> = (0..5_000).map(|i| format!("case-{i}")).collect();
        cases.push(last.to_owned());
        cases
    };
    let component = |last: &str| {
        let names: String = cases(last)
            .iter()
            .map(|name| format!(" \"{name}\""))
            .collect();
        wat::parse_str(format!(
            r#"(component
              (core module $m (func (export "run") (param i32)))
              (core instance $main (instantiate $m))
              (type $e (enum{names}))
              (export $exported "e" (type $e))
              (func $run (param "e" $exported) (canon lift (core func $main "run")))
              (export "run" (func $run)))"#
        ))
        .unwrap()
    };
    let contract = Contract::parse(&format!(
        "export\t\t\trequired\nfunction\trun\ti\t\tfunc(e: enum {{ {} }})",
        cases("last").join(", ")
    ))
    .unwrap();
    assert_eq!(prepare::check(&component("last"), &contract), Ok(vec![]));
    let problems = prepare::check(&component("other"), &contract).unwrap();
    let [problem] = &problems[..] else {
        panic!("{problems:?}");
    };
    assert!(problem.starts_with("\"run\" has the type func(e: enum { case-0, "));
    assert!(problem.contains("…, not func(e: enum { case-0, ") && problem.ends_with('…'));
    assert!(problem.len() < 5_000);
}

/// A few bytes can mean a type without end.
#[test]
fn a_type_without_end_is_refused() {
    let mut types = "(type $t0 u8)".to_owned();
    for i in 0..90 {
        types += &format!("(type $t{} (tuple $t{i} $t{i} $t{i}))", i + 1);
    }
    let wasm = wat::parse_str(format!(
        r#"(component
          (core module $m (func (export "run") (param i32)))
          (core instance $main (instantiate $m))
          {types}
          (func $run (param "e" $t90) (canon lift (core func $main "run")))
          (export "run" (func $run)))"#
    ))
    .unwrap();
    let long = "tuple<u8, u8, u8>, ".repeat(200_000);
    for expected in ["func(e: u8)", &format!("func(e: tuple<{long}u8>)")] {
        let text = format!("export\t\t\trequired\nfunction\trun\ti\t\t{expected}");
        let problems = prepare::check(&wasm, &Contract::parse(&text).unwrap()).unwrap();
        assert!(problems[0].contains("\"run\" has the type func(e: tuple<tuple<"));
        assert!(problems[0].len() < 5_000);
    }
}

#[test]
fn functions_are_lifted_canonically_or_not_at_all() {
    const AGGREGATE: &str = r#""org:analytics/metrics@0.1.0#compute-aggregate""#;
    for (from, to, problem) in [
        (
            r#"(alias core export $main "org:analytics/metrics@0.1.0#compute-aggregate""#,
            r#"(alias core export $main "org:compute/pipeline@0.1.0#process-batch""#,
            r#"is lifted from "org:compute/pipeline@0.1.0#process-batch", not "org:analytics/metrics@0.1.0#compute-aggregate""#,
        ),
        (
            r#"(memory $memory) (realloc $realloc) (post-return $aggregate-post)"#,
            r#"(memory $memory) (realloc $realloc)"#,
            r#"has the post-return none, not "cabi_post_org:analytics/metrics@0.1.0#compute-aggregate""#,
        ),
        (
            r#"(memory $memory) (realloc $realloc) (post-return $aggregate-post)"#,
            r#"(memory $memory) (realloc $realloc) (post-return $batch-post)"#,
            r#"has the post-return "cabi_post_org:compute/pipeline@0.1.0#process-batch", not "cabi_post_org:analytics/metrics@0.1.0#compute-aggregate""#,
        ),
        (
            r#"(memory $memory) (realloc $realloc) (post-return $aggregate-post)"#,
            r#"(memory $memory) (realloc $other-realloc) (post-return $aggregate-post)"#,
            r#"has the realloc "other_realloc", not "cabi_realloc""#,
        ),
        (
            r#"(memory $memory) (realloc $realloc) (post-return $aggregate-post)"#,
            r#"(memory $memory) (realloc $realloc) string-encoding=utf16 (post-return $aggregate-post)"#,
            "is lifted with the option string-encoding=utf16",
        ),
        (
            r#"(memory $memory) (realloc $realloc) (post-return $aggregate-post)"#,
            r#"(memory $memory) (realloc $realloc) async"#,
            "is lifted with the option async",
        ),
        (
            r#"(type $aggregate (func (param "points" $points) (result $numbers)))"#,
            r#"(type $aggregate (func (param "points" $numbers) (result $numbers)))"#,
            "has the type func(points: list<f64>) -> list<f64>, not \
             func(points: list<record { timestamp: u64, value: f64 }>) -> list<f64>",
        ),
    ] {
        let found = problems(&component(&[(from, to)]));
        let expected = format!("{AGGREGATE} {problem}");
        assert!(
            found.contains(&expected),
            "{expected}\nis not in {found:#?}"
        );
    }
}

#[test]
fn what_takes_a_component_model_is_refused() {
    for (definition, problem) in [
        (
            r#"(import "wasi:clocks/wall-clock@0.2.0" (instance (export "now" (func))))"#,
            r#"the component imports the instance "wasi:clocks/wall-clock@0.2.0", which is not granted"#,
        ),
        (
            r#"(import "log" (func (param "text" string)))"#,
            r#"the component imports the function "log", which is not granted"#,
        ),
        (
            "(core instance (instantiate $module))",
            "core instances 0 and 1 have memories of their own, and this host runs core modules that share one",
        ),
        (
            "(component (core module)) (component (component (core module)))",
            "it is composed of components with core modules of their own (component 2 exports nothing; \
             component 3 exports nothing), and this host runs one such component: give it that alone, \
             and let the program provide what it imports from the others",
        ),
        (
            "(component (component))",
            "component 2 inside of it does more than give names to what it is given",
        ),
        (
            "(core func (canon task.cancel))",
            "the component has asynchronous functions, which this host cannot run",
        ),
    ] {
        let mut text = COMPONENT.trim_end().to_owned();
        assert_eq!(text.pop(), Some(')'));
        let wasm = wat::parse_str(format!("{text} {definition})")).unwrap();
        let found = problems(&wasm);
        assert!(
            found.contains(&problem.to_owned()),
            "{problem}\nis not in {found:#?}"
        );
    }
}

#[test]
fn an_interface_that_only_the_core_module_has_is_told() {
    let wasm = component(&[(
        r#"(export "org:compute/pipeline@0.1.0""#,
        r#"(export "org:compute/another@0.1.0""#,
    )]);
    assert_eq!(
        problems(&wasm),
        [
            "the component does not export the interface org:compute/pipeline@0.1.0, \
          and its core module does"
        ]
    );
}

#[test]
fn a_component_without_a_core_module_is_refused() {
    assert_eq!(
        problems(&wat::parse_str("(component)").unwrap()),
        ["the component has no instance of a core module"]
    );
}

#[test]
fn a_core_module_is_no_component() {
    assert_eq!(
        problems(&wat::parse_str("(module)").unwrap()),
        ["it is a core module already"]
    );
    assert!(matches!(
        extract(b"nothing", &contract()),
        Err(Error::Invalid { offset: 0, .. })
    ));
}

/// The component model has rules for names, which all its implementations check.
#[test]
fn names_are_in_kebab_case() {
    let with = |definition: &str| {
        let wasm = wat::parse_str(format!("(component {definition})")).unwrap();
        prepare::check(&wasm, &Contract::default())
    };
    for definition in [
        r#"(type (record (field "NAME" u8)))"#,
        r#"(type (variant (case "NAME" u8)))"#,
        r#"(type (enum "NAME"))"#,
        r#"(type (flags "NAME"))"#,
        r#"(type (func (param "NAME" u8)))"#,
        r#"(type (instance (export "NAME" (func))))"#,
        r#"(type (component (import "NAME" (func))))"#,
        r#"(type (component (export "NAME" (func))))"#,
        r#"(import "NAME" (func))"#,
        r#"(component (import "NAME" (func)))"#,
        r#"(type $t u8) (export "NAME" (type $t))"#,
    ] {
        let right = with(&definition.replace("NAME", "a-B"));
        assert!(
            !matches!(right, Err(Error::InvalidComponent { .. })),
            "{definition}: {right:?}"
        );
        let wrong = with(&definition.replace("NAME", "a_b"));
        let Err(Error::InvalidComponent { message, offset }) = wrong else {
            panic!("{definition}: {wrong:?}");
        };
        assert_eq!(message, "the name \"a_b\" is not in kebab case");
        assert!(offset > 8);
    }
    let long = format!("(type (enum \"{}\"))", "é".repeat(50_000));
    assert!(with(&long).unwrap_err().to_string().len() < 600);
}

#[test]
fn every_prefix_is_answered() {
    let wasm = component(&[]);
    let core = extract(&wasm, &contract()).unwrap();
    for end in 0..wasm.len() {
        // Some end where a section does; what they lack is then a problem.
        match extract(&wasm[..end], &contract()) {
            Ok(found) => assert_eq!(found, core, "{end}: only debugging names are gone"),
            Err(Error::Contract(_) | Error::Invalid { .. }) => {}
            Err(Error::InvalidComponent { offset, .. }) => assert!(offset as usize <= end),
            other => panic!("{end}: {other:?}"),
        }
    }
    for at in 8..wasm.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut changed = wasm.clone();
            changed[at] = value;
            let _ = extract(&changed, &contract());
        }
    }
}

#[test]
fn components_nested_too_deep_are_refused() {
    let text = format!("{}{}", "(component ".repeat(40), ")".repeat(40));
    let err = extract(&wat::parse_str(text).unwrap(), &contract()).unwrap_err();
    assert!(
        err.to_string()
            .contains("components are nested deeper than 16"),
        "{err}"
    );
}

/// Each type here is twice as long as the one before it.
#[test]
fn a_type_whose_text_has_no_end_is_cut() {
    let mut types = "(type $t0 (tuple u8 u8))".to_owned();
    for i in 1..60 {
        types += &format!("(type $t{i} (tuple $t{} $t{}))", i - 1, i - 1);
    }
    types += r#"(type $aggregate (func (param "points" $t59) (result $numbers)))"#;
    let text = COMPONENT.replace(
        r#"(type $aggregate (func (param "points" $points) (result $numbers)))"#,
        &types,
    );
    // wat does not check what it assembles.
    let found = problems(&wat::parse_str(text).unwrap());
    assert!(found.iter().any(|problem| problem.contains("tuple<tuple<")));
    assert!(
        found.iter().all(|problem| problem.len() < 3000),
        "{found:#?}"
    );
}

/// Each instance has the one before inside, and releasing one takes stack.
#[test]
fn a_chain_of_instances_has_an_end() {
    let chain = |length: u32| {
        let mut instances = vec![];
        leb128(&mut instances, length);
        instances.extend([1, 0]);
        for previous in 0..length - 1 {
            instances.extend(b"\x01\x01\x00\x01a\x05");
            leb128(&mut instances, previous);
        }
        let mut wasm = b"\0asm\x0d\0\x01\0\x05".to_vec();
        leb128(&mut wasm, u32::try_from(instances.len()).unwrap());
        wasm.extend(instances);
        wasm
    };
    assert!(describe(&chain(100)).is_ok());
    for length in [101, 100_000] {
        let refused = describe(&chain(length)).unwrap_err().to_string();
        assert!(
            refused.contains("instances are nested too deep"),
            "{refused}"
        );
    }
}

fn leb128(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
