//! The form of the vector files; ../../vectors/README.md defines it.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};

use crate::exact::Statistics;

/// The version of the form.
pub const FORMAT: u32 = 1;

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub struct Datapoint {
    pub timestamp: u64,
    pub value: f64,
}

impl PartialEq for Datapoint {
    /// By bits: a NaN equals itself, and -0.0 is not +0.0.
    fn eq(&self, other: &Self) -> bool {
        (self.timestamp, self.value.to_bits()) == (other.timestamp, other.value.to_bits())
    }
}

/// One case. The name must be its own among all files.
#[derive(Serialize)]
pub struct Case {
    pub id: String,
    #[serde(flatten)]
    pub input: Input,
    pub want: Want,
}

/// What the function is given.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Input {
    Points {
        points: Vec<Segment>,
    },
    Raw {
        raw: Vec<Text>,
    },
    Batch {
        input: Vec<Bytes>,
    },
    Checksum {
        data: Vec<Bytes>,
        expected: u32,
    },
    Summary {
        #[serde(skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        state: Recipe,
    },
}

/// What it must answer.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Want {
    Floats(#[serde(serialize_with = "bits_of")] Vec<u64>),
    Points(Vec<Segment>),
    Error(String),
    Bytes(String),
    Bool(bool),
    Statistics(Statistics),
    /// Some WIT error, the same everywhere.
    Failure(bool),
    /// Anything but a trap, the same everywhere.
    Same(bool),
    /// A trap whose message contains this, where the runtime can see it.
    Trap(String),
}

/// A piece of a list of points.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub enum Segment {
    Set {
        set: String,
        #[serde(skip_serializing_if = "is_zero")]
        from: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<usize>,
        #[serde(skip_serializing_if = "is_one")]
        stride: usize,
    },
    Listed {
        times: String,
        values: String,
    },
    Run {
        first: String,
        step: String,
        values: String,
        #[serde(skip_serializing_if = "is_one")]
        repeat: usize,
    },
}

/// A piece of a text.
#[derive(Clone, Serialize)]
pub struct Text {
    pub text: String,
    #[serde(skip_serializing_if = "is_one")]
    pub repeat: usize,
}

/// A piece of a list of bytes.
#[derive(Clone, Serialize)]
pub struct Bytes {
    pub hex: String,
    #[serde(skip_serializing_if = "is_one")]
    pub repeat: usize,
}

/// How to make a state.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub enum Recipe {
    Literal {
        hex: String,
    },
    Fold {
        fold: Box<Recipe>,
        points: Vec<Segment>,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<usize>,
    },
    Merge {
        merge: Box<[Recipe; 2]>,
    },
    Double {
        double: Box<Recipe>,
        times: u32,
    },
    Edit {
        edit: Box<Recipe>,
        #[serde(skip_serializing_if = "Option::is_none")]
        keep: Option<i64>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        xor: Vec<(i64, u8)>,
        #[serde(skip_serializing_if = "String::is_empty")]
        append: String,
        #[serde(skip_serializing_if = "is_false")]
        seal: bool,
    },
}

// serde gives the fields by reference.
fn is_zero(n: &usize) -> bool {
    *n == 0
}

fn is_one(n: &usize) -> bool {
    *n == 1
}

fn is_false(b: &bool) -> bool {
    !*b
}

fn bits_of<S: Serializer>(floats: &[u64], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&join(floats.iter().map(|bits| format!("{bits:016x}"))))
}

impl Serialize for Statistics {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut fields = serde_json::Map::new();
        let decimal = [
            ("count", self.count),
            ("first", self.first),
            ("last", self.last),
        ];
        let double = [
            ("mean", self.mean),
            ("variance", self.variance),
            ("sum", self.sum),
            ("min", self.min),
            ("max", self.max),
        ];
        for (name, value) in decimal {
            fields.insert(name.into(), value.to_string().into());
        }
        for (name, bits) in double {
            fields.insert(name.into(), format!("{bits:016x}").into());
        }
        fields.serialize(to)
    }
}

/// The points written out: as a run where the timestamps keep one step.
pub fn segments(points: &[Datapoint]) -> Vec<Segment> {
    let Some(start) = points.first() else {
        return Vec::new();
    };
    let values = join(points.iter().map(|p| format!("{:016x}", p.value.to_bits())));
    let step = points
        .get(1)
        .map_or(0, |p| p.timestamp.wrapping_sub(start.timestamp));
    if points
        .windows(2)
        .all(|pair| pair[1].timestamp == pair[0].timestamp.wrapping_add(step))
    {
        let (first, step) = (start.timestamp.to_string(), step.to_string());
        return vec![Segment::Run {
            first,
            step,
            values,
            repeat: 1,
        }];
    }
    vec![Segment::Listed {
        times: join(points.iter().map(|p| p.timestamp.to_string())),
        values,
    }]
}

/// A whole set.
pub fn set(name: &str) -> Vec<Segment> {
    part(name, 0, None)
}

/// The points from..to of a set.
pub fn part(name: &str, from: usize, to: Option<usize>) -> Vec<Segment> {
    vec![Segment::Set {
        set: name.into(),
        from,
        to,
        stride: 1,
    }]
}

/// Hex of bytes.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a String takes everything");
    }
    text
}

fn join(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" ")
}
