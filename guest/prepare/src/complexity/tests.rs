use super::*;

fn module(fields: &str) -> Vec<u8> {
    wat::parse_str(format!("(module (memory 1) (table 10 funcref) {fields})"))
        .expect("the test's own WAT")
}

fn cost(fields: &str) -> Estimate {
    estimate(&module(fields)).expect("the module is valid")
}

fn refusal(fields: &str) -> Excess {
    let wasm = module(fields);
    let excess = excess(&estimate(&wasm).unwrap(), wasm.len() as u64).expect("it is too complex");
    assert!(excess.amount > excess.limit, "{excess:?}");
    let error = Error::Limit {
        name: excess.resource.limit(),
        max: excess.limit,
        message: excess.message(None),
    };
    assert_eq!(check(&wasm), Err(error));
    excess
}

#[test]
fn a_function_that_takes_too_long_is_refused_by_its_name() {
    // 11 KB that compiled for more than a minute.
    let n = 500;
    let sets: String = (1..=n)
        .map(|i| format!("local.get 0 i32.load local.set {i} "))
        .collect();
    let uses: String = (1..=n)
        .map(|i| format!("local.get 0 local.get {i} i32.store "))
        .collect();
    let loops = "loop ".repeat(n) + &"local.get 0 br_if 0 end ".repeat(n);
    let locals = "i32 ".repeat(n);
    let excess = refusal(&format!(
        "(func) (func (param i32) (local {locals}) {sets} {loops} {uses})"
    ));
    assert_eq!(
        (excess.resource, excess.function, excess.alone),
        (Resource::Time, 1, true)
    );
    assert_eq!(excess.limit, MAX_TIME_OF_FUNCTION);
    let message = excess.message(None);
    assert!(
        message.starts_with(
            "the module would take too long to compile: function 1 alone is estimated at "
        ) && message.ends_with(" ms; at most 5000 ms are allowed for one"),
        "{message}"
    );
}

/// What dominates the end of a block is as deep as the last block before it, not
/// as deep as the begin of that block.
#[test]
fn ends_of_nested_blocks_are_as_deep_as_what_leads_there() {
    // 140 KB that compiled for 40 s.
    let nested = |n: usize, body: &str| {
        format!(
            "(func (param i32) {} {})",
            "block ".repeat(n),
            body.repeat(n)
        )
    };
    let excess = refusal(&nested(20_000, "local.get 0 br_if 0 end "));
    assert_eq!(
        (excess.resource, excess.function, excess.alone),
        (Resource::Time, 0, true)
    );
    // In a row and nested, they are the same chain of blocks, give or take one.
    let in_a_row = cost(&format!(
        "(func (param i32) {})",
        "block local.get 0 br_if 0 end ".repeat(2_000)
    ));
    let nested = cost(&nested(2_000, "local.get 0 br_if 0 end "));
    assert!(nested.whole.time * 2 >= in_a_row.whole.time);
}

#[test]
fn a_function_that_takes_too_much_memory_is_refused_by_its_name() {
    // 14 KB that took 670 MB.
    let n = 2_000;
    let globals = "(global (mut i32) (i32.const 0)) ".repeat(n);
    let text = |name| format!("{globals} (func $f) (func {name} {})", "call $f ".repeat(n));
    let excess = refusal(&text(""));
    assert_eq!(
        (excess.resource, excess.function, excess.alone),
        (Resource::Memory, 1, true)
    );
    let message = excess.message(None);
    assert!(
        message.starts_with(
            "the module would take too much memory to compile: function 1 alone is estimated at "
        ) && message.ends_with(" MiB; at most 320 MiB are allowed for one"),
        "{message}"
    );
    let refused = check(&module(&text("$a::run"))).unwrap_err().to_string();
    assert_eq!(
        refused,
        message.replacen("function 1", "function 1 (a::run)", 1)
    );
}

#[test]
fn functions_that_together_take_too_much_are_refused() {
    let large = format!(
        "(func (param f64) (result i32) {} local.get 0 i32.trunc_f64_s)",
        "local.get 0 i32.trunc_f64_s drop ".repeat(34_000)
    );
    assert_eq!(check(&module(&large.repeat(3))), Ok(()));
    let excess = refusal(&large.repeat(4));
    assert_eq!((excess.resource, excess.alone), (Resource::Memory, false));
    assert_eq!(excess.limit, MAX_MEMORY);
}

#[test]
fn a_module_that_would_keep_too_much_is_refused() {
    let functions = "(func) ".repeat(300_000);
    let excess = refusal(&functions);
    assert_eq!((excess.resource, excess.alone), (Resource::Kept, false));
    let size = module(&functions).len() as u64;
    assert_eq!(excess.limit, MAX_KEPT + size * MAX_KEPT_PER_BYTE);
    assert_eq!(check(&module(&"(func) ".repeat(100_000))), Ok(()));
}

#[test]
fn what_every_function_goes_through_counts_for_each() {
    // 1 KB more of either, and much more time.
    for field in ["(type (func (param i32)))", "(global i32 (i32.const 0))"] {
        let (field, functions) = (field.repeat(50_000), "(func) ".repeat(50_000));
        let both = cost(&format!("{field} {functions}")).whole.time;
        let apart = cost(&field).whole.time + cost(&functions).whole.time;
        assert!(both > 10 * apart, "{both} and {apart}");
    }
}

#[test]
fn locals_count_though_nothing_uses_them() {
    let most = format!("(func (local {}))", "i32 ".repeat(50_000));
    let whole = cost(&most).whole;
    assert!(
        whole.kept > 50_000 * 8 && whole.memory > 50_000 * 100,
        "{whole:?}"
    );
    // 2 KB of such functions would be bytes by the megabyte.
    let excess = refusal(&most.repeat(150));
    assert_eq!(excess.resource, Resource::Kept);
}

#[test]
fn a_second_access_to_an_address_is_cheap() {
    let time = |body: &str| {
        cost(&format!("(func (param i32) (local i32) {body})"))
            .whole
            .time
    };
    let load = "local.get 0 i32.load offset=8 drop ";
    let first = time(load) - time("");
    let second = time(&load.repeat(2)) - time(load);
    assert!(second * 4 < first, "{second} {first}");
    // Not when another value, a larger offset or another way makes it unknown.
    for between in [
        "local.get 1 local.set 0 ",
        "loop end ",
        "local.get 0 if else end ",
        "local.get 0 i32.const 1 i32.add drop local.get 1 local.tee 0 drop ",
    ] {
        let body = format!("{load}{between}");
        let again = time(&format!("{body}{load}")) - time(&body);
        assert!(again * 2 > first, "{between}: {again} {first}");
    }
    let further = time(&format!("{load}local.get 0 i32.load offset=9 drop ")) - time(load);
    assert!(further * 2 > first, "{further} {first}");
    // What was copied before the variable changed is the old value.
    let stale = "local.get 0 i32.load local.get 0 local.get 1 local.set 0 i32.load drop drop ";
    let fresh = "local.get 0 i32.load local.get 0 i32.load drop drop ";
    assert!(time(stale) > time(fresh) + first / 2);
}

#[test]
fn shifts_that_may_be_by_nothing_make_uses_dear() {
    let time = |width: &str| {
        let body = format!(
            "{} {}",
            format!("local.get 0 {width} i32.shl local.set 0 ").repeat(1_000),
            "local.get 0 drop ".repeat(1_000)
        );
        cost(&format!("(func (param i32) (local i32) {body})"))
            .whole
            .time
    };
    let plain = time("i32.const 3");
    for width in [
        "i32.const 0",
        "i32.const 32",
        "local.get 1",
        "i32.const 0 local.get 0 local.get 0 i32.store",
        "i32.const 0 i32.const 0 drop",
    ] {
        assert!(time(width) > plain + 1_000_000, "{width}");
    }
}

#[test]
fn code_in_one_line_is_linear() {
    let time = |n: usize| {
        let adds = "local.get 0 i32.const 1 i32.add local.set 0 ".repeat(n);
        cost(&format!("(func (local i32) {adds})")).whole
    };
    let (one, ten) = (time(10_000), time(100_000));
    assert!(
        ten.time < 15 * one.time && ten.memory < 11 * one.memory,
        "{one:?} {ten:?}"
    );
}

#[test]
fn usual_modules_are_far_below_the_bounds() {
    for path in [
        "/../../gohost/plugin/testdata/engine.core.wasm",
        "/../../gohost/internal/prepare/prepare.wasm",
    ] {
        let wasm = std::fs::read(format!("{}{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let estimate = estimate(&wasm).unwrap();
        let size = wasm.len() as u64;
        let (whole, largest) = (estimate.whole, estimate.largest.1);
        assert!(
            whole.time * 2 < MAX_TIME + size * MAX_TIME_PER_BYTE,
            "{path}"
        );
        assert!(estimate.longest.1.time * 8 < MAX_TIME_OF_FUNCTION, "{path}");
        assert!(largest.memory * 4 < MAX_MEMORY_OF_FUNCTION, "{path}");
        assert!(whole.memory * 4 < MAX_MEMORY, "{path}");
        assert!(
            whole.kept * 4 < MAX_KEPT + size * MAX_KEPT_PER_BYTE,
            "{path}"
        );
        // And not so far that the estimate could be nothing at all.
        assert!(whole.time > size * 500 && whole.kept > size * 5, "{path}");
    }
}

#[test]
fn amounts_beyond_all_numbers_are_refused_too() {
    let whole = Cost {
        time: u64::MAX,
        memory: u64::MAX,
        kept: u64::MAX,
    };
    let mut sum = whole;
    sum += whole;
    assert_eq!((sum, whole.times(3)), (whole, whole));
    let estimate = Estimate {
        whole,
        ..Estimate::default()
    };
    assert!(excess(&estimate, u64::from(u32::MAX)).is_some());
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
    assert!(matches!(prepare(true), Err(Error::Limit { name, .. }) if name == "compile time"));
    assert!(
        prepare(false).is_ok(),
        "a module that is trusted may take its time"
    );
}
