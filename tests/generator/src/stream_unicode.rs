//! validate-stream: characters and escapes, valid and invalid.

use crate::format::Case;
use crate::stream::add;

/// Strings and names, ignored ones among them.
pub fn texts(cases: &mut Vec<Case>) {
    for (name, raw) in [
        (
            "field-names",
            "[{\"größe\":1,\"温度\":2,\"🌡\":3,\"timestamp\":1,\"value\":2}]",
        ),
        (
            "field-values",
            "[{\"timestamp\":1,\"value\":2,\"x\":\"é 漢字 🙂 \u{10ffff} \u{7f}\"}]",
        ),
        ("in-message", "[\"é 漢字 🙂\"]"),
        (
            "in-message-escaped",
            r#"["caf\u00e9 \ud83d\ude42 \"quoted\""]"#,
        ),
        ("column-counts-bytes", "[{\"温度\":1,\"timestamp\":x}]"),
        ("byte-order-mark", "\u{feff}[{\"timestamp\":1,\"value\":2}]"),
        ("no-break-space", "[\u{a0}{\"timestamp\":1,\"value\":2}]"),
        (
            "line-separator-in-string",
            "[{\"timestamp\":1,\"value\":2,\"x\":\"\u{2028}\"}]",
        ),
        ("full-width-digits", "[{\"timestamp\":１,\"value\":2}]"),
        ("name-with-nul", "[{\"timestamp\\u0000\":1,\"value\":2}]"),
        ("raw-nul", "[{\"timestamp\":1,\"value\":2}\0]"),
        (
            "raw-control-in-string",
            "[{\"timestamp\":1,\"value\":2,\"x\":\"a\u{1}b\"}]",
        ),
        (
            "raw-newline-in-string",
            "[{\"timestamp\":1,\"value\":2,\"x\":\"a\nb\"}]",
        ),
        (
            "lone-high-surrogate",
            r#"[{"timestamp":1,"value":2,"\ud800":1}]"#,
        ),
        (
            "lone-low-surrogate",
            r#"[{"timestamp":1,"value":2,"\udc00":1}]"#,
        ),
        (
            "lone-surrogate-ignored",
            r#"[{"timestamp":1,"value":2,"x":"\ud800"}]"#,
        ),
        ("surrogates-swapped", r#"["\ude42\ud83d"]"#),
        (
            "lone-surrogate-first-name",
            r#"[{"\ud800":1,"timestamp":1,"value":2}]"#,
        ),
        (
            "lone-surrogate-within-name",
            r#"[{"timestamp":1,"value":2,"a\uDBFFb":1}]"#,
        ),
        (
            "lone-surrogates-name",
            r#"[{"timestamp":1,"value":2,"\ud800\ud800":1}]"#,
        ),
        (
            "lone-surrogate-and-the-field",
            r#"[{"timestamp":1,"\udfffvalue":2}]"#,
        ),
        (
            "lone-surrogate-ignored-name",
            r#"[{"timestamp":1,"value":2,"x":{"\ud800":1}}]"#,
        ),
        (
            "lone-surrogates-ignored-deep",
            r#"[{"x":[{"y":{"\udc00\ud800":["\uDFFF"]}}],"timestamp":1,"value":2}]"#,
        ),
        (
            "lone-surrogate-timestamp",
            r#"[{"timestamp":"\ud800","value":2}]"#,
        ),
        (
            "lone-surrogate-value",
            r#"[{"timestamp":1,"value":"\ud800"}]"#,
        ),
        ("lone-surrogate-record", r#"["\ud800"]"#),
        ("bad-escape", r#"[{"timestamp":1,"value":2,"x":"\x41"}]"#),
        ("short-escape", r#"[{"timestamp":1,"value":2,"x":"\u12"}]"#),
        (
            "escape-not-hex",
            r#"[{"timestamp":1,"value":2,"x":"\u12g4"}]"#,
        ),
        ("escape-at-end", "[{\"timestamp\":1,\"value\":2,\"x\":\"\\"),
    ] {
        add(cases, format!("unicode-{name}"), raw);
    }
}
