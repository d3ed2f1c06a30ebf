//! The form of the vector files; ../../../docs/vectors.md defines it.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::exact::Statistics;

/// The version of the form.
pub const FORMAT: u32 = 2;
/// The world with the functions.
pub const WORLD: &str = "org:compute-pipeline/compute-pipeline@0.1.0";

pub const COMPUTE_AGGREGATE: &str = "org:analytics/metrics#compute-aggregate";
pub const VALIDATE_STREAM: &str = "org:analytics/metrics#validate-stream";
pub const PROCESS_BATCH: &str = "org:compute/pipeline#process-batch";
pub const VALIDATE_CHECKSUM: &str = "org:compute/pipeline#validate-checksum";
pub const FOLD: &str = "org:compute-pipeline/summary#fold";
pub const MERGE: &str = "org:compute-pipeline/summary#merge";
pub const FINISH: &str = "org:compute-pipeline/summary#finish";

/// The functions and their types.
pub fn functions() -> Vec<(&'static str, Value)> {
    let points = json!({"list": {"record": [["timestamp", "u64"], ["value", "f64"]]}});
    let bytes = json!({"list": "u8"});
    let statistics = json!({"record": [
        ["count", "u64"], ["mean", "f64"], ["variance", "f64"], ["sum", "f64"],
        ["min", "f64"], ["max", "f64"], ["first", "u64"], ["last", "u64"],
    ]});
    let function = |params: &[&Value], result: Value| json!({"params": params, "result": result});
    let or_text = |ok: &Value| json!({"result": [ok, "string"]});
    vec![
        (
            COMPUTE_AGGREGATE,
            function(&[&points], json!({"list": "f64"})),
        ),
        (
            VALIDATE_STREAM,
            function(&[&json!("string")], or_text(&points)),
        ),
        (PROCESS_BATCH, function(&[&bytes], bytes.clone())),
        (
            VALIDATE_CHECKSUM,
            function(&[&bytes, &json!("u32")], json!("bool")),
        ),
        (FOLD, function(&[&bytes, &points], or_text(&bytes))),
        (MERGE, function(&[&bytes, &bytes], or_text(&bytes))),
        (FINISH, function(&[&bytes], or_text(&statistics))),
    ]
}

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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    #[serde(flatten)]
    calls: Calls,
    pub want: Want,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Calls {
    One(Step),
    Many { steps: Vec<Step> },
}

/// One call, or several of the same.
#[derive(Clone, Serialize)]
pub struct Step {
    pub call: &'static str,
    pub args: Vec<Value>,
    #[serde(skip_serializing_if = "is_one")]
    pub times: u32,
}

// serde gives the field by reference.
fn is_one(n: &u32) -> bool {
    *n == 1
}

/// What the last step must return.
#[derive(Clone, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Want {
    Value(Value),
    /// Some WIT error, the same everywhere.
    Failure(bool),
    /// Anything but a trap, the same everywhere.
    Same(bool),
    /// A trap whose message contains this, where the runtime can see it.
    Trap(String),
}

impl Want {
    /// The ok of a WIT result.
    pub fn ok(value: Value) -> Self {
        Self::Value(json!({ "ok": value }))
    }

    /// The err of a WIT result.
    pub fn error(message: &str) -> Self {
        Self::Value(json!({ "err": message }))
    }

    /// What finish returns.
    pub fn statistics(s: Statistics) -> Self {
        Self::ok(json!({
            "count": s.count.to_string(),
            "mean": double(s.mean),
            "variance": double(s.variance),
            "sum": double(s.sum),
            "min": double(s.min),
            "max": double(s.max),
            "first": s.first.to_string(),
            "last": s.last.to_string(),
        }))
    }
}

impl Case {
    /// A case of one call.
    pub fn call(id: String, call: &'static str, args: Vec<Value>, want: Want) -> Self {
        let step = Step {
            call,
            args,
            times: 1,
        };
        Self::steps(id, None, vec![step], want)
    }

    /// A case of any steps.
    pub fn steps(id: String, group: Option<String>, mut steps: Vec<Step>, want: Want) -> Self {
        let calls = match steps.len() {
            1 => Calls::One(steps.remove(0)),
            _ => Calls::Many { steps },
        };
        Self {
            id,
            group,
            calls,
            want,
        }
    }
}

/// The bits of a double.
pub fn double(bits: u64) -> Value {
    format!("{bits:016x}").into()
}

/// The points written out.
pub fn points(points: &[Datapoint]) -> Value {
    if points.len() < 2 {
        let one = |p: &Datapoint| {
            json!({
                "timestamp": p.timestamp.to_string(),
                "value": double(p.value.to_bits()),
            })
        };
        return points.iter().map(one).collect();
    }
    let step = points[1].timestamp.wrapping_sub(points[0].timestamp);
    let even = points
        .windows(2)
        .all(|pair| pair[1].timestamp == pair[0].timestamp.wrapping_add(step));
    let times = if even {
        count(points[0].timestamp, step, points.len())
    } else {
        words(points.iter().map(|p| p.timestamp.to_string()))
    };
    json!({"$records": {"timestamp": times, "value": values(points)}})
}

/// The points, a number of times over. They all have one timestamp.
pub fn repeated(points: &[Datapoint], copies: usize) -> Value {
    let timestamp = points[0].timestamp;
    assert!(points.iter().all(|p| p.timestamp == timestamp));
    let values = json!({"$repeat": values(points), "times": copies});
    json!({"$records": {"timestamp": count(timestamp, 0, copies * points.len()), "value": values}})
}

fn count(first: u64, step: u64, times: usize) -> Value {
    json!({"$count": {"first": first.to_string(), "step": step.to_string(), "times": times}})
}

fn values(points: &[Datapoint]) -> Value {
    words(points.iter().map(|p| format!("{:016x}", p.value.to_bits())))
}

fn words(words: impl Iterator<Item = String>) -> Value {
    json!({"$words": words.collect::<Vec<_>>().join(" ")})
}

/// A whole set.
pub fn set(name: &str) -> Value {
    part(name, 0, None)
}

/// The points from..to of a set.
pub fn part(name: &str, from: usize, to: Option<usize>) -> Value {
    let mut part = Map::new();
    part.insert("$set".into(), name.into());
    if from > 0 {
        part.insert("from".into(), from.into());
    }
    if let Some(to) = to {
        part.insert("to".into(), to.into());
    }
    part.into()
}

/// The pieces one after the other, each a number of times over.
pub fn text(pieces: &[(&str, usize)]) -> Value {
    let mut parts: Vec<Value> = pieces
        .iter()
        .map(|&(text, times)| match times {
            1 => text.into(),
            _ => json!({"$repeat": text, "times": times}),
        })
        .collect();
    match parts.len() {
        1 => parts.remove(0),
        _ => json!({ "$concat": parts }),
    }
}

/// The bytes, a number of times over.
pub fn bytes(bytes: &[u8], copies: usize) -> Value {
    json!({"hex": text(&[(&hex(bytes), copies)])})
}

/// Hex of bytes.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a String takes everything");
    }
    text
}
