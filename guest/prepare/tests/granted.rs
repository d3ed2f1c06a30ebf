//! Interfaces that are granted besides a contract, and those that are not.

use compute_pipeline_prepare::contract::{Contract, check};

const CONTRACT: &str = "\
world\tex:filter/plugin
export\t\t\trequired
function\trun\ti\ti\tfunc(n: u32) -> u32
granted\tex:out/streams\t0.2.12
function\tbegin\t\ti\tfunc() -> own<resource>
function\t[method]stream.write\tiii\t\tfunc(self: borrow<resource>, data: list<u8>)
function\t[method]stream.read\tii\t\tfunc(self: borrow<resource>) -> list<u8>
resource\tstream
withheld\tex:out/streams\tmore=OUTPUT
withheld\tex:files/types\tfiles=DIRECTORY
";

fn problems(imports: &str, exports: &str) -> Vec<String> {
    let text = format!(
        r#"(module {imports} (func (export "run") (param i32) (result i32) unreachable) {exports})"#
    );
    let contract = Contract::parse(CONTRACT).unwrap();
    check(&wat::parse_str(text).unwrap(), &contract).unwrap()
}

const BEGIN: &str = r#"(import "ex:out/streams@0.2.0" "begin" (func (result i32)))
    (import "ex:out/streams@0.2.9" "[resource-drop]stream" (func (param i32)))"#;
const WRITE: &str =
    r#"(import "ex:out/streams@0.2.0" "[method]stream.write" (func (param i32 i32 i32)))"#;
const READ: &str =
    r#"(import "ex:out/streams@0.2.0" "[method]stream.read" (func (param i32 i32)))"#;

#[test]
fn a_module_owes_only_what_its_imports_need() {
    const MEMORY: &str = r#"(memory (export "memory") 1)"#;
    const REALLOC: &str =
        r#"(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)"#;
    const NO_MEMORY: &str = r#"it exports no memory called "memory""#;
    const NO_REALLOC: &str = r#"it does not export "cabi_realloc""#;
    for (imports, exports, expected) in [
        ("", "", &[][..]),
        (BEGIN, "", &[]),
        (WRITE, "", &[NO_MEMORY]),
        (WRITE, MEMORY, &[]),
        (READ, MEMORY, &[NO_REALLOC]),
        (READ, REALLOC, &[NO_MEMORY]),
        (READ, &format!("{MEMORY} {REALLOC}"), &[]),
    ] {
        assert_eq!(problems(imports, exports), expected, "{imports} {exports}");
    }
}

#[test]
fn what_is_not_granted_is_told_with_the_grant() {
    for (import, expected) in [
        (
            r#""ex:files/types@0.2.3" "open" (func)"#,
            r#"it imports the function "ex:files/types@0.2.3" "open", which is not granted; files=DIRECTORY would do"#,
        ),
        (
            r#""ex:out/streams@0.2.3" "splice" (func)"#,
            r#"it imports the function "ex:out/streams@0.2.3" "splice", which is not granted; more=OUTPUT would do"#,
        ),
        (
            r#""ex:out/streams@0.3.0" "begin" (func (result i32))"#,
            r#"it imports the function "ex:out/streams@0.3.0" "begin", and this host knows 0.2.x"#,
        ),
        (
            r#""ex:out/streams@0.2.0" "begin" (func (result i64))"#,
            r#"it imports the function "ex:out/streams@0.2.0" "begin" with the type (func (result i64)), not (func (result i32))"#,
        ),
        (
            r#""ex:net/http@0.2.3" "get" (func)"#,
            r#"it imports the function "ex:net/http@0.2.3" "get", which is not granted"#,
        ),
    ] {
        assert_eq!(problems(&format!("(import {import})"), ""), [expected]);
    }
}
