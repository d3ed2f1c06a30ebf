//! validate-stream on texts chosen by hand, against serde_json where the answer
//! is serde_json's to give.

mod validate_oracle;

use compute_pipeline::validate::validate_stream;
use validate_oracle::{assert_as_oracle, bits};

#[track_caller]
fn assert_accepts(raw: &str, expected: &[(u64, f64)]) {
    let expected = expected
        .iter()
        .map(|(timestamp, value)| (*timestamp, value.to_bits()));
    assert_eq!(bits(&validate_stream(raw)), Ok(expected.collect()), "{raw}");
    assert_as_oracle(raw);
}

#[track_caller]
fn assert_refuses(raw: &str, message: &str) {
    assert_eq!(bits(&validate_stream(raw)), Err(message), "{raw}");
    assert_as_oracle(raw);
}

#[test]
fn records_are_read_in_their_order() {
    assert_accepts(
        r#"[{"timestamp":3,"value":1.5},{"timestamp":1,"value":-2}]"#,
        &[(3, 1.5), (1, -2.0)],
    );
}

#[test]
fn white_space_and_the_order_of_fields_do_not_matter() {
    assert_accepts(
        " [ { \"timestamp\" : 1 , \"value\" : 2 } ,\n\t{\r\n\"value\": 4e0,\"timestamp\":3}\n]\n",
        &[(1, 2.0), (3, 4.0)],
    );
}

#[test]
fn a_list_of_nothing_is_an_error_of_its_own() {
    assert_refuses("[]", "Empty dataset");
    assert_refuses(" [ \n] ", "Empty dataset");
}

#[test]
fn messages_are_those_of_serde_json_with_line_and_column() {
    assert_refuses(
        "",
        "Parse failed: EOF while parsing a value at line 1 column 0",
    );
    assert_refuses(
        "[{\"timestamp\":1,\n\"value\":2},\n{\"timestamp\":1}]",
        "Parse failed: missing field `value` at line 3 column 15",
    );
    assert_refuses(
        r#"[{"timestamp":1,"value":1e400}]"#,
        "Parse failed: number out of range at line 1 column 29",
    );
    assert_refuses(
        r#"[{"timestamp":-1,"value":1}]"#,
        "Parse failed: invalid value: integer `-1`, expected u64 at line 1 column 16",
    );
}

#[test]
fn timestamps_have_their_full_range() {
    for timestamp in [0, 9, 10_u64.pow(18), 10_u64.pow(19), u64::MAX - 1, u64::MAX] {
        assert_accepts(
            &format!(r#"[{{"timestamp":{timestamp},"value":1}}]"#),
            &[(timestamp, 1.0)],
        );
    }
    for timestamp in [
        "18446744073709551616",
        "99999999999999999999",
        "100000000000000000000",
        "36893488147419103233",
        "00000000000000000001",
        "00",
        "00000000",
        "0123456789",
        "0173568960000",
        "000000000000000",
        "01",
        "-0",
        "-1",
        "1.0",
        "1e0",
        "1E3",
        "+1",
        "",
        "null",
        "\"1\"",
        "1 2",
    ] {
        let raw = format!(r#"[{{"timestamp":{timestamp},"value":1}}]"#);
        assert_as_oracle(&raw);
        assert!(validate_stream(&raw).is_err(), "{raw}");
        assert_as_oracle(&format!(
            r#"[{{ "value" : 1 , "timestamp" : {timestamp} }}]"#
        ));
    }
}

#[test]
fn every_form_of_a_number_is_read_or_refused_as_by_serde_json() {
    for number in [
        "0",
        "-0",
        "0.0",
        "-0.0",
        "0e5",
        "-0e-5",
        "1e5",
        "1E+5",
        "1e-5",
        "1.5e3",
        "123456789012",
        "0e999999999999",
        "1e4294967295",
        "1e-4294967296",
        "1e-4294967297",
        "1e1099511627776",
        "1e-1099511627776",
        "1e-18446744073709551616",
        "-0.0e-99999999999999999999999",
        "0.0000e4294967296",
        "1e-400",
        "-1e-999999999999999999999",
        "1e400",
        "-1e400",
        "1e999999999999999999999",
        "0.1e18446744073709551617",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "179769313486231580793e289",
        "4.9e-324",
        "2.5e-324",
        "2.4e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "9007199254740992",
        "9007199254740993",
        "9007199254740993.0",
        "9007199254740993.00000000000000000001",
        "9007199254740992.99999999999999999999",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "32900863065080862.00",
        "0.1",
        "0.30000000000000004",
        "123456789.123456789123456789",
        "100000000000000016777215",
        "100000000000000016777216",
        "00",
        "01",
        "-01",
        "-",
        "-a",
        "+1",
        ".5",
        "-.5",
        "1.",
        "1.e5",
        "1e",
        "1e+",
        "1e-",
        "1ea",
        "1.5.5",
        "1e5e5",
        "1e5.5",
        "0x10",
        "1_000",
        "1a",
        "0a",
        "--1",
        "NaN",
        "Infinity",
        "-Infinity",
        "null",
        "true",
        "false",
        "\"1\"",
        "[1]",
        "{}",
        "",
        " ",
        "１",
    ] {
        for raw in [
            format!(r#"[{{"timestamp":1,"value":{number}}}]"#),
            format!(r#"[{{"timestamp":1,"value":{number}}},{{"timestamp":1,"value":1}}]"#),
            format!(r#"[ {{ "value" : {number} , "timestamp" : 1 }} ]"#),
            format!(r#"[{{"timestamp":1,"x":0,"value":{number}}}]"#),
            format!("[[1,{number}]]"),
            format!(r#"[{{"timestamp":1,"value":{number}"#),
        ] {
            assert_as_oracle(&raw);
        }
    }
}

#[test]
fn what_is_not_of_the_usual_shape_is_read_or_refused_as_by_serde_json() {
    for raw in [
        // Other forms of a record, other fields, escapes in keys.
        "[[1,2.5]]",
        "[[1]]",
        "[[]]",
        "[[1,2,3]]",
        "[[1,2],[3,4.5e0]]",
        "[[ 1 , 2 ]]",
        r#"[{"timestamp":1,"value":2},[3,4]]"#,
        r#"[{"timestamp":1,"value":2,"quality":"good"}]"#,
        r#"[{"quality":{"a":[1,{"b":null}]},"timestamp":1,"value":2}]"#,
        r#"[{"timest\u0061mp":1,"\u0076alue":2}]"#,
        r#"[{"timestamp":1,"timest\u0061mp":1,"value":2}]"#,
        r#"[{"timestamp":1,"value":2,"value":3}]"#,
        r#"[{"value":2,"value":"x","timestamp":1}]"#,
        r#"[{"timestamp":1,"timestamp":2,"value":3}]"#,
        r#"[{"timestamp":1}]"#,
        r#"[{"value":1}]"#,
        "[{}]",
        r#"[{"Timestamp":1,"value":2}]"#,
        r#"[{"timestamps":1,"value":2}]"#,
        r#"[{"":1,"timestamp":1,"value":2}]"#,
        // Ignored fields are still checked.
        r#"[{"x":"\ud800","timestamp":1,"value":2}]"#,
        r#"[{"x":"\ud83d\ude00","timestamp":1,"value":2}]"#,
        r#"[{"\ud800":1,"timestamp":1,"value":2}]"#,
        r#"[{"x":"\x","timestamp":1,"value":2}]"#,
        "[{\"x\":\"a\nb\",\"timestamp\":1,\"value\":2}]",
        "[{\"x\":\"a\u{0}b\",\"timestamp\":1,\"value\":2}]",
        "[{\"x\":\"\u{7f}\u{80}\u{10ffff}\",\"timestamp\":1,\"value\":2}]",
        r#"[{"x":01,"timestamp":1,"value":2}]"#,
        r#"[{"x":1e999,"timestamp":1,"value":2}]"#,
        r#"[{"x":tru,"timestamp":1,"value":2}]"#,
        r#"[{"x":[1,],"timestamp":1,"value":2}]"#,
        // Other values.
        "null",
        "1",
        "\"x\"",
        "{}",
        "{\"timestamp\":1,\"value\":2}",
        "true",
        "[null]",
        "[1]",
        "[\"a\"]",
        "[true]",
        "[[[]]]",
        r#"[{"timestamp":null,"value":2}]"#,
        r#"[{"timestamp":1,"value":null}]"#,
        r#"[{"timestamp":1,"value":"2"}]"#,
        r#"[{"timestamp":1,"value":[2]}]"#,
        r#"[{"timestamp":{},"value":2}]"#,
        r#"[{"timestamp":1,"value":{"$serde_json::private::RawValue":2}}]"#,
        // Mistakes of structure.
        "[",
        "]",
        "[{",
        "[{]",
        "[}",
        "[,]",
        "[{}",
        "[{},",
        "[1,",
        "[{\"timestamp\"",
        "[{\"timestamp",
        "[{\"timestamp\":",
        "[{\"timestamp\":1",
        "[{\"timestamp\":1,",
        "[{\"timestamp\":1,}]",
        r#"[{"timestamp":1 "value":2}]"#,
        r#"[{"timestamp" 1,"value":2}]"#,
        r#"[{"timestamp":1,"value":2},]"#,
        r#"[{"timestamp":1,"value":2}"#,
        r#"[{"timestamp":1,"value":2}]]"#,
        r#"[{"timestamp":1,"value":2}] x"#,
        r#"[{"timestamp":1,"value":2}],"#,
        r#"[{"timestamp":1,"value":2}]["#,
        r#"[{"timestamp":1,"value":2} {"timestamp":1,"value":2}]"#,
        r#"[{"timestamp":1,"value":2},,{"timestamp":1,"value":2}]"#,
        "{\"timestamp\":1,\"value\":2}\n{\"timestamp\":1,\"value\":2}",
        "\u{feff}[{\"timestamp\":1,\"value\":2}]",
        "\u{a0}[]",
        "[\u{2003}]",
        "\u{c}[]",
        "\0",
        "[]\0",
        "// x\n[]",
        "[{'timestamp':1,'value':2}]",
        "[{timestamp:1,value:2}]",
    ] {
        assert_as_oracle(raw);
    }
}

#[test]
fn every_prefix_of_a_text_is_refused_as_by_serde_json() {
    let raw = "[{\"timestamp\":1735689600,\"value\":-21.25e-3} , [12,1.5],\n\
               { \"value\" : 12345678901234567890.5 , \"x\":\"\\u00e9é\", \"timestamp\": 7 } ]\n";
    for end in (0..=raw.len()).filter(|end| raw.is_char_boundary(*end)) {
        assert_as_oracle(&raw[..end]);
    }
}

#[test]
fn every_changed_byte_is_seen() {
    let raw = br#"[{"timestamp":10,"value":-2.5},{"timestamp":11,"value":3}]"#;
    for at in 0..raw.len() {
        for byte in 0..128 {
            let mut changed = *raw;
            changed[at] = byte;
            assert_as_oracle(std::str::from_utf8(&changed).expect("ASCII"));
        }
    }
}

#[test]
fn deep_nesting_is_refused_or_ignored_without_a_deep_stack() {
    let depth = 10_000;
    let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    for raw in [
        nested.clone(),
        "[".repeat(depth),
        "{\"a\":".repeat(depth),
        format!(r#"[{{"timestamp":1,"value":{nested}}}]"#),
        format!(r#"[{{"timestamp":{nested},"value":1}}]"#),
        format!("[[1,{nested}]]"),
        format!("[[1,2,{nested}]]"),
    ] {
        assert_as_oracle(&raw);
        assert!(validate_stream(&raw).is_err());
    }
    for ignored in [nested, objects] {
        assert_accepts(
            &format!(r#"[{{"timestamp":1,"x":{ignored},"value":2}}]"#),
            &[(1, 2.0)],
        );
    }
}

#[test]
fn numbers_of_any_length_are_read() {
    let zeros = "0".repeat(100_000);
    let nines = "9".repeat(100_000);
    for (number, value) in [
        // Exponents that make up for the zeros, beyond 16 bits.
        (format!("0.{zeros}1e100001"), 1.0),
        (format!("1{zeros}e-100000"), 1.0),
        (format!("0.{zeros}1"), 0.0),
        (format!("0.{nines}"), 1.0),
        (format!("1.5{zeros}"), 1.5),
        (format!("{nines}e-100000"), 1.0),
        // Halfway, and beyond it by the last of many digits.
        (format!("9007199254740993.{zeros}"), 9_007_199_254_740_992.0),
        (
            format!("9007199254740993.{zeros}1"),
            9_007_199_254_740_994.0,
        ),
        (format!("1e{zeros}5"), 1e5),
        (format!("1e-{nines}"), 0.0),
        (format!("0e{nines}"), 0.0),
        (format!("-0.{zeros}e{nines}"), -0.0),
    ] {
        assert_accepts(
            &format!(r#"[{{"timestamp":1,"value":{number}}}]"#),
            &[(1, value)],
        );
    }
    for number in [
        format!("1{zeros}"),
        format!("1e{nines}"),
        format!("{nines}e-99691"),
    ] {
        let raw = format!(r#"[{{"timestamp":1,"value":{number}}}]"#);
        assert_as_oracle(&raw);
        assert!(validate_stream(&raw).is_err());
    }
}
