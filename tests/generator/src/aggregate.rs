//! compute-aggregate: every set, and lists too long to write out.

use serde_json::{Value, json};

use crate::exact::{self, Statistics};
use crate::format::{COMPUTE_AGGREGATE, Case, Datapoint, Want, double, repeated, set};
use crate::sets::Set;

pub fn cases(sets: &[Set]) -> Vec<Case> {
    let mut cases = vec![case("empty", json!([]), exact::statistics(&[], 1))];
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
        cases.push(case(
            name,
            repeated(&points, copies),
            exact::statistics(&points, copies as u64),
        ));
    }
    cases
}

fn case(name: &str, points: Value, want: Statistics) -> Case {
    let numbers = [want.mean, want.variance, want.sum].map(double);
    Case::call(
        format!("compute-aggregate/{name}"),
        COMPUTE_AGGREGATE,
        vec![points],
        Want::Value(json!(numbers)),
    )
}
