//! Contracts other than the one of wit/: imports, resources, versions, worlds without
//! lists; and texts that are no contract.

use compute_pipeline_prepare::Error;
use compute_pipeline_prepare::contract::{Contract, check};

const WORLD: &str = "\
world\tex:filter/plugin@1.1.0
export\t\t\trequired
function\trun\ti\tF\tfunc(n: u32) -> f64
export\tex:filter/counters\t1.1.0\trequired
function\t[constructor]counter\ti\ti\tfunc(start: u32) -> own<counter>
function\t[method]counter.add\tii\tI\tfunc(self: borrow<counter>, n: u32) -> u64
resource\tcounter
export\tex:filter/plain\t\toptional
function\tf\t\t\tfunc()
import\tex:kv/store\t0.2.3
function\t[static]bucket.open\tiii\t\tfunc(name: string) -> result<own<bucket>, u8>
function\t[method]bucket.size\ti\tI\tfunc(self: borrow<bucket>) -> u64
resource\tbucket
import\tex:kv/store\t1.0.0
function\treset\t\t\tfunc()
import\t\t
function\tnow\t\tI\tfunc() -> u64
";

const MODULE: &str = r#"(module
  (import "ex:kv/store@0.2.0" "[static]bucket.open" (func (param i32 i32 i32)))
  (import "ex:kv/store@0.2.0" "[resource-drop]bucket" (func (param i32)))
  (import "ex:kv/store@1.9.9" "reset" (func))
  (import "[export]ex:filter/counters@1.0.0" "[resource-new]counter" (func (param i32) (result i32)))
  (import "[export]ex:filter/counters@1.0.0" "[resource-rep]counter" (func (param i32) (result i32)))
  (import "[export]ex:filter/counters@1.0.0" "[resource-drop]counter" (func (param i32)))
  (import "$root" "now" (func (result i64)))
  (func (export "run") (param i32) (result f64) unreachable)
  (func (export "cabi_post_run") (param f64))
  (func (export "ex:filter/counters@1.0.0#[constructor]counter") (param i32) (result i32) unreachable)
  (func (export "ex:filter/counters@1.0.0#[method]counter.add") (param i32 i32) (result i64) unreachable)
  (func (export "ex:filter/counters@1.0.0#[dtor]counter") (param i32))
  (memory (export "memory") 1)
)"#;

fn world() -> Contract {
    Contract::parse(WORLD).unwrap()
}

fn problems(edits: &[(&str, &str)]) -> Vec<String> {
    let mut text = MODULE.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from:?} is not in the module");
        text = text.replace(from, to);
    }
    check(&wat::parse_str(text).unwrap(), &world()).unwrap()
}

#[test]
fn a_world_of_its_own() {
    assert_eq!(problems(&[]), [""; 0]);
    for (from, to, expected) in [
        (r#"(export "run")"#, "", r#"it does not export "run""#),
        (
            "(param f64))",
            "(param i32))",
            r#"its export "cabi_post_run" has the type (func (param i32)), not (func (param f64))"#,
        ),
        (
            "counters@1.0.0#",
            "counters@2.0.0#",
            "it exports ex:filter/counters@2.0.0, and this host knows 1.x",
        ),
        (
            "counters@1.0.0#",
            "counters#",
            "it does not export the interface ex:filter/counters@1.x",
        ),
        (
            "(param i32 i32) (result i64)",
            "(param i32 i32) (result i32)",
            r#"its export "ex:filter/counters@1.0.0#[method]counter.add" has the type (func (param i32 i32) (result i32)), not (func (param i32 i32) (result i64))"#,
        ),
        (
            r#"#[dtor]counter") (param i32)"#,
            r#"#[dtor]counter") (param i64)"#,
            r#"its export "ex:filter/counters@1.0.0#[dtor]counter" has the type (func (param i64)), not (func (param i32))"#,
        ),
        (
            r#""reset" (func)"#,
            r#""reset" (func (param i32))"#,
            r#"it imports the function "ex:kv/store@1.9.9" "reset" with the type (func (param i32)), not (func)"#,
        ),
        (
            "store@1.9.9",
            "store@0.3.0",
            r#"it imports the function "ex:kv/store@0.3.0" "reset", and this host knows 0.2.x and 1.x"#,
        ),
        (
            "store@1.9.9",
            "store",
            r#"it imports the function "ex:kv/store" "reset", and this host knows 0.2.x and 1.x"#,
        ),
        (
            r#""reset""#,
            r#""clear""#,
            r#"it imports the function "ex:kv/store@1.9.9" "clear", which this host does not have"#,
        ),
        (
            r#""reset" (func)"#,
            r#""reset" (global i32)"#,
            r#"it imports the global "ex:kv/store@1.9.9" "reset", which is not granted"#,
        ),
        (
            r#""[resource-new]counter" (func (param i32) (result i32))"#,
            r#""[resource-new]counter" (func (param i32))"#,
            r#"it imports the function "[export]ex:filter/counters@1.0.0" "[resource-new]counter" with the type (func (param i32)), not (func (param i32) (result i32))"#,
        ),
        (
            r#""[resource-drop]bucket""#,
            r#""[resource-new]bucket""#,
            r#"it imports the function "ex:kv/store@0.2.0" "[resource-new]bucket", which this host does not have"#,
        ),
        (
            r#""$root" "now""#,
            r#""env" "now""#,
            r#"it imports the function "env" "now", which is not granted"#,
        ),
        (
            r#"(memory (export "memory") 1)"#,
            "",
            r#"it exports no memory called "memory""#,
        ),
    ] {
        assert_eq!(problems(&[(from, to)]), [expected], "{to}");
    }
}

#[test]
fn an_optional_interface_is_whole_or_not_there() {
    let plain =
        |name| format!(r#"(memory (export "memory") 1) (func (export "ex:filter/plain#{name}"))"#);
    let memory = r#"(memory (export "memory") 1)"#;
    assert_eq!(problems(&[(memory, &plain("f"))]), [""; 0]);
    assert_eq!(
        problems(&[(memory, &plain("g"))]),
        [r#"it does not export "ex:filter/plain#f""#]
    );
}

/// Realloc is for what the host moves into the module, and memory for all that moves.
#[test]
fn a_world_without_lists_needs_no_memory() {
    let empty = wat::parse_str("(module)").unwrap();
    let many = |count| {
        let fields = vec!["x: f32"; count].join(", ");
        format!("function\tf\ti\t\tfunc(a: record {{ {fields} }})")
    };
    for (text, expected) in [
        ("", &[][..]),
        (
            "import\ta:b/c\t\nfunction\tf\tii\t\tfunc(a: string)",
            &["memory"],
        ),
        (
            "import\ta:b/c\t\nfunction\tf\ti\t\tfunc() -> string",
            &["memory", "realloc"],
        ),
        (
            "export\ta:b/c\t\toptional\nfunction\tf\t\ti\tfunc() -> list<u8>",
            &["memory"],
        ),
        (
            "export\ta:b/c\t\toptional\nfunction\tf\tii\t\tfunc(a: list<u8>)",
            &["memory", "realloc"],
        ),
        (
            "export\ta:b/c\t\toptional\nfunction\tf\tii\ti\tfunc(a: u8, b: u8) -> bool",
            &[],
        ),
        // More values than a core function has are in memory too.
        (
            "export\ta:b/c\t\toptional\nfunction\tf\t\ti\tfunc() -> tuple<u8, u8>",
            &["memory"],
        ),
        (
            "import\ta:b/c\t\nfunction\tf\ti\t\tfunc() -> option<u8>",
            &["memory"],
        ),
        (&format!("export\ta:b/c\t\toptional\n{}", many(16)), &[]),
        (&format!("import\ta:b/c\t\n{}", many(16)), &[]),
        (
            &format!("export\ta:b/c\t\toptional\n{}", many(17)),
            &["memory", "realloc"],
        ),
        (&format!("import\ta:b/c\t\n{}", many(17)), &["memory"]),
    ] {
        let found = check(&empty, &Contract::parse(text).unwrap()).unwrap();
        assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
        for (problem, part) in found.iter().zip(expected) {
            assert!(problem.contains(part), "{text}: {found:?}");
        }
    }
    let wrong = wat::parse_str(r#"(module (func (export "cabi_realloc")))"#).unwrap();
    assert_eq!(check(&wrong, &Contract::default()).unwrap().len(), 1);
}

#[test]
fn what_is_no_contract_is_refused_with_its_line() {
    let long = "\n".repeat(9 << 20);
    let many = format!(
        "export\ta:b/c\t\trequired\nfunction\tf\t{}\t\tfunc()",
        "i".repeat(18)
    );
    for (text, line) in [
        ("world", 1),
        ("world\ta\nexport\ta:b/c\t1.0.0", 2),
        ("export\ta:b/c\t1.0.0\tperhaps", 1),
        ("function\tf\t\t\tfunc()", 1),
        ("resource\tr", 1),
        ("export\ta:b/c\t\trequired\nfunction\tf\tx\t\tfunc()", 2),
        ("export\ta:b/c\t\trequired\nfunction\tf\t\tii\tfunc()", 2),
        ("export\ta:b/c\t\trequired\nfunction\tf\t\tfunc()", 2),
        ("grant\ta", 1),
        ("\n\nWORLD\ta", 1),
        ("world\ta\n\u{0}\t\u{fffd}", 2),
        (&many, 2),
        (&long, 1),
    ] {
        match Contract::parse(text) {
            Err(Error::InvalidContract { line: found, .. }) => assert_eq!(found, line),
            other => panic!("{:?}: {other:?}", &text[..text.len().min(80)]),
        }
    }
    assert_eq!(Contract::parse("").unwrap(), Contract::default());
}
