//! validate-stream on sequences of tokens, most of them wrong, against serde_json: which of
//! several errors is told, in which words, and where.

mod validate_oracle;

use validate_oracle::{Random, assert_as_oracle, cases};

const TOKENS: &[&str] = &[
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    " ",
    "\n",
    "\t",
    "null",
    "true",
    "false",
    "nul",
    "tru",
    "x",
    "\"",
    "\"timestamp\"",
    "\"value\"",
    "\"other\"",
    "\"\"",
    "\"\\u0074imestamp\"",
    "\"a\\\"b\"",
    "\"é\u{200b}\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"\\ude00\"",
    "\"\\ud83dx\"",
    "\"\\ud83d\\n\"",
    "\"\\ud83d\\u0041\"",
    "\"\\uZZZZ\"",
    "\"\\u12",
    "\"\\q\"",
    "\"\u{1}\"",
    "\"\u{7f}\"",
    "\\",
    "0",
    "1",
    "-",
    "-0",
    "-1",
    "01",
    "1.",
    ".5",
    "1.5",
    "2.50e-7",
    "1e",
    "1e+",
    "1E5",
    "1e400",
    "-1e400",
    "0e99999999999",
    "1e-99999999999",
    "1e99999999999",
    "12345678901234567890",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "0.1234567890123456789012345",
    "123456789012345678901234567890.5",
    "1.7976931348623159e308",
    "1.7976931348623158e308",
    "5e-324",
    "1e21",
    "1e16",
    "123456.0",
    "\u{0}",
    "é",
    "{\"timestamp\":1,\"value\":2}",
    "{\"value\":2",
    "\"timestamp\":1",
    "\"value\":1.5",
    "[1,2]",
    "{\"other\":[{}],",
    "[[[",
    "]]]",
];

/// Starts from which much of the reader can be reached.
const STARTS: &[&str] = &[
    "",
    "[",
    "[{",
    "[{\"timestamp\":",
    "[{\"timestamp\":1,",
    "[{\"timestamp\":1,\"value\":",
    "[{\"other\":",
    "[{\"other\":{\"a\":",
    "[{\"other\":[",
    "[[",
    "[[1,",
    "[{\"timestamp\":1,\"value\":2},",
    "[{\"timestamp\":1,\"value\":2,\"\\u0061\":0}",
];

const ENDS: &[&str] = &["", "]", "}]", "}}]", "]]", "]}]", ",\"value\":1}]", ",1]]"];

#[test]
fn texts_of_one_or_two_tokens_are_read_or_refused_as_by_serde_json() {
    for start in STARTS {
        for first in TOKENS {
            for end in ENDS {
                assert_as_oracle(&format!("{start}{first}{end}"));
            }
            for second in TOKENS {
                assert_as_oracle(&format!("{start}{first}{second}"));
            }
        }
    }
}

#[test]
fn random_sequences_of_tokens_are_read_or_refused_as_by_serde_json() {
    let mut random = Random(1);
    for _ in 0..cases(100_000) {
        let mut text = random.choose(STARTS).to_owned();
        for _ in 0..random.below(8) {
            text += random.choose(TOKENS);
        }
        text += random.choose(ENDS);
        assert_as_oracle(&text);
    }
}

#[test]
fn brackets_of_any_depth_are_closed_in_their_order() {
    let mut random = Random(7);
    for depth in (1..140).chain([1000]) {
        for _ in 0..10 {
            let (mut open, mut close) = (String::new(), String::new());
            for _ in 0..depth {
                if random.once_in(3) {
                    open += "{\"a\":";
                    close.insert(0, '}');
                } else {
                    open += "[";
                    close.insert(0, ']');
                }
            }
            let record = |close: &str| {
                format!(
                    r#"[{{"timestamp":1,"value":2,"x":{open}0{close}}},{{"timestamp":1,"value":2}}]"#
                )
            };
            assert!(assert_as_oracle(&record(&close)));
            for count in 0..depth.min(140) {
                assert!(
                    !assert_as_oracle(&record(&close[..count])),
                    "{count} of {depth}"
                );
            }
        }
    }
}
