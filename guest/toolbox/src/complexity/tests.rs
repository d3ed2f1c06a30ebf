use super::*;

fn module(functions: &str) -> Vec<u8> {
    wat::parse_str(format!("(module (memory 1) {functions})")).expect("the test's own WAT")
}

fn steps(functions: &str) -> u64 {
    estimate(&module(functions)).expect("the module is valid").2
}

/// The shapes that were measured, `n` times in one function.
fn shapes(n: usize) -> Vec<(&'static str, String)> {
    let locals = "(local i32) ".repeat(n.min(1_000));
    let types = |n: usize| "i32 ".repeat(n.min(1_000));
    let consts = |n: usize| "i32.const 1 ".repeat(n.min(1_000));
    let drops = |n: usize| "drop ".repeat(n.min(1_000));
    let set_all: String = (0..n)
        .map(|i| {
            format!(
                "local.get 0 br_if 0 i32.const 1 local.set {} ",
                i % n.min(1_000)
            )
        })
        .collect();
    vec![
        ("blocks in a row", "block end ".repeat(n)),
        (
            "nested blocks",
            format!("{} {}", "block ".repeat(n), "end ".repeat(n)),
        ),
        (
            "nested loops",
            format!("{} {}", "loop ".repeat(n), "end ".repeat(n)),
        ),
        ("loops in a row", "loop end ".repeat(n)),
        (
            "nested ifs",
            format!("{} {}", "i32.const 1 if ".repeat(n), "end ".repeat(n)),
        ),
        (
            "many exits",
            format!("block {} end", "i32.const 1 br_if 0 ".repeat(n)),
        ),
        (
            "many exits, many locals",
            format!("{locals} block {set_all} end"),
        ),
        (
            "exits with many values",
            format!(
                "block (result {}) {} {} end {}",
                types(n),
                consts(n),
                "i32.const 1 br_if 0 ".repeat(n),
                drops(n)
            ),
        ),
        (
            "calls with many values",
            format!("{} {} {}", consts(n), "call $many ".repeat(n), drops(n)),
        ),
    ]
}

fn function(n: usize, body: &str) -> String {
    let many = "i32 ".repeat(n.min(1_000));
    format!("(func $many (param {many}) (result {many}) unreachable) (func {body})")
}

#[test]
fn shapes_that_take_more_than_linear_time_are_refused() {
    for (name, body) in shapes(30_000) {
        let wasm = module(&function(30_000, &body));
        let size = wasm.len() as u64;
        match check(&wasm) {
            Err(Error::TooComplex {
                function: 1,
                largest,
                total,
                limit,
            }) => {
                assert!(total > limit && largest > limit, "{name}");
                assert_eq!(limit, ALLOWED + size * ALLOWED_PER_BYTE, "{name}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn the_same_shapes_in_usual_sizes_are_not() {
    for (name, body) in shapes(100) {
        let functions = function(100, &body);
        let one = steps(&functions);
        assert!(one < ALLOWED / 50, "{name}: {one}");
        // In many functions, they are in proportion.
        let many = function(100, "") + &format!("(func {body}) ").repeat(90);
        assert_eq!(check(&module(&many)), Ok(()), "{name}");
    }
}

#[test]
fn locals_count_though_nothing_uses_them() {
    let most = format!("(func (local {}))", "i32 ".repeat(50_000));
    assert_eq!(steps(&most), 50_000 * LOCALS);
    assert_eq!(check(&module(&most)), Ok(()));
    // Ten kilobytes of such functions are refused (tests/hostile has them).
    assert!(1_300 * steps(&most) > ALLOWED);
}

#[test]
fn code_without_branches_takes_no_steps() {
    let adds = "local.get 0 i32.const 1 i32.add local.set 0 ";
    assert_eq!(
        steps(&format!("(func (local i32) {})", adds.repeat(10_000))),
        LIVENESS + LOCALS
    );
}

#[test]
fn the_engine_is_far_below_the_limit() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../gohost/plugin/testdata/engine.core.wasm"
    );
    let (_, _, total) = estimate(&std::fs::read(path).unwrap()).unwrap();
    assert!((ALLOWED / 100..ALLOWED / 5).contains(&total), "{total}");
}

#[test]
fn the_refusal_says_which_function_and_how_much() {
    let err = check(&module(&format!(
        "(func) (func {})",
        "block end ".repeat(30_000)
    )));
    let message = err.unwrap_err().to_string();
    assert!(
        message.starts_with(
            "the module would take too long to compile: its blocks, branches and locals make "
        ) && message.contains(" of them in function 1; at most 3180"),
        "{message}"
    );
}

#[test]
fn prepare_refuses_before_metering_and_only_then() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../gohost/testdata/echo.wat"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let body = "block end ".repeat(30_000);
    let text = format!("{} (func {body}))", text.trim_end().trim_end_matches(')'));
    let wasm = wat::parse_str(text).expect("the test's own WAT");
    let prepare = |meter| {
        let options = crate::prepare::Options {
            meter,
            ..Default::default()
        };
        crate::prepare::prepare(&wasm, &options)
    };
    assert!(matches!(prepare(true), Err(Error::TooComplex { .. })));
    assert!(
        prepare(false).is_ok(),
        "a module that is trusted may take its time"
    );
}
