//! What metering writes, and what it refuses.
//!
//! Expected modules are written out in full. That a metered module does what
//! the original does is for tests/metering, which runs both.

use compute_pipeline_prepare::meter::{Metered, Report, meter};
use compute_pipeline_prepare::{Error, features};
use wasmparser::{Operator, Parser, Payload};

/// Assembles a module, without the names of what it has.
fn assemble(wat: &str) -> Vec<u8> {
    let wasm = wat::parse_str(wat).unwrap_or_else(|err| panic!("{err}\n{wat}"));
    without_names(&wasm)
}

fn without_names(wasm: &[u8]) -> Vec<u8> {
    let payloads = Parser::new(0).parse_all(wasm);
    let sections = payloads.filter_map(|payload| payload.expect("a valid module").as_section());
    match sections.last() {
        // The name section is the last one, behind its id and its size.
        Some((0, payload)) => {
            let header = 2 + (payload.end - payload.start).ilog2() / 7;
            wasm[..(payload.start - u64::from(header)) as usize].to_vec()
        }
        _ => wasm.to_vec(),
    }
}

/// Meters a module and checks that the result is valid.
fn metered(wat: &str) -> Metered {
    let metered = meter(&assemble(wat)).expect("the module is metered");
    features::validate(&metered.wasm).expect("the result is valid");
    metered
}

#[track_caller]
fn assert_metered(input: &str, expected: &str) {
    let (got, expected) = (without_names(&metered(input).wasm), assemble(expected));
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    assert!(
        got == expected,
        "\n     got {}\nexpected {}",
        hex(&got),
        hex(&expected)
    );
}

/// The types that every metered module has.
const TYPES: &str = "(type (func (result i64))) (type (func (param i64)))";

/// What every metered module imports.
const REFUEL: &str = r#"(import "compute-pipeline:fuel" "refuel" (func $refuel (result i64)))"#;

/// What every metered module has beside its own.
const SLOW: &str = r#"
    (func $slow (param i64)
      (global.set $fuel (i64.add (global.get $fuel) (local.get 0)))
      (loop
        (global.set $fuel (i64.add (call $refuel) (global.get $fuel)))
        (br_if 0 (i64.lt_s (global.get $fuel) (local.get 0)))))
    (export "compute-pipeline:fuel" (global $fuel))"#;

const FUEL: &str = "(global $fuel (mut i64) (i64.const 0))";

fn charge(units: u32) -> String {
    format!("(global.set $fuel (i64.sub (global.get $fuel) (i64.const {units})))")
}

/// A charge, and the way out to the label.
fn charge_or_leave(units: u32, label: u32) -> String {
    let charge = charge(units);
    format!("{charge} (br_if {label} (i64.lt_s (global.get $fuel) (i64.const 0)))")
}

const CHECK: &str = "(if (i64.lt_s (global.get $fuel) (i64.const 0))
    (then (call $slow (i64.const 0))))";

/// A body that is charged when it is called.
fn entry(units: u32, body: &str) -> String {
    let charge = charge_or_leave(units, 0);
    format!(
        "(loop (block {charge} {body} (return)) (call $slow (i64.const {units})) (br 0))
         (unreachable)"
    )
}

/// A loop. `ty` is its result.
fn around_loop(units: u32, ty: &str, body: &str) -> String {
    let charge = charge_or_leave(units, 1);
    format!(
        "(block {ty}
           (loop
             (block (loop {ty} {charge} {body}) (br 2))
             (call $slow (i64.const {units})) (br 0))
           (unreachable))"
    )
}

/// `count` instructions that cost a unit each.
fn work(count: usize) -> String {
    "(drop (i32.const 1))".repeat(count)
}

#[test]
fn a_module_without_functions_gets_the_interface() {
    assert_metered(
        "(module)",
        &format!("(module {TYPES} {REFUEL} {FUEL} {SLOW})"),
    );
}

#[test]
fn a_loop_is_charged_from_outside() {
    let count = "(br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))";
    assert_metered(
        &format!(r#"(module (func (export "count") (param i32) (loop {count})))"#),
        &format!(
            r#"(module (type (func (param i32))) {TYPES} {REFUEL} {FUEL}
                 (export "count" (func 1))
                 (func (param i32) {}) {SLOW})"#,
            entry(1, &around_loop(5, "", count))
        ),
    );
}

#[test]
fn branches_find_their_labels_again() {
    // Out of two loops by number, past a block, to the end of the body.
    let body = |inner: &str, outer: &str, both: &str, end: &str| {
        (
            format!(
                "(block (br_table {inner} {outer} {both} {end} (local.get 0)))
                 (br_if {inner_0} (local.get 0))",
                inner_0 = inner.parse::<u32>().unwrap() - 1
            ),
            format!("(br {})", outer.parse::<u32>().unwrap() - 2),
        )
    };
    let (inner, outer) = body("1", "2", "3", "4");
    let input = format!(
        r#"(module (func (export "f") (param i32) (block (loop (loop {inner}) {outer}))))"#
    );
    // Each loop has three labels around it, the body two inside of its own.
    let (inner, _) = body("1", "5", "9", "12");
    let expected_loops = around_loop(2, "", &format!("{} (br 0)", around_loop(4, "", &inner)));
    assert_metered(
        &input,
        &format!(
            r#"(module (type (func (param i32))) {TYPES} {REFUEL} {FUEL}
                 (export "f" (func 1))
                 (func (param i32) {}) {SLOW})"#,
            entry(1, &format!("(block {expected_loops})"))
        ),
    );
}

#[test]
fn a_loop_with_parameters_is_checked_inside() {
    let charge = charge(5);
    assert_metered(
        r#"(module (func (export "f") (param i32)
             (local.get 0)
             (loop (param i32) (br_if 0 (local.tee 0 (i32.sub (i32.const 1))) (local.get 0)) (drop))))"#,
        &format!(
            r#"(module (type (func (param i32))) {TYPES} {REFUEL} {FUEL}
                 (export "f" (func 1))
                 (func (param i32) {}) {SLOW})"#,
            entry(
                1,
                &format!(
                    "(local.get 0)
                     (loop (param i32) {charge} {CHECK}
                       (br_if 0 (local.tee 0 (i32.sub (i32.const 1))) (local.get 0)) (drop))"
                )
            )
        ),
    );
}

#[test]
fn the_result_of_a_loop_comes_out() {
    assert_metered(
        r#"(module (func (export "f") (result i32 i64)
             (loop (result i32 i64) (i32.const 1) (i64.const 2))))"#,
        &format!(
            r#"(module (type $two (func (result i32 i64))) {TYPES} {REFUEL} {FUEL}
                 (export "f" (func 1))
                 (func (result i32 i64) {}) {SLOW})"#,
            entry(
                1,
                &around_loop(3, "(type $two)", "(i32.const 1) (i64.const 2)")
            )
        ),
    );
}

#[test]
fn large_arms_are_charged_when_they_run() {
    let (large, small) = (work(64), work(63));
    // What is skipped by br_if, an arm of an if, and what follows an early
    // exit. The small ones are charged with what comes before them.
    let body = |at: &dyn Fn(u32) -> String| {
        let at = at(64);
        format!(
            "(if (local.get 0) (then {at} {large}) (else {small}))
             (block (br_if 0 (local.get 0)) {at} {large})
             (block (block (br_if 1 (local.get 0)) {small}) {at} {large})
             (block (br_if 0 (local.get 0)))"
        )
    };
    // The body, if, br_if three times, and 63 twice; what follows a block
    // that nothing skips belongs to the body.
    let units = 1 + 1 + 3 + 63 + 63 + 2;
    let bodies = |at| format!("{} {}", body(at), work(2));
    assert_metered(
        &format!(
            r#"(module (func (export "f") (param i32) {}))"#,
            bodies(&|_| String::new())
        ),
        &format!(
            r#"(module (type (func (param i32))) {TYPES} {REFUEL} {FUEL}
                 (export "f" (func 1))
                 (func (param i32) {}) {SLOW})"#,
            entry(units, &bodies(&charge))
        ),
    );
}

/// What the bodies of a metered module charge at once, in the order of the code.
fn charges(wasm: &[u8]) -> Vec<i64> {
    let mut charges = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload.expect("the module is valid") {
            let operators = body.get_operators_reader().expect("the body is valid");
            let operators: Vec<_> = operators.into_iter().map(Result::unwrap).collect();
            charges.extend(operators.windows(3).filter_map(|window| match *window {
                [
                    Operator::I64Const { value },
                    Operator::I64Sub,
                    Operator::GlobalSet { .. },
                ] => Some(value),
                _ => None,
            }));
        }
    }
    charges
}

/// A loop that runs one of its arms in each round, by a number in memory.
fn interpreter(count: usize, arm: &str) -> String {
    let targets: String = (0..count).map(|target| format!(" {target}")).collect();
    let arms: String = (0..count)
        .rev()
        .map(|outside| format!(") {arm} (br {outside})"))
        .collect();
    let blocks = "(block ".repeat(count);
    format!(
        "(module (memory 1)
           (func (loop {blocks} (br_table {targets} (i32.load8_u (i32.const 0))) {arms})))"
    )
}

#[test]
fn a_round_of_an_interpreter_is_charged_for_few_of_its_arms() {
    // A loop, a constant, a load and a table of branches; an arm is 38 of work and a branch.
    let (own, arm) = (1 + 1 + 4 + 2, 39);
    let charges = charges(&metered(&interpreter(250, &work(38))).wasm);
    assert_eq!(charges[0], own + 6 * arm, "as many arms as fit in 256");
    // So a round is never charged less than the arm that it runs.
    assert_eq!(charges[1..], [arm; 244], "each of the others when it runs");
}

#[test]
fn small_functions_are_charged_where_they_are_called() {
    // A call takes 5; $small has 1 for being called and 10 of work.
    let (small, large) = (work(10), work(1_000));
    assert_metered(
        &format!(
            r#"(module
                 (func $small {small}) (func $large {large})
                 (func (export "f") (call $small) (call $large) (call $small)))"#
        ),
        &format!(
            r#"(module (type (func)) {TYPES} {REFUEL} {FUEL}
                 (export "f" (func 3))
                 (func $small {small}) (func $large {})
                 (func {}) {SLOW})"#,
            entry(1_001, &large),
            entry(
                1 + 3 * 5 + 2 * 11,
                "(call $small) (call $large) (call $small)"
            )
        ),
    );
}

/// How many functions of a module are charged when they are called.
fn charged(wat: &str) -> u32 {
    metered(wat).report.charged
}

#[test]
fn what_can_call_itself_is_charged_when_it_is_called() {
    for (expected, functions) in [
        (0, "(func $a (call $b)) (func $b (call $c)) (func $c)"),
        (1, "(func $a (call $b)) (func $b (call $b)) (func $c)"),
        (
            2,
            "(func $a (call $b)) (func $b (call $c)) (func $c (call $b))",
        ),
        (
            3,
            "(func $a (call $b)) (func $b (call $c)) (func $c (call $a))",
        ),
        // By way of the table, and a type that is equal without being the same.
        (
            2,
            "(type $i (func (param i32))) (type $j (func (param i32)))
             (table funcref (elem $a $b))
             (func $a (type $i) (call $b (i32.const 1)))
             (func $b (type $i) (call_indirect (type $j) (i32.const 0) (i32.const 0)))",
        ),
        // No function of that type is in a table.
        (
            0,
            "(table funcref (elem $a $b)) (func $a)
             (func $b (call_indirect (param i32) (i32.const 0) (i32.const 0)))",
        ),
        // A reference can be had of a function in many ways.
        (
            1,
            "(table $t 1 funcref) (global funcref (ref.func $a))
             (func $a (call_indirect $t (i32.const 0)))",
        ),
        (
            1,
            "(table $t 1 funcref) (elem funcref (ref.func $a))
             (func $a (call_indirect $t (i32.const 0)))",
        ),
        (
            1,
            "(table $t 1 funcref) (elem declare func $a)
             (func $a (table.set $t (i32.const 0) (ref.func $a)) (call_indirect $t (i32.const 0)))",
        ),
        // Others may put functions into an imported table.
        (
            1,
            r#"(import "m" "t" (table $t 1 funcref)) (elem declare func $a)
             (func $a) (func $b (call_indirect $t (i32.const 0)))"#,
        ),
        // What the host calls.
        (1, r#"(func $a) (start $a)"#),
        (1, r#"(func (export "a")) (func)"#),
    ] {
        assert_eq!(
            charged(&format!("(module {functions})")),
            expected,
            "{functions}"
        );
    }
}

#[test]
fn a_chain_of_many_calls_needs_no_deep_stack() {
    let mut functions = String::new();
    for i in 0..100_000 {
        functions.push_str(&format!("(func (call {}))", (i + 1) % 100_000));
    }
    assert_eq!(charged(&format!("(module {functions})")), 100_000);
}

#[test]
fn every_index_moves_with_its_function() {
    let module = |types: &str, refuel: &str, fuel: &str, bodies: [&str; 3], slow: &str| {
        let [a, b, c] = bodies;
        format!(
            r#"(module
                 (type $v (func)) (type $i (func (param i32))) {types}
                 (import "host" "g" (global i32)) (import "host" "f" (func $f (type $v)))
                 {refuel}
                 (table $t 10 funcref)
                 (global $g funcref (ref.func $b)) {fuel}
                 (export "f" (func $f)) (export "b" (func $b))
                 (start $a)
                 (elem $t (i32.const 1) func $f $a $b)
                 (elem funcref (ref.func $b) (ref.null func) (ref.func $f))
                 (elem declare func $c)
                 (func $a (type $v) {a}) (func $b (type $v) {b}) (func $c (type $i) {c}) {slow})"#
        )
    };
    let [a, b, c] = [
        "(call $f) (call $b)",
        "(table.set $t (i32.const 0) (ref.func $c))",
        "(call_indirect $t (type $v) (local.get 0))",
    ];
    // Calling the host takes 40 more than the 5 of a call; ref.func is as dear.
    let (charged_a, charged_b) = (entry(1 + 45 + 5, a), entry(1 + 4 + 1 + 45, b));
    assert_metered(
        &module("", "", "", [a, b, c], ""),
        &module(TYPES, REFUEL, FUEL, [&charged_a, &charged_b, c], SLOW),
    );
}

/// Takes what an instruction on the stack says, and checks.
fn charge_length(length: &str, shift: &str) -> String {
    format!(
        "(global.set $fuel (i64.sub (global.get $fuel)
           (i64.extend_i32_u (i32.shr_u {length} {shift})))) {CHECK}"
    )
}

#[test]
fn lengths_are_charged_before_the_work() {
    let module = |types: &str, refuel: &str, fuel: &str, body: &str, added: &str| {
        format!(
            r#"(module (type (func)) {types} {refuel} (table 1 funcref) (memory 1) {fuel}
                 (export "f" (func $f)) (elem $e func) (func $f {body}) {added} (data $d ""))"#
        )
    };
    let body = |bytes: &str, entries: &str| {
        format!(
            "i32.const 1 i32.const 2 i32.const 3 {bytes} memory.init $d
             i32.const 1 i32.const 2 i32.const 3 {entries} table.init $e
             i32.const 1 i32.const 2 i32.const 3 {entries} table.copy
             i32.const 1 ref.null func i32.const 3 {entries} table.fill 0
             ref.null func i32.const 3 {entries} table.grow 0 drop"
        )
    };
    // Four of 12, one that the runtime does, and 14 operands.
    let charged = entry(
        1 + 4 * 12 + 45 + 14,
        &body("i32.const 4 call $length", "i32.const 1 call $length"),
    );
    let length = charge_length("(local.get 0)", "(local.get 1)");
    let length = format!("(func $length (param i32 i32) (result i32) {length} (local.get 0))");
    assert_metered(
        &module("", "", "", &body("", ""), ""),
        &module(
            &format!("{TYPES} (type (func (param i32 i32) (result i32)))"),
            REFUEL,
            FUEL,
            &charged,
            &format!("{SLOW} {length}"),
        ),
    );
}

#[test]
fn large_fills_and_copies_are_cut() {
    let module = |types: &str, refuel: &str, fuel: &str, body: &str, added: &str| {
        format!(
            r#"(module (type (func)) {types} {refuel} (memory 1) {fuel}
                 (export "f" (func $f)) (func $f {body}) {added})"#
        )
    };
    let body = |fill: &str, copy: &str| {
        let operands = "i32.const 1 i32.const 2 i32.const 3";
        format!("{operands} {fill} {operands} {copy}")
    };
    let outside = |place: u32| {
        format!(
            "(i64.gt_u (i64.add (i64.extend_i32_u (local.get {place})) (i64.extend_i32_u (local.get 2)))
               (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16)))"
        )
    };
    let (fill, copy) = (
        "(memory.fill (local.get 0) (local.get 1) (local.get 2))",
        "(memory.copy (local.get 0) (local.get 1) (local.get 2))",
    );
    let chunk = format!("{} {CHECK}", charge(4096));
    let rest = charge_length("(local.get 2)", "(i32.const 4)");
    let shorten = "(local.set 2 (i32.sub (local.get 2) (i32.const 65536)))";
    let forward =
        |place: u32| format!("(local.set {place} (i32.add (local.get {place}) (i32.const 65536)))");
    let added = format!(
        "(func $fill (param i32 i32 i32)
           (loop $next
             (if (i32.gt_u (local.get 2) (i32.const 65536)) (then
               (if {outside_0} (then {fill} (return)))
               {chunk}
               (memory.fill (local.get 0) (local.get 1) (i32.const 65536))
               {forward_0} {shorten}
               (br $next))))
           {rest} {fill})
         (func $copy (type 4) (param i32 i32 i32)
           (loop $next
             (if (i32.gt_u (local.get 2) (i32.const 65536)) (then
               (if (i32.or {outside_0} {outside_1}) (then {copy} (return)))
               {chunk}
               (if (i32.gt_u (local.get 0) (local.get 1))
                 (then
                   {shorten}
                   (memory.copy (i32.add (local.get 0) (local.get 2))
                     (i32.add (local.get 1) (local.get 2)) (i32.const 65536)))
                 (else
                   (memory.copy (local.get 0) (local.get 1) (i32.const 65536))
                   {forward_0} {forward_1} {shorten}))
               (br $next))))
           {rest} {copy})",
        outside_0 = outside(0),
        outside_1 = outside(1),
        forward_0 = forward(0),
        forward_1 = forward(1),
    );
    assert_metered(
        &module("", "", "", &body("memory.fill", "memory.copy"), ""),
        &module(
            &format!("{TYPES} (type (func (param i32 i32 i32))) (type (func (param i32 i32 i32)))"),
            REFUEL,
            FUEL,
            &entry(1 + 2 * 12 + 6, &body("call $fill", "call $copy")),
            &format!("{SLOW} {added}"),
        ),
    );
}

#[test]
fn code_after_a_branch_stays_valid() {
    metered(
        r#"(module (memory 1) (func $g)
             (func (export "f") (param i32) (result i32)
               (unreachable)
               (br_if 0) (drop) (loop (unreachable) (br_if 0) (call $g))
               (block (result i32) (br 0 (i32.const 1)) (loop (result i32) (br 0)) (memory.fill))
               (loop (param i32) (drop))
               (if (result i32) (then (unreachable) (return) (loop)) (else (unreachable) (br_table 0 1 0)))
               (return) (br_if 0) (drop)))"#,
    );
}

#[test]
fn deep_nesting_and_long_code_take_linear_time() {
    let deep = 50_000;
    let wat = format!(
        r#"(module (func (export "f") (param i32) {} (br_if {} (local.get 0)) {}))"#,
        "loop block if (local.get 0)"
            .replace("if (local.get 0)", "")
            .repeat(deep),
        2 * deep - 1,
        "end ".repeat(2 * deep)
    );
    let report = metered(&wat).report;
    assert_eq!((report.loops, report.charged), (deep as u32, 1));
    // Code without a branch is cut, so that it is charged in pieces.
    let report = metered(&format!(
        r#"(module (func (export "f") {}))"#,
        work(100_000)
    ))
    .report;
    assert_eq!(report.arms, 100_000 / 8_192);
}

#[test]
fn names_move_with_their_functions() {
    let module = |refuel: &str, rest: &str, slow: &str| {
        format!(
            r#"(module $m (import "host" "f" (func $f)) {refuel}
                 (memory $memory 1) {rest}
                 (func $a (param $x i32) (local $y i32) (block $label)) (func $b) {slow})"#
        )
    };
    let input = wat::parse_str(module("", "", "")).unwrap();
    let slow = SLOW.replace("$slow", "$compute-pipeline:fuel.slow");
    let rest = FUEL.replace("$fuel", "(;fuel;)");
    let expected = module(
        &REFUEL.replace("$refuel", "$compute-pipeline:fuel.refuel"),
        &rest,
        &slow
            .replace("$refuel", "$compute-pipeline:fuel.refuel")
            .replace("global.get $fuel", "global.get 0")
            .replace("global.set $fuel", "global.set 0")
            .replace("(global $fuel)", "(global 0)"),
    )
    // Labels are added, so their names are gone.
    .replace("$label", "")
    .replacen(
        "(module $m",
        &format!("(module $m (type (func)) (type (func (param i32))) {TYPES}"),
        1,
    );
    let got = meter(&input).unwrap().wasm;
    assert!(got == wat::parse_str(expected).unwrap());
}

/// A module with one custom section.
fn with_custom(name: &str, contents: &[u8]) -> Vec<u8> {
    let mut wasm = assemble("(module)");
    wasm.extend_from_slice(&[0, (1 + name.len() + contents.len()) as u8, name.len() as u8]);
    wasm.extend_from_slice(name.as_bytes());
    wasm.extend_from_slice(contents);
    wasm
}

#[test]
fn sections_that_would_be_wrong_are_dropped() {
    let dropped = |wasm: &[u8]| meter(wasm).unwrap().report.dropped;
    for name in [
        ".debug_info",
        "reloc.CODE",
        "linking",
        "metadata.code.branch_hint",
    ] {
        assert_eq!(dropped(&with_custom(name, b"x")), [name]);
    }
    // Names that cannot be read: one function, and then no more.
    assert_eq!(dropped(&with_custom("name", &[1, 1, 1])), ["name"]);
    assert_eq!(dropped(&with_custom("name", &[1, 2, 0, 0])), ["name"]);
    assert!(dropped(&with_custom("name", &[1, 1, 0])).is_empty());
    let kept = with_custom("producers", b"x");
    let metered = meter(&kept).unwrap();
    assert!(metered.report.dropped.is_empty());
    assert!(metered.wasm.windows(10).any(|bytes| bytes == b"producersx"));
}

#[test]
fn reserved_names_are_refused() {
    for (module, expected) in [
        (
            r#"(module (import "compute-pipeline:fuel" "refuel" (func (result i64))))"#,
            "the module imports from the module \"compute-pipeline:fuel\"; names that begin with \
             \"compute-pipeline:fuel\" are reserved for metering, so this may be a module that is \
             metered already",
        ),
        (
            r#"(module (import "compute-pipeline:fuel/2" "g" (global i64)))"#,
            "the module imports from the module \"compute-pipeline:fuel/2\"; names",
        ),
        (
            r#"(module (global i64 (i64.const 0)) (export "compute-pipeline:fuel" (global 0)))"#,
            "the module exports \"compute-pipeline:fuel\"; names",
        ),
        (
            r#"(module (func (export "compute-pipeline:fuel-2")))"#,
            "the module exports \"compute-pipeline:fuel-2\"; names",
        ),
    ] {
        let err = meter(&assemble(module)).expect_err(module);
        assert!(err.to_string().starts_with(expected), "{err}");
    }
    metered(r#"(module (import "compute-pipeline" "fuel" (func)) (func (export "fuel")))"#);
    let twice = meter(&metered("(module)").wasm);
    assert!(matches!(twice, Err(Error::ReservedName { .. })));
}

#[test]
fn what_is_no_module_is_refused() {
    // A module that sets a global it has not: with one more, it would be valid.
    let wasm =
        b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x08\x01\x06\0\x42\x01\x24\0\x0b";
    assert!(matches!(meter(wasm), Err(Error::Invalid { .. })));
    let newer = wat::parse_str("(module (func $f return_call $f))").unwrap();
    assert!(matches!(meter(&newer), Err(Error::Unsupported { .. })));
    assert!(matches!(meter(b"\0asm\x0d\0\x01\0"), Err(Error::Component)));
    let whole = assemble(r#"(module (func (export "f") (loop (br 0))))"#);
    for end in 0..whole.len() {
        // Cut between two sections, what is left may be a module.
        if let Ok(metered) = meter(&whole[..end]) {
            features::validate(&metered.wasm).expect("the result is valid");
        }
    }
}

#[test]
fn a_function_that_grows_too_large_is_refused() {
    // 18 bytes become some 40.
    let loops = "loop end ".repeat(1_500_000);
    let wasm = assemble(&format!("(module (func) (func {loops}))"));
    let err = meter(&wasm).expect_err("it is too large");
    assert_eq!(
        err.report().split_once('\n').map(|(limit, _)| limit),
        Some("function size\t7654321")
    );
    assert!(err.to_string().starts_with("function 1 would be "), "{err}");
}

#[test]
fn the_report_says_what_was_done() {
    let report = metered(&format!(
        r#"(module (func $a (loop)) (func (export "f") (param i32)
             (call $a) (if (local.get 0) (then {}))))"#,
        work(100)
    ))
    .report;
    let expected = Report {
        functions: 2,
        charged: 1,
        loops: 1,
        arms: 1,
        dropped: vec![],
    };
    assert_eq!(report, expected);
    assert_eq!(
        report.to_string(),
        "charges in 1 of 2 functions, 1 loops, 1 arms"
    );
}

/// What a module has beside [`SLOW`] where calls are counted.
const EXHAUSTED: &str = "(func $exhausted (type $none) (unreachable))";
const EXHAUSTED_TYPE: &str = "(type $none (func))";
const DEPTH: &str = "(global $depth (mut i32) (i32.const 0))";

/// A body with a look at how deep the stack is, in front of its charge.
fn entry_at_depth(room: i32, units: u32, body: &str) -> String {
    let entry = entry(units, body);
    format!(
        "(local $d i32)
         (block (br_if 0 (i32.gt_s (local.tee $d (global.get $depth)) (i32.const {room}))) {entry})
         (call $exhausted) (unreachable)"
    )
}

/// A call that makes the stack deeper, of a function that is itself counted.
fn deeper(frame: u32, call: &str) -> String {
    format!(
        "(global.set $depth (i32.add (local.get $d) (i32.const {frame}))) {call}
         (global.set $depth (local.get $d))"
    )
}

/// The same of one that is not.
fn deeper_from_outside(frame: u32, call: &str) -> String {
    format!(
        "(global.set $depth (i32.add (global.get $depth) (i32.const {frame}))) {call}
         (global.set $depth (i32.sub (global.get $depth) (i32.const {frame})))"
    )
}

/// How deep the stack may be.
const STACK: i32 = 2 << 20;

#[test]
fn calls_that_may_recur_count_the_depth() {
    // The smallest frame, and half of the 4 and 8 bytes of the bodies. $outer
    // is not counted, but what it takes is: 64 and 2.
    let module = |types: &str, refuel: &str, globals: &str, bodies: [&str; 3], rest: &str| {
        let [recur, outer, small] = bodies;
        format!(
            r#"(module {types} {refuel} {globals}
                 (func $recur {recur}) (func $outer {outer}) (func $small {small}) {rest})"#
        )
    };
    let v = "(type $v (func))";
    assert_metered(
        &module(
            v,
            "",
            "",
            ["(call $small) (call $recur)", "(call $recur)", "(nop)"],
            "",
        ),
        &module(
            &format!("{v} {TYPES} {EXHAUSTED_TYPE}"),
            REFUEL,
            &format!("{FUEL} {DEPTH}"),
            [
                &entry_at_depth(
                    STACK - (64 + 3) - (64 + 1),
                    1 + 5 + 1 + 5,
                    &format!("(call $small) {}", deeper(64 + 3, "(call $recur)")),
                ),
                &deeper_from_outside(64 + 2, "(call $recur)"),
                "(nop)",
            ],
            &format!("{SLOW} {EXHAUSTED}"),
        ),
    );
}

#[test]
fn every_way_out_of_a_function_that_may_recur() {
    let body = |label: u32, call: &str| {
        format!(
            "(if (i32.eqz (local.get 0)) (then (return (i32.const 1) (i64.const 2))))
             (block
               (i32.const 1) (i64.const 2)
               (br_table {end} {end} (i32.const 1) (i64.const 2) (local.get 0)))
             (block (br {end} (i32.const 3) (i64.const 4)))
             (block (i32.const 3) (i64.const 4) (br_if {end} (local.get 0)) (drop) (drop))
             (local.get 0) {call}",
            end = label + 1,
        )
    };
    let module = |types: &str, refuel: &str, globals: &str, body: &str, rest: &str| {
        format!(
            "(module (type $f (func (param i32) (result i32 i64))) {types} {refuel} {globals}
               (func $f (type $f) {body}) {rest})"
        )
    };
    // The parameter, both results, the second one of the call, half of the body.
    let frame = 64 + 8 + 16 + 8 + 56 / 2;
    assert_metered(
        &module("", "", "", &body(0, "(call $f)"), ""),
        &module(
            &format!("{TYPES} {EXHAUSTED_TYPE}"),
            REFUEL,
            &format!("{FUEL} {DEPTH}"),
            &entry_at_depth(
                STACK - frame as i32,
                23,
                &body(3, &deeper(frame, "(call $f)")),
            ),
            &format!("{SLOW} {EXHAUSTED}"),
        ),
    );
}

#[test]
fn functions_that_can_fill_the_stack_are_counted() {
    // 50,000 locals of 8 bytes are more than what goes without a count.
    let large = |body: &str| format!("(func (local {}) {body})", "i64 ".repeat(50_000));
    // 10 times 1000 locals do not.
    let chain = |length: usize, last: &str| {
        let mut functions = String::new();
        for i in 1..length {
            let locals = "i64 ".repeat(1_000);
            functions.push_str(&format!("(func (local {locals}) (call {i}))"));
        }
        format!("{functions} (func {last})")
    };
    let table = "(type $i (func (param i32))) (type $j (func (param i32)))";
    for (expected, functions) in [
        (false, "(func $a (call $b)) (func $b)".to_owned()),
        (true, "(func $a (call $b)) (func $b (call $a))".to_owned()),
        // By way of the table, where the function is, or a way to it.
        (
            true,
            format!(
                "{table} (table funcref (elem $a)) (func $a (param i32) (call $b)) (func $b (call_indirect (type $j) (i32.const 0) (i32.const 0)))"
            ),
        ),
        (
            false,
            format!(
                "{table} (table funcref (elem $b)) (func $a (param i32)) (func $b (call_indirect (type $j) (i32.const 0) (i32.const 0)))"
            ),
        ),
        (true, large("")),
        (
            true,
            format!(
                "(table 1 funcref) {} (elem (i32.const 0) func 0) (func (call_indirect (i32.const 0)))",
                large("")
            ),
        ),
        (false, chain(9, "")),
        (true, chain(10, "")),
        (true, chain(1_000, "")),
    ] {
        let name = b"compute-pipeline:fuel.stack-exhausted";
        let wasm = metered(&format!("(module {functions})")).wasm;
        let counted = wasm.windows(name.len()).any(|bytes| bytes == name);
        assert_eq!(counted, expected, "{functions:.200}");
    }
}

/// The first constant that `find` knows in the first body of a metered module.
fn constant<T>(wasm: &[u8], find: impl Fn(&Operator<'_>) -> Option<T>) -> T {
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload.expect("the module is valid") {
            let operators = body.get_operators_reader().expect("the body is valid");
            let found = operators
                .into_iter()
                .find_map(|op| find(&op.expect("the body is valid")));
            return found.expect("the body has such a constant");
        }
    }
    panic!("no body")
}

/// How deep the stack may be when the first function of a module, which may
/// recur, is called.
fn room(function: &str) -> i32 {
    let wasm = metered(&format!("(module (func $f {function}))")).wasm;
    constant(&wasm, |op| match *op {
        Operator::I32Const { value } => Some(value),
        _ => None,
    })
}

#[test]
fn a_call_by_a_table_is_charged_as_the_dearest_also_in_a_cycle() {
    let wasm = metered(&format!(
        "(module (table funcref (elem $f $g))
           (func $f (call_indirect (i32.const 0))) (func $g {}))",
        work(500)
    ))
    .wasm;
    let units = constant(&wasm, |op| match *op {
        Operator::I64Const { value } => Some(value),
        _ => None,
    });
    // The call of $f, a constant, a call by a table, the call of $g.
    assert_eq!(units, 1 + 1 + 10 + 501);
}

#[test]
fn frames_are_estimated() {
    let frame = |function: &str| STACK - room(function);
    let none = frame("(call $f)");
    assert_eq!(none, 64 + 4 / 2);
    // Values have 8 bytes, vectors 16; the declaration is 2 bytes.
    assert_eq!(
        frame("(param i32 f64 v128) (unreachable) (call $f)"),
        none + 32
    );
    assert_eq!(frame("(local i32 i32 i32) (call $f)"), none + 24 + 1);
    assert_eq!(frame("(local v128 v128 v128) (call $f)"), none + 48 + 1);
    // A second result, of calls and of blocks.
    assert_eq!(frame("(result i32 v128) (call $f)"), none + 24 + 16);
    assert_eq!(
        frame("(call $f) (block (result i64 i64) (i64.const 1) (i64.const 2)) (drop) (drop)"),
        none + 16 + 4
    );
    // Operands that wait during a call, each once; 3 bytes of code for each.
    let waiting = |n: usize, get: &str, add: &str| {
        frame(&format!(
            "{} (call $f) (call $f) {} (drop)",
            format!("({get})").repeat(n),
            format!("({add})").repeat(n - 1)
        ))
    };
    assert_eq!(
        waiting(9, "i32.const 0", "i32.add") - waiting(5, "i32.const 0", "i32.add"),
        4 * 8 + 4 * 3 / 2
    );
    // A vector's zero is 18 bytes of code, to add it 3.
    assert_eq!(
        waiting(9, "v128.const i64x2 0 0", "i64x2.add")
            - waiting(5, "v128.const i64x2 0 0", "i64x2.add"),
        4 * 16 + 4 * (18 + 3) / 2
    );
    // What is set on one way and not on the other: of 2 locals, 4 bytes each;
    // a block that nothing skips is no such place.
    let sets =
        "(local.set 0 (local.get 1)) (local.set 1 (local.get 0)) (local.set 0 (local.get 1))";
    let parameters = "(param i32 i32) (call $f (local.get 0) (local.get 1))";
    let straight = frame(&format!("{parameters} (block {sets})"));
    for (labels, bytes) in [
        ("(loop {})", 0),
        ("(block {} (br_if 0 (local.get 0)))", 2),
        ("(block {} (br_table 0 0 (local.get 0)))", 3),
        ("(if (local.get 0) (then {}))", 1),
    ] {
        let got = frame(&format!("{parameters} {}", labels.replace("{}", sets)));
        assert_eq!(got, straight + 8 + bytes, "{labels}");
    }
    // A frame for which the stack is too small: the function always traps.
    assert_eq!(
        room(&format!("(local {}) (call $f)", "v128 ".repeat(49_999))),
        1_297_100
    );
    assert_eq!(room(&format!("(call $f) {}", work(1_500_000))), -1);
}
