//! org:analytics@0.2.0: the functions of 0.1.0 with records and typed errors.

use crate::Engine;
use crate::binding::exports::org::analytics0_2_0::metrics::{
    Aggregate, Datapoint, Guest, ParseError, StreamError,
};
use crate::{aggregate, validate};
use compute_pipeline_guest::install_hook;
use std::mem::{ManuallyDrop, offset_of};

impl Guest for Engine {
    fn compute_aggregate(points: Vec<Datapoint>) -> Aggregate {
        install_hook();
        let [mean, variance, sum] = aggregate::compute_aggregate(first(&points));
        Aggregate {
            count: points.len() as u64,
            mean,
            variance,
            sum,
        }
    }

    fn validate_stream(raw: String) -> Result<Vec<Datapoint>, StreamError> {
        install_hook();
        match validate::validate_stream(&raw) {
            Ok(points) => Ok(second(points)),
            Err(text) => Err(typed(text)),
        }
    }
}

// The datapoints of both versions are the same bytes.
const _: () = assert!(
    size_of::<Datapoint>() == size_of::<crate::Datapoint>()
        && align_of::<Datapoint>() == align_of::<crate::Datapoint>()
        && offset_of!(Datapoint, timestamp) == offset_of!(crate::Datapoint, timestamp)
        && offset_of!(Datapoint, value) == offset_of!(crate::Datapoint, value)
);

/// The points as those of 0.1.0.
pub(crate) fn first(points: &[Datapoint]) -> &[crate::Datapoint] {
    // SAFETY: the fields of both types are the same and in the same places.
    unsafe { std::slice::from_raw_parts(points.as_ptr().cast(), points.len()) }
}

/// The points as those of 0.2.0.
fn second(points: Vec<crate::Datapoint>) -> Vec<Datapoint> {
    let mut points = ManuallyDrop::new(points);
    // SAFETY: as above, and the allocation has the same size and alignment.
    unsafe { Vec::from_raw_parts(points.as_mut_ptr().cast(), points.len(), points.capacity()) }
}

/// The error whose text 0.1.0 has.
fn typed(mut text: String) -> StreamError {
    if !text.starts_with(validate::FAILED) {
        return StreamError::EmptyDataset;
    }
    let (mut line, mut column) = (0, 0);
    if let Some((message, at)) = place(text.as_bytes()) {
        [line, column] = at;
        text.truncate(message);
    }
    text.drain(..validate::FAILED.len());
    StreamError::Parse(ParseError {
        line,
        column,
        message: text,
    })
}

/// Of a text that ends with ` at line 2 column 3` the bytes before that, and the numbers.
/// Slices of bytes, since those of texts cost 4 KB in the module.
fn place(text: &[u8]) -> Option<(usize, [u32; 2])> {
    let (rest, column) = number(text)?;
    let (rest, line) = number(rest.strip_suffix(b" column ")?)?;
    let message = rest.strip_suffix(b" at line ")?.len();
    Some((message, [line.try_into().ok()?, column.try_into().ok()?]))
}

/// What is before the number at the end of a text, and the number.
pub(crate) fn number(text: &[u8]) -> Option<(&[u8], u64)> {
    let (mut rest, mut number, mut unit) = (text, 0u64, 1u64);
    while let [before @ .., digit @ b'0'..=b'9'] = rest {
        let value = u64::from(digit - b'0').checked_mul(unit)?;
        number = number.checked_add(value)?;
        unit = unit.saturating_mul(10);
        rest = before;
    }
    (rest.len() < text.len()).then_some((rest, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (u32, u32, String) {
        match typed(text.to_owned()) {
            StreamError::Parse(e) => (e.line, e.column, e.message),
            StreamError::EmptyDataset => panic!("{text} is the error of an empty list"),
        }
    }

    #[test]
    fn an_error_has_its_place_and_its_message() {
        for (raw, line, column, message) in [
            ("", 1, 0, "EOF while parsing a value"),
            ("[{\n\"value\": 1}]", 2, 11, "missing field `timestamp`"),
            (
                "[1]",
                1,
                2,
                "invalid type: integer `1`, expected struct Datapoint",
            ),
        ] {
            let text = validate::validate_stream(raw).unwrap_err();
            assert_eq!(parsed(&text), (line, column, message.to_owned()), "{raw}");
        }
        for text in [
            "no place",
            "at line 1 column ",
            " at line 4294967296 column 1",
        ] {
            let whole = format!("Parse failed: {text}");
            assert_eq!(parsed(&whole), (0, 0, text.to_owned()));
        }
        assert_eq!(typed("Empty dataset".to_owned()), StreamError::EmptyDataset);
    }

    #[test]
    fn points_are_those_of_the_other_version() {
        let text = r#"[{"timestamp": 7, "value": 1.5}, [8, 2.5]]"#;
        let points = Engine::validate_stream(text.to_owned()).unwrap();
        assert_eq!(
            points,
            [
                Datapoint {
                    timestamp: 7,
                    value: 1.5
                },
                Datapoint {
                    timestamp: 8,
                    value: 2.5
                }
            ]
        );
        let aggregate = Engine::compute_aggregate(points);
        let wanted = Aggregate {
            count: 2,
            mean: 2.0,
            variance: 0.25,
            sum: 4.0,
        };
        assert_eq!(aggregate, wanted);
        assert_eq!(Engine::compute_aggregate(vec![]).count, 0);
    }
}
