//! Components of several core modules become one core module. That it does what the
//! component does, gohost/sandbox/merge_test.go shows with the same components.

use compute_pipeline_prepare::contract::Contract;
use compute_pipeline_prepare::describe::describe;
use compute_pipeline_prepare::extract::extract;
use compute_pipeline_prepare::{Error, features, prepare};

const SHARED: &str = include_str!("../../../gohost/sandbox/testdata/merge/shared.wat");
const STARTS: &str = include_str!("../../../gohost/sandbox/testdata/merge/starts.wat");
const TWICE: &str = include_str!("../../../gohost/sandbox/testdata/merge/twice.wat");
const ALIASES: &str = include_str!("../../../gohost/sandbox/testdata/merge/aliases.wat");
const REALLOCS: &str = include_str!("../../../gohost/sandbox/testdata/merge/reallocs.wat");

const RUN: &str = "export\t\t\trequired\nfunction\trun\ti\ti\tfunc(n: u32) -> u32\n";
const RUN_TEXT: &str = "export\t\t\trequired\nfunction\trun\tii\ti\tfunc(text: string) -> u32\n\
    import\t\t\nfunction\tget\ti\t\tfunc() -> string\n";

fn contract(text: &str) -> Contract {
    Contract::parse(text).unwrap()
}

fn edited(text: &str, edits: &[(&str, &str)]) -> Vec<u8> {
    let mut text = text.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from:?} is not in the component");
        text = text.replace(from, to);
    }
    wat::parse_str(text).unwrap()
}

/// What is in the merged module, as JSON.
fn merged(wasm: &[u8], expected: &str) -> String {
    let expected = contract(expected);
    let core = extract(wasm, &expected).unwrap();
    assert_eq!(prepare::check(wasm, &expected), Ok(vec![]));
    for meter in [false, true] {
        let options = prepare::Options {
            contract: expected.clone(),
            meter,
        };
        let prepared = prepare::prepare(wasm, &options).unwrap();
        features::validate(&prepared.wasm).unwrap();
    }
    describe(&core).unwrap()
}

fn refused(wasm: &[u8], expected: &str) -> String {
    match extract(wasm, &contract(expected)) {
        Ok(_) => panic!("it is not refused"),
        Err(err) => err.to_string(),
    }
}

fn says(json: &str, parts: &[&str]) {
    for part in parts {
        assert!(json.contains(part), "{part}\nis not in\n{json}");
    }
}

#[test]
fn core_modules_become_one() {
    says(
        &merged(&edited(SHARED, &[]), RUN),
        &[
            r#""exports":[{"name":"memory","kind":"memory","type":"(memory 1)"},{"name":"run","kind":"function","type":"(func (param i32) (result i32))"}]"#,
            // Those of the extended constants are numbers now.
            r#""imports":[],"#,
            r#""functions":4,"globals":5,"element_segments":2,"data_segments":1"#,
        ],
    );
    says(
        &merged(&edited(STARTS, &[]), RUN),
        &[r#""functions":6,"#, r#""start":5"#, r#""data_segments":4,"#],
    );
    says(
        &merged(&edited(TWICE, &[]), RUN),
        &[
            r#""functions":7,"globals":2,"element_segments":2,"data_segments":0,"memories":[],"#,
            r#""tables":[{"type":"funcref","minimum":1},{"type":"funcref","minimum":1}]"#,
        ],
    );
    says(
        &merged(&edited(ALIASES, &[]), RUN),
        &[r#""functions":3,"globals":1,"#],
    );
    says(
        &merged(&edited(REALLOCS, &[]), RUN_TEXT),
        &[
            // The three reallocs, the function itself, two wrappers and their realloc.
            r#""functions":7,"globals":4,"#,
            r#""imports":[{"module":"$root","name":"get","kind":"function","type":"(func (param i32))"},{"module":"$root","name":"get","kind":"function","type":"(func (param i32))"}]"#,
            r#"{"name":"cabi_realloc","kind":"function","type":"(func (param i32 i32 i32 i32) (result i32))"}"#,
        ],
    );
}

/// An import needs no wrapper if it has the same realloc as the exports.
#[test]
fn one_realloc_for_all_is_exported_itself() {
    let edits = [
        (
            r#"(core func $two "realloc")"#,
            r#"(core func $one "realloc")"#,
        ),
        (
            r#"(core func $own "realloc")"#,
            r#"(core func $one "realloc")"#,
        ),
    ];
    says(
        &merged(&edited(REALLOCS, &edits), RUN_TEXT),
        &[r#""functions":4,"globals":3,"#],
    );
}

/// If one import has another realloc, that with the realloc of the exports has a wrapper too;
/// gohost/internal/prepare/merge_test.go shows what for.
#[test]
fn all_imports_with_a_realloc_have_wrappers_or_none() {
    let one = [(
        r#"(core func $own "realloc")"#,
        r#"(core func $one "realloc")"#,
    )];
    says(
        &merged(&edited(REALLOCS, &one), RUN_TEXT),
        // The three reallocs, the function itself, two wrappers and their realloc.
        &[r#""functions":7,"#],
    );
}

/// Names of functions are what a trap shows. An instance's functions all have new indices.
#[test]
fn names_are_kept() {
    let names = |wasm: &[u8]| {
        let core = extract(wasm, &contract(RUN)).unwrap();
        let text = String::from_utf8_lossy(&core).into_owned();
        let at = text.rfind("name").unwrap();
        text[at..].to_owned()
    };
    let twice = names(&edited(TWICE, &[]));
    assert_eq!(twice.matches("add").count(), 2, "one for each instance");
    // The names of a core module that cannot be read are left out, those of others stay.
    let mut broken = edited(SHARED, &[]);
    // Its index among the functions, before the length of the name.
    let mut names_at = broken.windows(8);
    let at = names_at.position(|bytes| bytes == b"\x01\x06triple");
    broken[at.unwrap()] = 0x70;
    let names = names(&broken);
    assert!(
        names.contains("plus") && !names.contains("triple"),
        "{names:?}"
    );
}

#[test]
fn resources_have_canonical_names() {
    let world = "export\tex:a/counters\t1.0.0\trequired\n\
        function\t[constructor]counter\ti\ti\tfunc(start: u32) -> own<resource>\n\
        resource\tcounter\n\
        import\tex:a/store\t1.0.0\nfunction\topen\t\ti\tfunc() -> own<resource>\nresource\tbucket\n";
    let wasm = wat::parse_str(
        r#"(component
          (import "ex:a/store@1.0.0" (instance $store
            (export "bucket" (type $bucket (sub resource)))
            (export "open" (func (result (own $bucket))))))
          (alias export $store "bucket" (type $bucket))
          (alias export $store "open" (func $open))
          (core func $open (canon lower (func $open)))
          (core func $close (canon resource.drop $bucket))

          (core module $lib
            (func (export "free") (param i32))
            (func (export "id") (param i32) (result i32) (local.get 0)))
          (core instance $lib (instantiate $lib))
          (type $counter (resource (rep i32) (dtor (core func $lib "free"))))
          (core func $new (canon resource.new $counter))
          (core func $rep (canon resource.rep $counter))
          (core func $drop (canon resource.drop $counter))

          (core module $main
            (import "e" "1" (func $open (result i32)))
            (import "e" "2" (func $close (param i32)))
            (import "e" "3" (func $new (param i32) (result i32)))
            (import "e" "4" (func $rep (param i32) (result i32)))
            (import "e" "5" (func $drop (param i32)))
            (import "lib" "id" (func $id (param i32) (result i32)))
            (func (export "make") (param i32) (result i32)
              (call $close (call $open))
              (call $drop (call $new (call $rep (local.get 0))))
              (call $new (call $id (local.get 0)))))
          (core instance $main (instantiate $main
            (with "lib" (instance $lib))
            (with "e" (instance
              (export "1" (func $open))
              (export "2" (func $close))
              (export "3" (func $new))
              (export "4" (func $rep))
              (export "5" (func $drop))))))
          (func $make (param "start" u32) (result (own $counter))
            (canon lift (core func $main "make")))
          (instance $counters
            (export "counter" (type $counter))
            (export "[constructor]counter" (func $make)))
          (export "ex:a/counters@1.0.0" (instance $counters)))"#,
    )
    .unwrap();
    says(
        &merged(&wasm, world),
        &[
            r#"{"module":"ex:a/store@1.0.0","name":"open","kind":"function","type":"(func (result i32))"}"#,
            r#"{"module":"ex:a/store@1.0.0","name":"[resource-drop]bucket","kind":"function","type":"(func (param i32))"}"#,
            r#"{"module":"[export]ex:a/counters@1.0.0","name":"[resource-new]counter","kind":"function""#,
            r#"{"module":"[export]ex:a/counters@1.0.0","name":"[resource-rep]counter","kind":"function""#,
            r#"{"module":"[export]ex:a/counters@1.0.0","name":"[resource-drop]counter","kind":"function""#,
            r#"{"name":"ex:a/counters@1.0.0#[constructor]counter","kind":"function""#,
            r#"{"name":"ex:a/counters@1.0.0#[dtor]counter","kind":"function","type":"(func (param i32))"}"#,
        ],
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    for (from, to, problem) in [
        (
            r#"(with "got" (instance $triple))"#,
            "",
            r#"and is given no core instance of that name"#,
        ),
        (
            r#"(export "double")"#,
            r#"(export "doubled")"#,
            r#"core instance 1, of core module 1, imports "env" "double", and core instance 0 has no function of that name"#,
        ),
        (
            r#"(import "env" "double" (func $double (param i32) (result i32)))"#,
            r#"(import "env" "double" (func $double (param i64)))"#,
            r#"imports "env" "double", with the type (func (param i64)), and gets one of the type (func (param i32) (result i32))"#,
        ),
        (
            r#"(import "env" "memory" (memory 1))"#,
            r#"(import "env" "memory" (memory 2))"#,
            r#"imports "env" "memory", with the type (memory 2), and gets one of the type (memory 1)"#,
        ),
        (
            r#"(import "env" "memory" (memory 1))"#,
            r#"(import "env" "memory" (memory 1 2))"#,
            r#"with the type (memory 1 2), and gets one of the type (memory 1)"#,
        ),
        (
            r#"(table 4 funcref)"#,
            r#"(table 9 funcref)"#,
            r#"imports "env" "table", with the type (table 9 funcref), and gets one of the type (table 8 funcref)"#,
        ),
        (
            r#"(import "env" "sp" (global $sp (mut i32)))"#,
            r#"(import "env" "sp" (global $sp i32))"#,
            r#"imports "env" "sp", with the type (global i32), and gets one of the type (global (mut i32))"#,
        ),
        (
            r#"(import "env" "table_base" (global $table i32))"#,
            r#"(import "env" "sp" (global $table i32))"#,
            r#"with the type (global i32), and gets one of the type (global (mut i32))"#,
        ),
        (
            r#"(table $own 1 funcref)"#,
            r#"(table $own 1 funcref) (memory 1)"#,
            "core instances 0 and 2 have memories of their own, and this host runs core modules that share one",
        ),
        (
            r#"(canon lift (core func $main "run"))"#,
            r#"(canon lift (core func $main "run") async)"#,
            r#""run" is lifted with the option async"#,
        ),
        (
            r#"(result u32) (canon"#,
            r#"(result s32) (canon"#,
            r#""run" has the type func(n: u32) -> s32, not func(n: u32) -> u32"#,
        ),
        (
            r#"(export "run") (param "n" u32)"#,
            r#"(export "go") (param "n" u32)"#,
            r#"the component does not export "run""#,
        ),
    ] {
        let text = refused(&edited(SHARED, &[(from, to)]), RUN);
        assert!(text.contains(problem), "{problem}\nis not in\n{text}");
    }
}

#[test]
fn reallocs_that_are_none_are_refused() {
    for (edits, problem) in [
        (
            &[(
                "(param i32 i32 i32 i32) (result i32) (global.get $at)",
                "(param i32 i32 i32) (result i32) (global.get $at)",
            )][..],
            r#"the realloc of the import "$root" "get" has another type than a realloc"#,
        ),
        (
            &[(
                r#"(realloc (core func $two "realloc"))"#,
                "(realloc (core func $get-one))",
            )],
            r#"imports "two" "get", and gets a function with a realloc of no core module"#,
        ),
        (
            &[(
                r#"(realloc (core func $two "realloc"))"#,
                r#"(realloc (core func $two "realloc")) string-encoding=utf16"#,
            )],
            r#"imports "two" "get", and gets a function with the option string-encoding=utf16"#,
        ),
        (
            &[(
                r#"(func $get (result string))"#,
                "(func $get (result (list u8)))",
            )],
            r#"and gets a function of the type func() -> list<u8>, not func() -> string"#,
        ),
    ] {
        let text = refused(&edited(REALLOCS, edits), RUN_TEXT);
        assert!(text.contains(problem), "{problem}\nis not in\n{text}");
    }
}

/// A core module that is not valid is told by its number, or where the merged one is not.
#[test]
fn core_modules_that_are_not_valid_are_refused() {
    for (from, to, problem) in [
        // One with extended constants is not valid alone, so it is not told which it is.
        ("(global.set $sp", "(drop) (global.set $sp", "not a valid"),
        (
            "(table.set $own",
            "(drop) (table.set $own",
            "in core module 2, type mismatch",
        ),
        (
            "(table.set $own",
            "(return_call $plus (i32.const 1)) (table.set $own",
            "in core module 2, tail calls support is not enabled",
        ),
        (
            "(call $double (local.get 0))",
            "(call 77 (local.get 0))",
            "in core module 1, ",
        ),
        (
            "(global.get $slot)",
            "(global.get 77)",
            "in core module 2, ",
        ),
        (
            "(table.copy $table $own",
            "(table.copy $table 77",
            "in core module 2, ",
        ),
        ("(block (type $f)", "(block (type 77)", "in core module 2, "),
        (
            "(elem (offset",
            "(elem (table 77) (offset",
            "in core module 1, ",
        ),
        (
            "(elem (offset (i32.add (global.get $table) (i32.const 1))) func $triple)",
            "(elem (i32.const 0) func 77)",
            "in core module 1, ",
        ),
        (
            "(data (offset (global.get $memory))",
            "(data (offset (global.get $sp))",
            "in core module 1, ",
        ),
        (
            "(i32.const 2)) (i32.const 1)",
            "(i32.const 2)) (i64.const 1)",
            "in core module 1, ",
        ),
        (
            "(table $own 1 funcref)",
            "(table $own 1 funcref) (start 77)",
            "in core module 2, ",
        ),
        (
            "(table $own 1 funcref)",
            "(table $own 1 funcref (ref.func $plus))",
            "in core module 2, a table has an initial value",
        ),
        (
            "(table $own 1 funcref)",
            "(table $own 1 funcref) (tag)",
            "in core module 2, ",
        ),
        (
            "(table $own 1 funcref)",
            "(table $own 1 funcref) (memory i64 1)",
            "in core module 2, ",
        ),
    ] {
        let text = refused(&edited(SHARED, &[(from, to)]), RUN);
        assert!(text.contains(problem), "{to}: {problem}\nis not in\n{text}");
    }
}

fn limit(text: &str) -> (&'static str, u64) {
    match extract(&wat::parse_str(text).unwrap(), &contract(RUN)) {
        Err(Error::Limit { name, max, .. }) => (name, max),
        other => panic!("{other:?}"),
    }
}

fn component(definitions: &str) -> String {
    format!(
        r#"(component {definitions}
          (core module $end (func (export "run") (param i32) (result i32) (local.get 0)))
          (core instance $end (instantiate $end))
          (func (export "run") (param "n" u32) (result u32) (canon lift (core func $end "run"))))"#
    )
}

#[test]
fn limits() {
    let instances = |count| {
        let instances = "(core instance (instantiate $m))".repeat(count);
        let size = format!("(core module (data \"{}\"))", "x".repeat(10_000));
        component(&format!("{size} (core module $m (func (nop))) {instances}"))
    };
    merged(&wat::parse_str(instances(255)).unwrap(), RUN);
    assert_eq!(limit(&instances(256)), ("instances", 256));

    let large = "(core module $m (data \"".to_owned() + &"x".repeat(100_000) + "\"))";
    let copies =
        |count| component(&(large.clone() + &"(core instance (instantiate $m))".repeat(count)));
    merged(&wat::parse_str(copies(2)).unwrap(), RUN);
    let wasm = wat::parse_str(copies(3)).unwrap();
    assert_eq!(limit(&copies(3)), ("merged size", 2 * wasm.len() as u64));

    let functions = |count| {
        let module = format!("(core module $m {})", "(func)".repeat(count));
        component(&(module + "(core instance (instantiate $m))"))
    };
    merged(&wat::parse_str(functions((1 << 17) - 1)).unwrap(), RUN);
    assert_eq!(limit(&functions(1 << 17)), ("functions", 1 << 17));

    let globals = |count| {
        let module = format!(
            "(core module $m {})",
            "(global i32 (i32.const 0))".repeat(count)
        );
        component(&(module + "(core instance (instantiate $m)) (core instance (instantiate $m))"))
    };
    merged(&wat::parse_str(globals(32_000)).unwrap(), RUN);
    assert_eq!(limit(&globals(33_000)), ("start", 1 << 16));

    let aliases = |count| {
        let mut text =
            r#"(core module $m (func (export "f"))) (core instance $i0 (instantiate $m))"#
                .to_owned();
        for i in 0..count {
            text += &format!(
                r#"(alias core export $i{i} "f" (core func $f{i})) (core instance $i{} (export "f" (func $f{i})))"#,
                i + 1
            );
        }
        text += &format!(
            r#"(core module $u (import "m" "f" (func))) (core instance (instantiate $u (with "m" (instance $i{count}))))"#
        );
        component(&text)
    };
    merged(&wat::parse_str(aliases(63)).unwrap(), RUN);
    assert_eq!(limit(&aliases(64)), ("aliases", 64));
}

/// Whatever is changed in a component, it is refused, or what comes out is valid.
#[test]
fn every_change_is_answered() {
    for (text, world) in [(SHARED, RUN), (STARTS, RUN), (REALLOCS, RUN_TEXT)] {
        let wasm = edited(text, &[]);
        let world = contract(world);
        let check = |wasm: &[u8]| {
            if let Ok(core) = extract(wasm, &world)
                && matches!(core, std::borrow::Cow::Owned(_))
            {
                features::validate(&core).unwrap();
            }
        };
        for at in 8..wasm.len() {
            check(&wasm[..at]);
            for value in [
                0,
                1,
                2,
                0x7f,
                0x80,
                0xff,
                wasm[at] ^ 1,
                wasm[at].wrapping_add(1),
            ] {
                let mut changed = wasm.clone();
                changed[at] = value;
                check(&changed);
            }
        }
    }
}
