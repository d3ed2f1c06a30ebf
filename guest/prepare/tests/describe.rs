//! What is said about modules and components.

use compute_pipeline_prepare::Error;
use compute_pipeline_prepare::describe::describe;

fn described(wat: &str) -> String {
    describe(&wat::parse_str(wat).unwrap()).unwrap()
}

#[track_caller]
fn says(json: &str, expected: &[&str]) {
    for part in expected {
        assert!(json.contains(part), "{part}\nis not in\n{json}");
    }
}

#[test]
fn a_core_module() {
    says(
        &described(
            r#"(module
              (import "wasi:io/streams@0.2.0" "read" (func (param i32 i64) (result f64)))
              (import "env" "t" (table 1 2 externref))
              (memory (export "memory") 1 9)
              (table (export "t") 3 funcref)
              (global (export "g") (mut i64) (i64.const 0))
              (func $start)
              (start $start)
              (func (export "a:b/c@1.2.3#second") (result v128) (v128.const i64x2 0 0))
              (func (export "a:b/c@1.2.3#first"))
              (func (export "cabi_post_a:b/c@1.2.3#first"))
              (data (i32.const 0) "x"))"#,
        ),
        &[
            r#"{"kind":"core module","size":"#,
            r#""interfaces":[{"name":"a:b/c","version":"1.2.3","functions":["first","second"]},{"name":"wasi:io/streams","version":"0.2.0","imported":true,"functions":["read"]}]"#,
            r#""imports":[{"module":"wasi:io/streams@0.2.0","name":"read","kind":"function","type":"(func (param i32 i64) (result f64))"},{"module":"env","name":"t","kind":"table","type":"(table 1 2 externref)"}]"#,
            r#"{"name":"memory","kind":"memory","type":"(memory 1 9)"}"#,
            r#"{"name":"t","kind":"table","type":"(table 3 funcref)"}"#,
            r#"{"name":"g","kind":"global","type":"(global (mut i64))"}"#,
            r#"{"name":"a:b/c@1.2.3#first","kind":"function","type":"(func)"}"#,
            r#""functions":4,"globals":1,"element_segments":0,"data_segments":1"#,
            r#""memories":[{"minimum":1,"maximum":9}],"tables":[{"type":"funcref","minimum":3}],"start":1"#,
            r#""features":["mutable-global","reference-types","simd"]"#,
            r#"{"name":"start","size":1}"#,
            r#"{"name":"custom","custom":"name","size":"#,
        ],
    );
}

#[test]
fn what_a_module_uses_beyond_the_first_version() {
    for (definitions, features) in [
        ("(func (param i32) (result i32) local.get 0)", ""),
        (r#"(global $g (mut i32) (i32.const 0))"#, ""),
        (
            r#"(global (export "g") (mut i32) (i32.const 0))"#,
            r#""mutable-global""#,
        ),
        (
            r#"(import "" "g" (global (mut i32)))"#,
            r#""mutable-global""#,
        ),
        ("(func (result i32 i32) unreachable)", r#""multi-value""#),
        (
            "(func (block (param i32) (drop)) (unreachable))",
            r#""multi-value""#,
        ),
        ("(func (loop (result i32) (i32.const 1)) (drop))", ""),
        (
            "(func (drop (i32.extend8_s (i32.const 1))))",
            r#""sign-extension""#,
        ),
        (
            "(func (drop (i32.trunc_sat_f32_s (f32.const 1))))",
            r#""saturating-float-to-int""#,
        ),
        (
            "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))",
            r#""bulk-memory""#,
        ),
        (
            "(table 1 funcref) (func (drop (table.size 0)))",
            r#""reference-types""#,
        ),
        ("(func (param externref))", r#""reference-types""#),
        ("(func (drop (ref.null func)))", r#""reference-types""#),
        (
            "(func (drop (i8x16.popcnt (v128.const i64x2 0 0))))",
            r#""simd""#,
        ),
    ] {
        // Unreachable code is code: a module needs what it does not run, too.
        let definitions = definitions.replace(
            "(func (block (param i32)",
            "(func (unreachable) (block (param i32)",
        );
        says(
            &described(&format!("(module {definitions})")),
            &[&format!(r#""features":[{features}]"#)],
        );
    }
}

#[test]
fn a_module_that_is_too_new_is_described_with_its_problem() {
    let json = described(r#"(module (memory i64 1) (func (export "f")))"#);
    says(
        &json,
        &[
            r#""problem":"the module needs a feature beyond WebAssembly 2.0: memory64"#,
            r#""exports":[{"name":"f","kind":"function","type":"(func)"}]"#,
        ],
    );
    assert!(!json.contains(r#""features""#));
}

#[test]
fn a_component() {
    let json = described(include_str!("../../../gohost/testdata/component.wat"));
    says(
        &json,
        &[
            r#"{"kind":"component","size":"#,
            r#""interfaces":[{"name":"org:analytics/metrics","version":"0.1.0","functions":["compute-aggregate","validate-stream"]},{"name":"org:compute/pipeline","version":"0.1.0","functions":["process-batch","validate-checksum"]}]"#,
            r#""imports":[],"exports":[{"name":"org:analytics/metrics@0.1.0","kind":"instance"},{"name":"org:compute/pipeline@0.1.0","kind":"instance"}]"#,
            r#"{"name":"canonical function","size":"#,
            r#""modules":[{"kind":"core module","#,
            r#""components":[{"kind":"component","#,
            r#"{"name":"import-func-validate-stream","kind":"function"}"#,
        ],
    );
}

#[test]
fn imports_and_nested_components_of_a_component() {
    says(
        &described(
            r#"(component
              (import "wasi:io/streams@0.2.0" (instance (export "r" (type (sub resource)))))
              (import "f" (func))
              (component (core module)))"#,
        ),
        &[
            r#""interfaces":[{"name":"wasi:io/streams","version":"0.2.0","imported":true,"functions":[]}]"#,
            r#""imports":[{"name":"wasi:io/streams@0.2.0","kind":"instance"},{"name":"f","kind":"function"}]"#,
            r#""modules":[],"components":[{"kind":"component","#,
            r#""modules":[{"kind":"core module","size":"#,
        ],
    );
}

#[test]
fn producers_and_the_world() {
    says(
        &described(
            r#"(module (@producers (language "Rust" "1.95") (processed-by "wit-bindgen" "0.61")))"#,
        ),
        &[
            r#""producers":[{"field":"language","name":"Rust","version":"1.95"},{"field":"processed-by","name":"wit-bindgen","version":"0.61"}]"#,
        ],
    );
    // A component type section, as wit-bindgen writes it: a component that
    // exports the world as the type of a component.
    let world = wat::parse_str(
        r#"(component (type (component (type (component)) (export "a:b/w@0.1.0" (component (type 0)))))
             (export "a:b/w@0.1.0" (type 0)))"#,
    )
    .unwrap();
    let mut wasm = wat::parse_str("(module)").unwrap();
    let name = b"component-type:w";
    wasm.extend([0, (1 + name.len() + world.len()) as u8, name.len() as u8]);
    wasm.extend(name);
    wasm.extend(&world);
    assert!(world.len() < 100, "the size above is one byte");
    says(&describe(&wasm).unwrap(), &[r#""world":"a:b/w@0.1.0""#]);
}

#[test]
fn names_are_json_whatever_is_in_them() {
    says(
        &described(r#"(module (func (export "\"\\\n\00\7f\e2\80\a8é")))"#),
        &[r#""name":"\"\\\u000a\u0000\u007f\u2028é""#],
    );
}

#[test]
fn what_is_not_valid_is_refused() {
    for (wasm, expected) in [
        (&b""[..], "not a valid WebAssembly module"),
        (b"\0asm\x01\0\0\0\x01", "not a valid WebAssembly module"),
        (
            b"\0asm\x0d\0\x01\0\x0b\x03\x01\x07\x00",
            "not a valid component: a name of an unknown kind, 0x07 (at offset 0xc)",
        ),
    ] {
        let err = describe(wasm).unwrap_err();
        assert!(err.to_string().contains(expected), "{err}");
    }
    // A core module inside that is not valid, a byte beyond its preamble.
    let err = describe(b"\0asm\x0d\0\x01\0\x01\x09\0asm\x01\0\0\0\x01").unwrap_err();
    assert!(matches!(err, Error::Invalid { .. }), "{err}");
}
