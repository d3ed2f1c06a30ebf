//! validate-stream on texts whose records have other fields that change, come in
//! other orders or are left out, against serde_json.
//!
//! COMPUTE_PIPELINE_CASES multiplies the number of texts.

mod validate_oracle;

use compute_pipeline::validate::validate_stream;
use validate_oracle::{Random, assert_as_oracle, cases};

/// Names of other fields, some of them like those of the numbers.
const NAMES: [&str; 14] = [
    "host",
    "seq",
    "",
    "value ",
    "Timestamp",
    "timestamp2",
    "val",
    "größe",
    "名前",
    "a name that is longer than sixteen bytes",
    "a name that is longer than sixteen bytes, by more than forty of them, and that goes on",
    "a name that is longer than sixteen bytes, by more than forty of them, but that goes on",
    "{\u{7f}}",
    "],",
];

/// Names with what the reader of records does not read.
const ODD_NAMES: [&str; 6] = [
    r"timest\u0061mp",
    r"val\u0075e",
    r"a\\",
    r#"\""#,
    r"\ud800",
    "\u{1}",
];

/// The value of another field.
fn other(random: &mut Random, depth: usize) -> String {
    match random.below(if depth == 0 { 9 } else { 13 }) {
        0 => random.choose(&["true", "false", "null"]).to_owned(),
        1 => random.below(100_000).to_string(),
        2 => format!("-{}.{}", random.below(100), random.below(1000)),
        3 => number(random),
        4 => format!("\"web-{:02}\"", random.below(100)),
        5 => {
            let length = random.below(70);
            format!(
                "\"{}\"",
                "abcdé ]}{[,:"
                    .repeat(6)
                    .chars()
                    .take(length)
                    .collect::<String>()
            )
        }
        6 | 7 => {
            let mut string = "x".repeat(random.below(40));
            for _ in 0..random.below(4) {
                string +=
                    random.choose(&[r"\n", r"\\", r#"\""#, r"\/", r"\u00e9", r"\ud800", "日"]);
                string += &"y".repeat(random.below(20));
            }
            format!("\"{string}\"")
        }
        8 => (random.choose(&["\"\"", "[]", "{}", "[ ]", "0", "-0", "1e5"])).to_owned(),
        9 => {
            let members: Vec<_> = (0..random.below(4))
                .map(|_| other(random, depth - 1))
                .collect();
            format!("[{}]", members.join(random.choose(&[",", " , "])))
        }
        10 | 11 => {
            let members: Vec<_> = (0..random.below(4))
                .map(|_| {
                    format!(
                        "\"{}\":{}",
                        NAMES[random.below(14)],
                        other(random, depth - 1)
                    )
                })
                .collect();
            format!("{{{}}}", members.join(random.choose(&[",", " , "])))
        }
        _ => format!("{}1{}", "[".repeat(depth * 12), "]".repeat(depth * 12)),
    }
}

/// A number of the grammar, of any length and with any exponent.
fn number(random: &mut Random) -> String {
    let sign = random.choose(&["", "", "-"]);
    let whole = match random.below(4) {
        0 => "0".to_owned(),
        1 => format!("{}", 1 + random.below(9)),
        _ => {
            let length = random.below(22);
            format!("{}{}", 1 + random.below(9), random.digits(length))
        }
    };
    let fraction = match random.below(3) {
        0 => String::new(),
        _ => {
            let length = 1 + random.below(20);
            format!(".{}", random.digits(length))
        }
    };
    let exponent = match random.below(3) {
        0 => String::new(),
        _ => {
            let length =
                1 + [0, random.below(2), random.below(3), random.below(7)][random.below(4)];
            let (e, sign) = (
                random.choose(&["e", "E"]),
                random.choose(&["", "-", "-", "+"]),
            );
            format!("{e}{sign}{}", random.digits(length))
        }
    };
    format!("{sign}{whole}{fraction}{exponent}")
}

/// What is no value, in the place of one.
const MALFORMED: [&str; 20] = [
    "",
    "tru",
    "truE",
    "nul",
    "falze",
    "True",
    "nullx",
    "01",
    "-",
    "1.",
    "1e",
    "1e+",
    ".5",
    "\"a",
    "\"\t\"",
    r#""\x""#,
    r#""\u12g4""#,
    "[1,]",
    "{\"a\"}",
    "[1}",
];

/// How the records of a text are written.
struct Form {
    fields: Vec<&'static str>,
    colon: &'static str,
    space: &'static str,
    /// How often a record has its fields in another order, and without some of them.
    shuffled: usize,
    left_out: usize,
}

impl Form {
    fn generate(random: &mut Random) -> Self {
        let mut fields = vec!["timestamp", "value"];
        for _ in 0..[0, 1, 1, 2, 3, 5, 18][random.below(7)] {
            fields.push(NAMES[random.below(NAMES.len())]);
        }
        if random.once_in(40) {
            fields.push(random.choose(&["value", "timestamp"]));
        }
        shuffle(&mut fields, random);
        Self {
            fields,
            colon: random.choose(&[":", ":", ": ", " :\t"]),
            space: random.choose(&[
                "",
                "",
                " ",
                "\n    ",
                "\r\n\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t",
            ]),
            shuffled: [3, 20, usize::MAX, usize::MAX][random.below(4)],
            left_out: [3, 20, usize::MAX, usize::MAX][random.below(4)],
        }
    }

    fn record(&self, random: &mut Random, digits: usize, malformed: usize) -> String {
        let mut fields = self.fields.clone();
        if random.once_in(self.shuffled) {
            shuffle(&mut fields, random);
        }
        if random.once_in(self.left_out) {
            let at = random.below(fields.len());
            if malformed < usize::MAX || !matches!(fields[at], "timestamp" | "value") {
                fields.remove(at);
            }
        }
        let members: Vec<_> = fields
            .iter()
            .map(|name| {
                let mut name = *name;
                let value = match name {
                    _ if random.once_in(malformed) => MALFORMED[random.below(20)].to_owned(),
                    "timestamp" => {
                        let more = random.below(2);
                        format!("{}{}", 1 + random.below(9), random.digits(digits + more))
                    }
                    "value" if random.once_in(3) => number_in_range(random),
                    "value" => format!("{}.{}", random.below(100), random.below(10)),
                    _ => other(random, 3),
                };
                if random.once_in(malformed) {
                    name = ODD_NAMES[random.below(6)];
                }
                format!("{}\"{name}\"{}{value}", self.space, self.colon)
            })
            .collect();
        format!("{{{}{}}}", members.join(","), self.space)
    }
}

fn number_in_range(random: &mut Random) -> String {
    loop {
        let number = number(random);
        if number.parse::<f64>().is_ok_and(f64::is_finite) {
            return number;
        }
    }
}

fn shuffle<T>(list: &mut [T], random: &mut Random) {
    for i in (1..list.len()).rev() {
        list.swap(i, random.below(i + 1));
    }
}

#[test]
fn records_with_other_fields_are_read_or_refused_as_by_serde_json() {
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..cases(20_000) {
        let mut random = Random(seed);
        let mut form = Form::generate(&mut random);
        let mut digits = random.below(19);
        let malformed = [60, 1000, usize::MAX, usize::MAX][random.below(4)];
        let mut records = Vec::new();
        for _ in 0..[2, 5, 12, 60][random.below(4)] {
            if random.once_in(40) {
                form = Form::generate(&mut random);
            }
            if random.once_in(40) {
                digits = random.below(19);
            }
            records.push(form.record(&mut random, digits, malformed));
        }
        let mut text = format!("[{}]", records.join(random.choose(&[",", ", ", "\n,\n"])));
        if random.once_in(4) {
            let at = random.below(text.len());
            let to = b"[]{},:\"\\ \n0159+-.eEtz\x1f"[random.below(22)];
            if text.is_char_boundary(at) && text.as_bytes()[at].is_ascii() {
                text.replace_range(at..at + 1, &char::from(to).to_string());
            }
        }
        if assert_as_oracle(&text) {
            accepted += 1;
        } else {
            refused += 1;
        }
    }
    println!("{accepted} texts accepted, {refused} refused");
    assert!(accepted > refused / 4 && refused > accepted / 4);
}

#[test]
fn every_changed_byte_of_one_record_among_many_is_seen() {
    for record in [
        r#"{"timestamp":T,"value":1.5,"host":"web-01"}"#,
        r#"{"seq":3,"timestamp":T,"ok":true,"value":-2.25e-7,"no":null}"#,
        r#"{"a":false, "value" : 7E+3 ,"s":"a string with \"an escape\" and more", "timestamp" : T }"#,
        r#"{"tags":{"host":"H","ports":[1,2.5,{}]},"timestamp":T,"value":0.1,"größe":"é"}"#,
        "{\n        \"timestamp\": T,\n        \"value\": 12,\n        \"unit\": \"F\"\n    }",
    ] {
        let records: Vec<_> = (0..8)
            .map(|i| {
                let other = if i % 2 == 0 { "web-01" } else { "web-002" };
                record
                    .replace('T', &(1_262_304_000 + 3600 * i).to_string())
                    .replace("web-01", other)
            })
            .collect();
        let text = format!("[{}]", records.join(","));
        let start = 1 + records[..5]
            .iter()
            .map(|record| record.len() + 1)
            .sum::<usize>();
        for at in start..start + records[5].len() + 1 {
            if !(text.is_char_boundary(at) && text.is_char_boundary(at + 1)) {
                continue;
            }
            for byte in [0, 9, 10, 0x1f].into_iter().chain(0x20..0x80_u8) {
                let mut changed = text.clone().into_bytes();
                changed[at] = byte;
                assert_as_oracle(&String::from_utf8(changed).expect("ASCII"));
            }
            assert_as_oracle(&text[..at]);
            assert_as_oracle(&format!("{}{}", &text[..at], &text[at + 1..]));
            assert_as_oracle(&format!("{}\\{}", &text[..at], &text[at..]));
        }
    }
}

#[test]
fn a_field_that_comes_twice_or_not_at_all_is_refused_wherever_it_is() {
    let usual = r#"{"timestamp":1,"seq":2,"value":3}"#;
    for (record, words) in [
        (
            r#"{"timestamp":1,"seq":2,"value":3,"value":3}"#,
            "duplicate field `value`",
        ),
        (
            r#"{"timestamp":1,"seq":2,"timestamp":1,"value":3}"#,
            "duplicate field `timestamp`",
        ),
        (r#"{"timestamp":1,"seq":2}"#, "missing field `value`"),
        (r#"{"seq":2,"value":3}"#, "missing field `timestamp`"),
        (r#"{"seq":2}"#, "missing field `timestamp`"),
    ] {
        for before in [1, 2, 3, 10, 200] {
            for after in [0, 1, 10] {
                let text = format!(
                    "[{}{record}{}]",
                    format!("{usual},").repeat(before),
                    format!(",{usual}").repeat(after)
                );
                let message = validate_stream(&text).expect_err(record);
                assert!(message.contains(words), "{message}");
                assert_as_oracle(&text);
            }
        }
    }
}

#[test]
fn numbers_with_exponents_are_the_nearest_double() {
    let mut random = Random(5);
    for _ in 0..cases(4_000) {
        let numbers: Vec<_> = (0..20).map(|_| number_in_range(&mut random)).collect();
        for form in [
            |number: &String| format!(r#"{{"timestamp":10,"value":{number}}}"#),
            |number: &String| format!(r#"{{"value":{number},"timestamp":10}}"#),
            |number: &String| {
                format!(
                    r#"{{"timestamp":10,"value":{number},"n":{}}}"#,
                    number.len()
                )
            },
        ] {
            let records: Vec<_> = numbers.iter().map(form).collect();
            let points = validate_stream(&format!("[{}]", records.join(","))).expect("numbers");
            for (point, number) in points.iter().zip(&numbers) {
                let expected: f64 = number.parse().expect("a number");
                assert_eq!(point.value.to_bits(), expected.to_bits(), "{number}");
            }
        }
    }
}

#[test]
fn a_number_beyond_the_largest_double_is_refused_wherever_it_is() {
    let usual = ["1.5e300", "2e-300", "1e10"];
    for (number, is_finite) in [
        ("17976931348623157e292", true),
        ("1.7976931348623157e308", true),
        ("17976931348623159e292", false),
        ("-1.8e308", false),
        ("99e307", false),
        ("9999999999999999999e290", false),
        ("1e309", false),
        ("0.001e312", false),
    ] {
        for form in [
            r#"{"timestamp":10,"value":V}"#,
            r#"{"value":V,"timestamp":10}"#,
            r#"{"timestamp":10,"value":V,"n":N}"#,
        ] {
            for before in [0, 1, 3, 10, 200] {
                let records: Vec<_> = (0..before)
                    .map(|i| usual[i % 3])
                    .chain([number, usual[0]])
                    .enumerate()
                    .map(|(i, number)| form.replace('V', number).replace('N', &i.to_string()))
                    .collect();
                let text = format!("[{}]", records.join(","));
                assert_eq!(assert_as_oracle(&text), is_finite, "{text}");
            }
        }
    }
}
