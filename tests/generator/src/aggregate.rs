//! compute-aggregate: every set, and lists too long to write out.

use crate::exact::{self, Statistics};
use crate::format::{Case, Datapoint, Input, Segment, Want, segments, set};
use crate::sets::Set;

pub fn cases(sets: &[Set]) -> Vec<Case> {
    let mut cases = vec![case("empty", Vec::new(), exact::statistics(&[], 1))];
    for named in sets {
        cases.push(case(
            &named.name,
            set(&named.name),
            exact::statistics(&named.points, 1),
        ));
    }
    for (name, values, copies) in [
        ("tenth-forty-thousand-times", &[0.1][..], 40_000),
        ("three-values-repeated", &[1e16, 1.0, -3.5], 8_191),
        ("alternating-largest", &[f64::MAX, -f64::MAX, 1.0], 5_000),
        ("denormals-repeated", &[5e-324, 1e-310, -2.5e-320], 4_097),
        ("wide-repeated", &[1e-30, 1e30, 3.0, -1e10], 4_097),
    ] {
        let points: Vec<Datapoint> = values
            .iter()
            .map(|&value| Datapoint {
                timestamp: 0,
                value,
            })
            .collect();
        let repeated = repeat(&points, copies);
        cases.push(case(
            name,
            repeated,
            exact::statistics(&points, copies as u64),
        ));
    }
    cases
}

/// The points, a number of times over.
fn repeat(points: &[Datapoint], copies: usize) -> Vec<Segment> {
    let mut written = segments(points);
    for segment in &mut written {
        match segment {
            Segment::Run { repeat, .. } => *repeat = copies,
            _ => unreachable!("points without timestamps are a run"),
        }
    }
    written
}

fn case(name: &str, points: Vec<Segment>, want: Statistics) -> Case {
    Case {
        id: format!("compute-aggregate/{name}"),
        input: Input::Points { points },
        want: Want::Floats(vec![want.mean, want.variance, want.sum]),
    }
}
