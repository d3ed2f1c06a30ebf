//! validate-stream: native serde_json, with float_roundtrip, is the oracle for
//! acceptance, values and messages.

use serde::Deserialize;
use serde_json::Value;

use crate::format::{self, Case, VALIDATE_STREAM, Want};
use crate::prng::Prng;
use crate::stream_numbers;
use crate::stream_unicode;

#[derive(Clone, Deserialize)]
struct Datapoint {
    timestamp: u64,
    value: f64,
}

/// What the contract says about a text.
fn oracle(raw: &str) -> Want {
    match serde_json::from_str::<Vec<Datapoint>>(raw) {
        Err(error) => Want::error(&format!("Parse failed: {error}")),
        Ok(points) if points.is_empty() => Want::error("Empty dataset"),
        Ok(points) => Want::ok(written(&points)),
    }
}

fn written(points: &[Datapoint]) -> Value {
    let points: Vec<_> = points
        .iter()
        .map(|p| format::Datapoint {
            timestamp: p.timestamp,
            value: p.value,
        })
        .collect();
    if points.len() > 1 && points.iter().all(|p| *p == points[0]) {
        return format::repeated(&points[..1], points.len());
    }
    format::points(&points)
}

/// A case with its text written out.
pub fn add(cases: &mut Vec<Case>, name: impl Into<String>, raw: impl Into<String>) {
    add_pieces(cases, name, &[(&raw.into(), 1)]);
}

fn add_pieces(cases: &mut Vec<Case>, name: impl Into<String>, pieces: &[(&str, usize)]) {
    let whole: String = pieces
        .iter()
        .map(|(text, repeat)| text.repeat(*repeat))
        .collect();
    cases.push(Case::call(
        format!("validate-stream/{}", name.into()),
        VALIDATE_STREAM,
        vec![format::text(pieces)],
        oracle(&whole),
    ));
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    accepted(&mut cases);
    stream_numbers::values(&mut cases);
    stream_numbers::timestamps(&mut cases);
    refused(&mut cases);
    stream_unicode::texts(&mut cases);
    deep_and_large(&mut cases);
    stream_numbers::random_numbers(&mut cases);
    damaged(&mut cases);
    cases
}

fn accepted(cases: &mut Vec<Case>) {
    for (name, raw) in [
        ("one", r#"[{"timestamp":1,"value":2.5}]"#),
        (
            "two",
            r#"[{"timestamp":1,"value":2.5},{"timestamp":2,"value":-0.125}]"#,
        ),
        ("fields-swapped", r#"[{"value":2.5,"timestamp":1}]"#),
        ("array-form", "[[1,2.5],[2,3]]"),
        ("both-forms", r#"[[1,2.5],{"timestamp":2,"value":3}]"#),
        (
            "white-space",
            " \t\r\n[ { \"timestamp\" :\t1 , \"value\" : 2.5 } ]\n ",
        ),
        (
            "other-fields",
            r#"[{"id":"a","timestamp":1,"tags":[1,{"x":null}],"value":2,"ok":true}]"#,
        ),
        (
            "other-field-repeated",
            r#"[{"id":1,"id":2,"timestamp":1,"value":2}]"#,
        ),
        ("escaped-names", r#"[{"\u0074imestamp":1,"valu\u0065":2}]"#),
        ("value-integer", r#"[{"timestamp":1,"value":7}]"#),
        (
            "value-exponent",
            r#"[{"timestamp":1,"value":1E+2},{"timestamp":2,"value":1e-2}]"#,
        ),
        (
            "other-number-beyond-range",
            r#"[{"timestamp":1,"value":2,"x":1e999}]"#,
        ),
        (
            "other-value-escapes",
            r#"[{"timestamp":1,"value":2,"x":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}]"#,
        ),
    ] {
        add(cases, name, raw);
    }
}

fn refused(cases: &mut Vec<Case>) {
    for (name, raw) in [
        ("nothing", ""),
        ("only-space", " \n "),
        ("empty-array", "[]"),
        ("empty-array-spaced", " [ ] "),
        ("null", "null"),
        ("object", r#"{"timestamp":1,"value":2}"#),
        ("number", "17"),
        ("string", r#""[]""#),
        ("empty-object", "[{}]"),
        ("no-value", r#"[{"timestamp":1}]"#),
        ("no-timestamp", r#"[{"value":1}]"#),
        (
            "timestamp-twice",
            r#"[{"timestamp":1,"timestamp":2,"value":1}]"#,
        ),
        ("value-twice", r#"[{"timestamp":1,"value":1,"value":1}]"#),
        (
            "second-bad",
            "[{\"timestamp\":1,\"value\":1},\n {\"timestamp\":2}]",
        ),
        ("trailing-comma", r#"[{"timestamp":1,"value":1},]"#),
        (
            "trailing-comma-in-object",
            r#"[{"timestamp":1,"value":1,}]"#,
        ),
        (
            "no-comma",
            r#"[{"timestamp":1,"value":1}{"timestamp":1,"value":1}]"#,
        ),
        ("no-colon", r#"[{"timestamp" 1,"value":1}]"#),
        ("unclosed-array", r#"[{"timestamp":1,"value":1}"#),
        ("unclosed-object", r#"[{"timestamp":1,"value":1"#),
        ("unclosed-string", r#"[{"timestamp"#),
        ("trailing-text", r#"[{"timestamp":1,"value":1}] x"#),
        ("second-document", r#"[{"timestamp":1,"value":1}][]"#),
        ("comment", r#"[/* */{"timestamp":1,"value":1}]"#),
        ("single-quotes", "[{'timestamp':1,'value':1}]"),
        ("bare-name", "[{timestamp:1,value:1}]"),
        ("array-form-short", "[[1]]"),
        ("array-form-long", "[[1,2,3]]"),
        ("array-form-empty", "[[]]"),
        ("array-form-of-strings", r#"[["1","2"]]"#),
        ("nested-array", "[[[1,2]]]"),
        ("element-null", "[null]"),
        ("element-number", "[1]"),
        ("element-string", r#"["x"]"#),
        ("value-string", r#"[{"timestamp":1,"value":"2"}]"#),
        ("value-null", r#"[{"timestamp":1,"value":null}]"#),
        ("value-true", r#"[{"timestamp":1,"value":true}]"#),
        ("value-false", r#"[{"timestamp":1,"value":false}]"#),
        ("value-array", r#"[{"timestamp":1,"value":[2]}]"#),
        ("value-object", r#"[{"timestamp":1,"value":{}}]"#),
        ("value-nan", r#"[{"timestamp":1,"value":NaN}]"#),
        ("value-infinity", r#"[{"timestamp":1,"value":Infinity}]"#),
        ("value-hex", r#"[{"timestamp":1,"value":0x10}]"#),
        ("value-point-first", r#"[{"timestamp":1,"value":.5}]"#),
        ("value-point-last", r#"[{"timestamp":1,"value":5.}]"#),
        ("value-no-exponent", r#"[{"timestamp":1,"value":5e}]"#),
        (
            "value-no-exponent-digits",
            r#"[{"timestamp":1,"value":5e+}]"#,
        ),
        ("value-only-minus", r#"[{"timestamp":1,"value":-}]"#),
        ("value-two-minus", r#"[{"timestamp":1,"value":--1}]"#),
        ("value-leading-zero", r#"[{"timestamp":1,"value":007}]"#),
        (
            "value-minus-leading-zero",
            r#"[{"timestamp":1,"value":-01}]"#,
        ),
        ("value-underscore", r#"[{"timestamp":1,"value":1_000}]"#),
        ("value-missing", r#"[{"timestamp":1,"value":}]"#),
        ("value-cut-word", r#"[{"timestamp":1,"value":nul}]"#),
        ("name-of-wrong-case", r#"[{"Timestamp":1,"value":1}]"#),
        (
            "other-field-bad-number",
            r#"[{"timestamp":1,"value":1,"x":01}]"#,
        ),
        (
            "other-field-bad-word",
            r#"[{"timestamp":1,"value":1,"x":tru}]"#,
        ),
        (
            "other-field-unclosed",
            r#"[{"timestamp":1,"value":1,"x":[1,2}]"#,
        ),
        ("name-is-number", "[{1:1}]"),
        (
            "line-and-column",
            "[\n  {\"timestamp\": 1, \"value\": 1},\n  {\"timestamp\": 2, \"value\": x}\n]",
        ),
    ] {
        add(cases, format!("refused-{name}"), raw);
    }
}

fn deep_and_large(cases: &mut Vec<Case>) {
    for depth in [100, 124, 125, 126, 127, 128, 129, 1000, 50_000] {
        add_pieces(
            cases,
            format!("deep-arrays-{depth}"),
            &[("[", depth), ("]", depth)],
        );
        let open = r#"[{"timestamp":1,"value":2,"x":"#;
        add_pieces(
            cases,
            format!("deep-other-field-{depth}"),
            &[(open, 1), ("[", depth), ("]", depth), ("}]", 1)],
        );
        add_pieces(
            cases,
            format!("deep-other-objects-{depth}"),
            &[
                (open, 1),
                (r#"{"a":"#, depth),
                ("1", 1),
                ("}", depth),
                ("}]", 1),
            ],
        );
    }
    add_pieces(cases, "deep-unclosed", &[("[", 100_000)]);
    let record = r#"{"timestamp":1262304000,"value":39.4}"#;
    let with_comma = format!("{record},");
    add_pieces(
        cases,
        "large-array",
        &[("[", 1), (&with_comma, 8_000), (record, 1), ("]", 1)],
    );
    add_pieces(
        cases,
        "large-array-bad-end",
        &[("[", 1), (&with_comma, 8_000), ("]", 1)],
    );
    add_pieces(
        cases,
        "large-space",
        &[
            ("[", 1),
            (" ", 300_000),
            (record, 1),
            ("\n", 70_000),
            ("]", 1),
        ],
    );
    add_pieces(
        cases,
        "large-other-string",
        &[
            (r#"[{"timestamp":1,"value":2,"x":""#, 1),
            ("é", 200_000),
            (r#""}]"#, 1),
        ],
    );
    add_pieces(
        cases,
        "large-number",
        &[(r#"[{"timestamp":1,"value":"#, 1), ("7", 300), ("}]", 1)],
    );
    add_pieces(
        cases,
        "large-number-beyond-range",
        &[(r#"[{"timestamp":1,"value":"#, 1), ("7", 70_000), ("}]", 1)],
    );
    add_pieces(
        cases,
        "large-number-small-value",
        &[
            (r#"[{"timestamp":1,"value":0."#, 1),
            ("0", 70_000),
            ("7e70001}]", 1),
        ],
    );
    add_pieces(
        cases,
        "large-timestamp",
        &[
            (r#"[{"timestamp":"#, 1),
            ("1", 10_000),
            (r#","value":2}]"#, 1),
        ],
    );
}

/// A good document with one byte changed, put in or left out.
fn damaged(cases: &mut Vec<Case>) {
    const PUT_IN: &[u8] = br#"[]{},:"0123456789.eE+-ntf\ax "#;
    let mut random = Prng::new(0xda3a);
    let good = r#"[{"timestamp":1262304000,"value":39.4},{"value":-1.5e3,"x":[true,"a\n"],"timestamp":7}]"#;
    for i in 0..40 {
        let mut bytes = good.as_bytes().to_vec();
        let at = random.below(bytes.len() as u64) as usize;
        let byte = PUT_IN[random.below(PUT_IN.len() as u64) as usize];
        match i % 3 {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            _ => {
                bytes.remove(at);
            }
        }
        let damaged = String::from_utf8(bytes).expect("ASCII");
        add(cases, format!("damaged-{i:02}"), damaged);
    }
}
