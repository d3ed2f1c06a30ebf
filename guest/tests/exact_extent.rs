//! min, max, first and last of summary, which the kernel takes in on its way.

mod common;

use common::{Random, cases};
use compute_pipeline::Datapoint;
use compute_pipeline::summary::{finish, fold};

/// Timestamps of a kind, in or out of order.
fn timestamps(kind: usize, n: usize, r: &mut Random) -> Vec<u64> {
    let start = r.next();
    let at = r.below(n.max(1));
    let count = 0..n as u64;
    match kind {
        0 => count.map(|i| 1_700_000_000 + 60 * i).collect(),
        1 => vec![start; n],
        2 => count.rev().map(|i| 60 * i).collect(),
        3 => (0..n).map(|_| r.next()).collect(),
        // In order but for one point, which is the smallest or the largest.
        4 => (0..n)
            .map(|i| if i == at { 5 } else { 1000 + i as u64 })
            .collect(),
        5 => (0..n)
            .map(|i| if i == at { u64::MAX } else { 1000 + i as u64 })
            .collect(),
        // Steps that wrap around 2^64, once or many times, and end above the start.
        6 => count.map(|i| start.wrapping_add(i << 54)).collect(),
        7 => count.map(|i| start.wrapping_add(i << 55)).collect(),
        8 => count
            .map(|i| start.wrapping_add(i.wrapping_mul(u64::MAX / 3 + 1)))
            .collect(),
        9 => count.map(|i| (u64::MAX - 100).wrapping_add(i)).collect(),
        10 => count.map(|i| (i << 56).min(u64::MAX - 1)).collect(),
        11 => {
            let step = r.next() >> (4 + r.below(6));
            count
                .map(|i| start.wrapping_add(i.wrapping_mul(step)))
                .collect()
        }
        _ => count
            .map(|i| if i % 2 == 0 { i } else { u64::MAX - i })
            .collect(),
    }
}

/// Values that are on one side of zero, with zeros of both signs at times.
fn values(kind: usize, n: usize, r: &mut Random) -> Vec<f64> {
    let at = r.below(n.max(1));
    let mut values: Vec<f64> = (0..n)
        .map(|_| match kind {
            0 => r.normal(),
            1 => r.below(5) as f64,
            2 => -(r.below(5) as f64),
            3 => 1.0 + r.unit(),
            4 => -1.0 - r.unit(),
            5 => 0.0,
            _ => -0.0,
        })
        .collect();
    if n > 0 && r.below(2) == 0 {
        values[at] = [0.0, -0.0, 9.0, -9.0][r.below(4)];
    }
    values
}

#[test]
fn extremes_whatever_the_order() {
    let mut r = Random(9);
    for round in 0..cases(4000) {
        let (stamps, kind) = (round % 13, r.below(7));
        let n = [1, 2, 7, 8, 9, 16, 255, 256, 257, 300, 520][r.below(11)];
        let points: Vec<Datapoint> = timestamps(stamps, n, &mut r)
            .into_iter()
            .zip(values(kind, n, &mut r))
            .map(|(timestamp, value)| Datapoint { timestamp, value })
            .collect();
        let mut state = Vec::new();
        for chunk in points.chunks(1 + r.below(2 * n)) {
            state = fold(&state, chunk).expect("folds");
        }
        let s = finish(&state).expect("a state");
        let what = format!("round {round}: {n} points, timestamps {stamps}, values {kind}");
        let stamps = points.iter().map(|p| p.timestamp);
        assert_eq!(Some(s.first), stamps.clone().min(), "{what}");
        assert_eq!(Some(s.last), stamps.max(), "{what}");
        let values = points.iter().map(|p| p.value);
        let min = values.clone().min_by(f64::total_cmp).map(f64::to_bits);
        let max = values.max_by(f64::total_cmp).map(f64::to_bits);
        assert_eq!(Some(s.min.to_bits()), min, "{what}");
        assert_eq!(Some(s.max.to_bits()), max, "{what}");
    }
}
