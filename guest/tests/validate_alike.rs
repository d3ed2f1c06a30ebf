//! validate-stream on texts whose records are written alike, with changes at any
//! place, against serde_json.
//!
//! COMPUTE_PIPELINE_CASES multiplies the number of texts.

mod validate_oracle;

use compute_pipeline::validate::validate_stream;
use validate_oracle::{Random, assert_as_oracle, cases};

/// What surrounds the numbers of the records of a text.
struct Form {
    before: String,
    within: String,
    after: String,
    swapped: bool,
}

impl Form {
    fn generate(random: &mut Random) -> Self {
        let space = *random.choose(&[&"", &"", &" ", &"\n    ", &"\r\n\t\t"]);
        let mut field = |chance| {
            if random.once_in(chance) {
                let field = *random.choose(&[
                    &r#""unit":"F""#,
                    &r#""id" : -1.5e3"#,
                    &r#""note":"a \"b\" \u00e9, {[""#,
                    &r#""tags":{"a":[1,{"b":null}],"c":true}"#,
                    &r#""a field with a long name":"and a value that is not short either""#,
                    &r#""host":"web-01.example.org""#,
                ]);
                format!("{field},{space}")
            } else {
                String::new()
            }
        };
        let (first, second, third) = (field(4), field(4), field(4));
        let swapped = random.once_in(3);
        let (one, other) = if swapped {
            ("value", "timestamp")
        } else {
            ("timestamp", "value")
        };
        let colon = *random.choose(&[&":", &": ", &" :\t"]);
        let third = third.trim_end().trim_end_matches(',');
        let comma = if third.is_empty() { "" } else { "," };
        Self {
            before: format!("{{{space}{first}\"{one}\"{colon}"),
            within: format!(",{space}{second}\"{other}\"{colon}"),
            after: format!("{comma}{third}{space}}}"),
            swapped,
        }
    }

    fn record(&self, timestamp: &str, value: &str) -> String {
        let (first, second) = if self.swapped {
            (value, timestamp)
        } else {
            (timestamp, value)
        };
        format!(
            "{}{first}{}{second}{}",
            self.before, self.within, self.after
        )
    }
}

/// A timestamp of `digits` digits.
fn timestamp(random: &mut Random, digits: usize) -> String {
    match digits {
        1 => random.digits(1),
        20 => (u64::MAX - random.bits() % 8_000_000_000_000_000_000).to_string(),
        _ => format!("{}{}", 1 + random.below(9), random.digits(digits - 1)),
    }
}

/// A value of up to 19 digits, of a `kind` of its own.
fn value(random: &mut Random, kind: usize) -> String {
    let sign = *random.choose(&[&"", &"", &"-"]);
    let number = match kind {
        0 => random.below(10).to_string(),
        1 => (random.bits() >> random.below(64)).to_string(),
        2 => format!("{}.{}", random.below(100), random.below(1_000)),
        3 => format!("{}", random.bits() as f64 / u64::MAX as f64),
        4 => format!("{:e}", f64::from_bits(random.bits() >> 2)),
        5 => {
            let point = random.below(20);
            let digits = random.digits(20);
            format!("{}.{}", 1 + random.below(9), &digits[point..])
        }
        // Halfway between two doubles, or nearly so.
        6 => {
            let whole = (1_u64 << 53) + 2 * (random.bits() >> 12) + 1;
            let end = *random.choose(&[&"", &".0", &".01", &"e0", &".00"]);
            format!("{whole}{end}")
        }
        7 => {
            let quarters = random.bits() >> 10;
            format!(
                "{}.{}",
                quarters / 4,
                ["0", "25", "5", "75"][(quarters % 4) as usize]
            )
        }
        _ => {
            let length = 1 + random.below(45);
            let digits = random.digits(length);
            let point = random.below(length);
            format!("{}{}.{}", 1 + point % 9, &digits[..point], &digits[point..])
        }
    };
    format!("{sign}{number}")
}

/// Something else in the place of a number.
const MALFORMED: [&str; 24] = [
    "",
    "-",
    "01",
    "-01",
    "00.5",
    "1.",
    ".5",
    "-.5",
    "1.e5",
    "1e",
    "1e+",
    "+1",
    "1..2",
    "1.2.3",
    "--1",
    "1-2",
    "1a",
    "a",
    "0x1",
    "1 2",
    "null",
    "\"1\"",
    "1e400",
    "99999999999999999999999",
];

#[test]
fn records_that_are_written_alike_are_read_or_refused_as_by_serde_json() {
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..cases(30_000) {
        let mut random = Random(seed);
        let mut form = Form::generate(&mut random);
        let (mut digits, mut kind) = (1 + random.below(20), random.below(9));
        let count = [3, 6, 12, 40][random.below(4)] + random.below(5);
        let malformed = [40, 400, usize::MAX][random.below(3)];
        let changed = [5, 30, usize::MAX][random.below(3)];
        let mut records = Vec::new();
        for _ in 0..count {
            if random.once_in(changed) {
                match random.below(3) {
                    0 => form = Form::generate(&mut random),
                    1 => digits = 1 + random.below(20),
                    _ => kind = random.below(9),
                }
            }
            let mut numbers = [timestamp(&mut random, digits), value(&mut random, kind)];
            if random.once_in(malformed) {
                let wrong = MALFORMED[random.below(MALFORMED.len())];
                numbers[random.below(2)] = wrong.to_owned();
            }
            records.push(form.record(&numbers[0], &numbers[1]));
        }
        let separator = *random.choose(&[&",", &", ", &",\n  ", &",\r\n"]);
        let mut text = format!("[{}]", records.join(separator));
        if random.once_in(3) {
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
    // A generator of one kind only would prove little.
    assert!(accepted > refused / 4 && refused > accepted / 4);
}

#[test]
fn every_changed_byte_of_one_record_among_many_is_seen() {
    let mut random = Random(1);
    for swapped in [false, true] {
        for (within, after) in [
            (r#","#, r#"}"#),
            (",\n    ", "\n  }"),
            (r#","unit":"F","#, r#"}"#),
            (
                r#","tags":{"host":"web-01.example.org","region":"eu"},"#,
                r#","the last field":"has a long value, too"}"#,
            ),
        ] {
            let (one, other) = if swapped {
                ("value", "timestamp")
            } else {
                ("timestamp", "value")
            };
            let form = Form {
                before: format!("{{\"{one}\":"),
                within: format!("{within}\"{other}\":"),
                after: after.to_owned(),
                swapped,
            };
            let records: Vec<_> = (0..8)
                .map(|_| form.record(&timestamp(&mut random, 10), &value(&mut random, 2)))
                .collect();
            let text = format!("[{}]", records.join(","));
            // The fifth record: those before it are alike, and three follow.
            let start = 1 + records[..4]
                .iter()
                .map(|record| record.len() + 1)
                .sum::<usize>();
            for at in start..start + records[4].len() + 1 {
                for byte in 0x20..0x7f_u8 {
                    let mut changed = text.clone().into_bytes();
                    changed[at] = byte;
                    assert_as_oracle(&String::from_utf8(changed).expect("ASCII"));
                }
                assert_as_oracle(&text[..at]);
                assert_as_oracle(&format!("{}{}", &text[..at], &text[at + 1..]));
            }
        }
    }
}

#[test]
fn timestamps_of_records_that_are_alike_have_their_full_range() {
    for digits in 1..=20 {
        let first = 10_u64
            .checked_pow(digits - 1)
            .filter(|_| digits > 1)
            .unwrap_or(0);
        let last = 10_u64.checked_pow(digits).map_or(u64::MAX, |next| next - 1);
        let timestamps = [
            first,
            first + 1,
            last - 1,
            last,
            first,
            last / 2,
            last,
            first,
        ];
        for form in [
            |timestamp: &u64| format!(r#"{{"timestamp":{timestamp},"value":1.5}}"#),
            |timestamp: &u64| format!(r#"{{"value":1.5,"timestamp":{timestamp}}}"#),
        ] {
            let records: Vec<_> = timestamps.iter().map(form).collect();
            let points = validate_stream(&format!("[{}]", records.join(","))).expect("records");
            let read: Vec<_> = points.iter().map(|point| point.timestamp).collect();
            assert_eq!(read, timestamps);
        }
    }
}
