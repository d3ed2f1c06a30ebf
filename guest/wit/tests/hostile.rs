//! Text that is made to be hard to read.

mod common;

use std::fmt::Write;

use compute_pipeline_wit::describe;

/// Definitions of t0 to t(n-1), each made of the name of the next, and the last.
fn chain(n: usize, definition: &str, last: &str) -> String {
    let mut text = String::new();
    for i in 0..n {
        let one = definition.replace("NAME", &format!("t{i}"));
        text += &one.replace("NEXT", &format!("t{}", i + 1));
    }
    text + &last.replace("NAME", &format!("t{n}"))
}

fn repeated(n: usize, before: &str, after: &str) -> String {
    (0..n).fold(String::new(), |mut text, i| {
        write!(text, "{before}{i}{after}").unwrap();
        text
    })
}

/// Describes the world w of a text.
fn world(text: &str) -> Result<String, String> {
    let request = common::request("w", &[(0, "a.wit", text)]);
    describe(&request).map_err(|err| {
        assert_eq!(err.file, "a.wit");
        format!("{}:{}: {}", err.line, err.column, err.message)
    })
}

/// Describes a function that takes t0.
fn types(definitions: &str) -> Result<String, String> {
    world(&format!(
        "package a:b;\ninterface i {{\n{definitions}\nf: func(a: t0);\n}}\nworld w {{ import i; }}"
    ))
}

fn refused(result: Result<String, String>, want: &str) {
    let err = result.unwrap_err();
    assert!(err.contains(want), "{err} does not contain {want}");
    assert!(err.len() < 3000);
}

#[test]
fn many_values_of_few_definitions() {
    let records = chain(60, "record NAME { a: NEXT, b: NEXT }\n", "type NAME = u8;");
    refused(
        types(&records),
        "a value of this type has more than 1048576 bytes",
    );
    // A variant has the size of its largest case, but paths are as many.
    let variants = chain(
        60,
        "variant NAME { a(NEXT), b(NEXT), c(NEXT) }\n",
        "type NAME = u8;",
    );
    let too_long = "the types of the functions have more than 4194304 bytes, where each name is";
    refused(types(&variants), too_long);
    let lists = chain(
        40,
        "record NAME { a: list<NEXT>, b: list<NEXT> }\n",
        "type NAME = u8;",
    );
    refused(types(&lists), too_long);
    // Many functions of a long type are too long together.
    let long = format!("enum t0 {{ {} }}\n", repeated(2_000, "case-", ", "));
    let functions = |count| format!("{long}{}", repeated(count, "get-a", ": func(a: t0);\n"));
    let json = types(&functions(100)).unwrap();
    assert!(json.contains("case-1998, case-1999 })"), "types are whole");
    refused(types(&functions(400)), too_long);
    for length in [
        "list<u8, 4294967295>",
        "list<list<list<u64, 4294967295>, 4294967295>, 4294967295>",
    ] {
        refused(
            types(&format!("type t0 = {length};")),
            "a value of this type has more than 1048576 bytes",
        );
    }
    refused(types("type t0 = list<u8, 0>;"), "has no elements");
}

#[test]
fn deep_nesting() {
    for (n, definition) in [
        (4_000, "type NAME = NEXT;\n"),
        (4_000, "type NAME = option<NEXT>;\n"),
        (60, "record NAME { a: list<NEXT> }\n"),
    ] {
        refused(
            types(&chain(n, definition, "type NAME = u8;")),
            "types are nested deeper than 99 levels",
        );
    }
    let deepest = types(&chain(98, "type NAME = option<NEXT>;\n", "type NAME = u8;"));
    deepest.unwrap();
    let text = format!(
        "type t0 = {}u8{};",
        "list<".repeat(20_000),
        ">".repeat(20_000)
    );
    refused(types(&text), "3:511: type nesting too deep");
    refused(
        world(&"package a:b { ".repeat(5_000)),
        "package nesting too deep",
    );
}

#[test]
fn large_numbers() {
    let text = format!(
        "package a:b;\ninterface i {{\n{}}}\nworld w {{ import i; }}",
        repeated(5_001, "f-", ": func();\n")
    );
    refused(world(&text), "5003:1: there are more than 5000 functions");
    let text = format!("{}type t0 = u8;", repeated(5_000, "type u-a", " = u8;\n"));
    refused(types(&text), "there are more than 5000 types");
    types(&format!("enum t0 {{ {} }}", repeated(70_000, "c", ","))).unwrap();
    let includes = chain(
        500,
        "world NAME { include NEXT; }\n",
        "world NAME { import f: func(); }",
    );
    world(&format!(
        "package a:b;\n{includes}\nworld w {{ include t0; }}"
    ))
    .unwrap();
}

#[test]
fn odd_text() {
    let long = "a".repeat(1 << 19);
    refused(types(&format!("type t0 = {long};")), "a…");
    refused(
        world(&format!("/*{}", "/*".repeat(1 << 18))),
        "unterminated block comment",
    );
    refused(world("package a:b;\0"), "1:13: Control code");
    refused(
        world("package a:b; // \u{202e}"),
        "1:17: Input contains bidirectional override",
    );
    let docs = format!(
        "package a:b;\n/// {}\nworld w {{}}",
        "x\n/// ".repeat(1 << 16)
    );
    assert!(world(&docs).unwrap().len() > 1 << 16);
}
