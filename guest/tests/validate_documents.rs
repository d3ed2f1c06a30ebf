//! validate-stream on random texts, valid and not, against serde_json:
//! acceptance, the bits of every value, every message.
//!
//! COMPUTE_PIPELINE_CASES multiplies the number of texts.

mod validate_oracle;

use validate_oracle::{Random, assert_as_oracle, cases};

#[test]
fn random_documents_are_read_or_refused_as_by_serde_json() {
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..cases(40_000) {
        let mut random = Random(seed);
        let mut document = Document::generate(&mut random);
        if random.once_in(2) {
            document = mutate(&mut random, document);
        }
        if assert_as_oracle(&document) {
            accepted += 1;
        } else {
            refused += 1;
        }
    }
    println!("{accepted} texts accepted, {refused} refused");
    // A generator of one kind only would prove little.
    assert!(accepted > refused / 4 && refused > accepted / 4);
}

/// How a document is written.
struct Document {
    text: String,
    /// What stands between tokens; chosen for each place.
    spaces: &'static [&'static str],
    /// One record in so many is not of the usual shape.
    unusual: usize,
    /// One number in so many is not a number.
    malformed: usize,
}

impl Document {
    fn generate(random: &mut Random) -> String {
        let spaces: &[&[_]] = &[
            &[""],
            &[""],
            &["", "", "", " "],
            &[" "],
            &["", " ", "\n", "\r\n\t ", "  "],
        ];
        let mut document = Self {
            text: String::new(),
            spaces: random.choose(spaces),
            unusual: [1, 4, 30, usize::MAX][random.below(4)],
            malformed: [60, 600, usize::MAX][random.below(3)],
        };
        let records = if random.once_in(20) {
            random.below(300)
        } else {
            random.below(5)
        };
        document.token(random, "[");
        for index in 0..records {
            if index > 0 {
                document.token(random, ",");
            }
            document.record(random);
        }
        document.token(random, "]");
        document.space(random);
        document.text
    }

    fn space(&mut self, random: &mut Random) {
        self.text.push_str(random.choose(self.spaces));
    }

    fn token(&mut self, random: &mut Random, token: &str) {
        self.space(random);
        self.text.push_str(token);
    }

    fn one_of(&mut self, random: &mut Random, tokens: &[&str]) {
        let token = random.choose(tokens);
        self.token(random, token);
    }

    fn record(&mut self, random: &mut Random) {
        let mut fields = vec![Field::Timestamp, Field::Value];
        if random.once_in(self.unusual) {
            match random.below(8) {
                0 => return self.array_record(random),
                1..=3 => {
                    for _ in 0..=random.below(3) {
                        fields.insert(random.below(fields.len() + 1), Field::Other);
                    }
                }
                4 => fields.swap(0, 1),
                5 => fields.insert(random.below(3), Field::Timestamp),
                6 => fields.insert(random.below(3), Field::Value),
                _ => drop(fields.remove(random.below(2))),
            }
        } else if random.once_in(8) {
            fields.swap(0, 1);
        }
        self.token(random, "{");
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                self.token(random, ",");
            }
            let key = match field {
                Field::Timestamp if random.once_in(self.unusual) => r#""time\u0073tamp""#,
                Field::Value if random.once_in(self.unusual) => r#""v\u0061lue""#,
                Field::Timestamp => r#""timestamp""#,
                Field::Value => r#""value""#,
                Field::Other => random.choose(&[
                    r#""x""#,
                    r#""""#,
                    r#""values""#,
                    r#""é\n\"""#,
                    r#""\ud83d\ude00""#,
                    r#""\ud800""#,
                    r#""Timestamp""#,
                    r#""$serde_json::private::RawValue""#,
                ]),
            };
            self.token(random, key);
            self.token(random, ":");
            match field {
                Field::Timestamp => self.timestamp(random),
                Field::Value => self.value(random),
                Field::Other => self.anything(random, 4),
            }
        }
        self.token(random, "}");
    }

    fn array_record(&mut self, random: &mut Random) {
        self.token(random, "[");
        self.timestamp(random);
        self.token(random, ",");
        self.value(random);
        if random.once_in(20) {
            self.token(random, ",");
            self.anything(random, 2);
        }
        self.token(random, "]");
    }

    fn timestamp(&mut self, random: &mut Random) {
        if random.once_in(self.malformed) {
            return self.anything(random, 1);
        }
        let shift = random.below(64);
        let timestamp = match random.below(6) {
            0 => (random.bits() >> shift).to_string(),
            1 => (u64::MAX - random.below(10) as u64).to_string(),
            2 => 10_u64.pow(random.below(20) as u32).to_string(),
            _ => (1_735_689_600 + random.below(1_000_000_000)).to_string(),
        };
        self.token(random, &timestamp);
    }

    fn value(&mut self, random: &mut Random) {
        if random.once_in(self.malformed) {
            return self.anything(random, 1);
        }
        let number = number(random);
        self.token(random, &number);
    }

    /// Any JSON value, and now and then something that is not one.
    fn anything(&mut self, random: &mut Random, depth: usize) {
        match random.below(if depth == 0 { 6 } else { 9 }) {
            0 | 1 => {
                let number = number(random);
                self.token(random, &number);
            }
            2 => self.one_of(
                random,
                &[
                    "01",
                    "1.",
                    ".5",
                    "1e",
                    "-",
                    "+1",
                    "1e+",
                    "0x1",
                    "NaN",
                    "-0",
                    "1.0",
                    "1e400",
                    "18446744073709551616",
                    "tru",
                    "nul",
                    "'a'",
                    "\"a",
                    "\"\\q\"",
                    "\"\u{1}\"",
                ],
            ),
            3 => self.one_of(random, &["null", "true", "false"]),
            4 | 5 => self.one_of(
                random,
                &[
                    "\"\"",
                    "\"1\"",
                    "\"a\\u00e9\\\\\"",
                    "\"\\ud800\"",
                    "\"\\udc00\\ud800\"",
                    "\"日本\"",
                    "\"]}\"",
                    "\"\\ud83d\\ude00\"",
                ],
            ),
            6 | 7 => {
                self.token(random, "[");
                for index in 0..random.below(4) {
                    if index > 0 {
                        self.token(random, ",");
                    }
                    self.anything(random, depth - 1);
                }
                self.token(random, "]");
            }
            _ => {
                self.token(random, "{");
                for index in 0..random.below(4) {
                    if index > 0 {
                        self.token(random, ",");
                    }
                    self.one_of(random, &["\"a\"", "\"value\"", "\"\\u0000\""]);
                    self.token(random, ":");
                    self.anything(random, depth - 1);
                }
                self.token(random, "}");
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Field {
    Timestamp,
    Value,
    Other,
}

/// A number as JSON writes it, mostly within the range of a double.
fn number(random: &mut Random) -> String {
    let sign = random.choose(&["", "", "-"]);
    let whole = match random.below(4) {
        0 => "0".to_owned(),
        1 => random.bits().to_string(),
        _ => {
            let count = if random.once_in(30) {
                random.below(400)
            } else {
                random.below(8)
            };
            format!("{}{}", 1 + random.below(9), random.digits(count))
        }
    };
    let fraction = match random.below(4) {
        0 => String::new(),
        1 => {
            let (zeros, count) = (random.below(30), random.below(40));
            format!(".{}{}", "0".repeat(zeros), random.digits(count + 1))
        }
        _ => {
            let count = random.below(17);
            format!(".{}", random.digits(count + 1))
        }
    };
    let exponent = match random.below(6) {
        0 => {
            let (letter, sign) = (random.choose(&["e", "E"]), random.choose(&["", "+", "-"]));
            let exponent = match random.below(5) {
                // Of any size, also of those that 32 bits do not hold.
                0 => random.bits() >> random.below(64),
                1 => 1 << random.below(64),
                _ => random.bits() % [3, 30, 330][random.below(3)],
            };
            format!("{letter}{sign}{exponent}")
        }
        _ => String::new(),
    };
    format!("{sign}{whole}{fraction}{exponent}")
}

/// A few changes of a text: bytes put in, taken out, replaced or repeated.
fn mutate(random: &mut Random, document: String) -> String {
    const BYTES: &[u8] = b"[]{},:\"\\ \n\t0123456789+-.eEtfnuvx\x00\x1f\x7f/";
    let mut bytes = document.into_bytes();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(12)).min(bytes.len());
        match random.below(6) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            3 => bytes.insert(at, BYTES[random.below(BYTES.len())]),
            _ if at < bytes.len() => bytes[at] = BYTES[random.below(BYTES.len())],
            _ => {}
        }
    }
    // Cuts inside a character are no texts.
    String::from_utf8_lossy(&bytes).into_owned()
}
