//! Any list of datapoints that serde_json accepts.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::number::parse_number;
use crate::Datapoint;

/// A datapoint whose value is still text.
#[derive(Deserialize)]
struct Record<'a> {
    timestamp: u64,
    #[serde(borrow)]
    value: &'a RawValue,
}

/// The datapoints of a text, read one by one, so that memory holds no list of
/// records beside theirs.
struct Dataset(Vec<Datapoint>);

impl<'de> Deserialize<'de> for Dataset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Records;

        impl<'de> Visitor<'de> for Records {
            type Value = Dataset;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a list of datapoints")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<Dataset, A::Error> {
                let mut points = Vec::new();
                while let Some(Record { timestamp, value }) = records.next_element()? {
                    let text = value.get();
                    match parse_number(text.as_bytes()) {
                        Some((value, end)) if end == text.len() && value.is_finite() => {
                            points.push(Datapoint { timestamp, value });
                        }
                        _ => return Err(A::Error::custom("not a finite number")),
                    }
                }
                Ok(Dataset(points))
            }
        }

        deserializer.deserialize_seq(Records)
    }
}

/// The datapoints of `raw`, or what serde_json says about it.
///
/// # Panics
///
/// If serde_json accepts a text that this reader does not: a defect.
pub fn parse(raw: &str) -> serde_json::Result<Vec<Datapoint>> {
    if let Ok(Dataset(points)) = serde_json::from_str(raw) {
        return Ok(points);
    }
    match serde_json::from_str::<Vec<Datapoint>>(raw) {
        Err(error) => Err(error),
        Ok(_) => panic!("validate-stream: a valid text was not read"),
    }
}
