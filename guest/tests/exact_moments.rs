//! compute-aggregate and summary against exact rational arithmetic.

mod common;

use common::{KINDS, NAN, Random, cases, expected, finite_bits, length, list, points};
use compute_pipeline::aggregate::compute_aggregate;
use compute_pipeline::summary::{finish, fold};
use proptest::prelude::*;

/// What compute-aggregate must give.
fn check_aggregate(values: &[f64], what: &str) -> [u64; 3] {
    let want = expected(values);
    let got = compute_aggregate(&points(values)).map(f64::to_bits);
    assert_eq!(
        got,
        want,
        "aggregate of {} values, {what}: {got:x?}, expected {want:x?}",
        values.len()
    );
    want
}

/// All that a list must give, by both ways.
fn check(values: &[f64], what: &str) {
    let want = check_aggregate(values, what);
    let points = points(values);
    let state = fold(&[], &points).expect("the empty list is a state");
    let s = finish(&state).expect("fold gives a state");
    let got = [s.mean, s.variance, s.sum].map(f64::to_bits);
    assert_eq!(
        got,
        want,
        "summary of {} values, {what}: {got:x?}, expected {want:x?}",
        values.len()
    );

    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let nan = values.iter().any(|x| x.is_nan());
    let end = |x: Option<&f64>| {
        if nan {
            NAN
        } else {
            x.map_or(0, |x| x.to_bits())
        }
    };
    assert_eq!(s.count, values.len() as u64);
    assert_eq!(
        (s.min.to_bits(), s.max.to_bits()),
        (end(sorted.first()), end(sorted.last())),
        "{what}"
    );
    let stamps = points.iter().map(|p| p.timestamp);
    assert_eq!(
        (s.first, s.last),
        (stamps.clone().min().unwrap_or(0), stamps.max().unwrap_or(0)),
        "{what}"
    );
}

#[test]
fn every_kind_at_every_length_around_the_blocks() {
    let lengths = [
        0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 127, 255, 256, 257, 263, 264, 511, 512,
        513, 767, 1025,
    ];
    for (kind, name) in KINDS.iter().enumerate() {
        for n in lengths {
            check(
                &list(kind, n, &mut Random((kind * 10_000 + n) as u64)),
                name,
            );
        }
    }
}

#[test]
fn every_kind_at_random_lengths() {
    let mut r = Random(1);
    for _ in 0..cases(10) {
        for (kind, name) in KINDS.iter().enumerate() {
            let n = length(&mut r, 20_000);
            check(&list(kind, n, &mut r), name);
        }
    }
}

#[test]
fn every_kind_at_every_short_length() {
    for (kind, name) in KINDS.iter().enumerate() {
        for n in 1..=260 {
            let mut r = Random((kind * 1000 + n) as u64);
            check_aggregate(&list(kind, n, &mut r), name);
        }
    }
}

#[test]
fn short_lists_that_fill_the_kernels_limbs() {
    let mut r = Random(7);
    for n in 2..=256_usize {
        // With u1 = 1, by the first point of a group: see the grid. A lane's squares may then
        // sum to 2^51, and a point have bits down to 2^-46.
        let sampled = ((1u64 << 47) as f64 / n as f64).sqrt().floor();
        let most = ((1u64 << 51) as f64 / n.div_ceil(2) as f64).sqrt().floor();
        for round in 0..cases(8) {
            let values: Vec<f64> = (0..n)
                .map(|i| {
                    let sign = if r.below(2) == 0 && round > 3 {
                        -1.0
                    } else {
                        1.0
                    };
                    let bits = (r.next() >> (11 + r.below(53))) as f64 * 0.5f64.powi(46);
                    match round {
                        _ if i % 8 == 0 => sampled,
                        0 => most,
                        1 => most + 1.0,
                        2 => most - 1.0 + bits % 1.0,
                        _ => sign * (bits % most),
                    }
                })
                .collect();
            check_aggregate(&values, "full limbs");
        }
    }
}

#[test]
fn kinds_one_after_the_other() {
    let mut r = Random(2);
    for _ in 0..cases(60) {
        let mut values = Vec::new();
        for _ in 0..1 + r.below(6) {
            let (kind, n) = (r.below(KINDS.len() - 1), r.below(900));
            values.extend(list(kind, n, &mut r));
        }
        check(&values, "kinds one after the other");
    }
}

#[test]
fn a_long_list_that_carries_in_between() {
    let mut r = Random(3);
    // Any bits go by the integer path, the rest by the kernel.
    let mut values: Vec<f64> = (0..600_000).map(|_| finite_bits(&mut r)).collect();
    values.extend((0..600_001).map(|_| r.normal()));
    check(&values, "a long list");
}

#[test]
fn very_many_blocks_at_the_limit_of_the_kernel() {
    // The first block makes u1 = 1; in all others a lane's squares sum to
    // exactly 2^51 u1^2, the most that is accepted. Two thousand of those
    // would overflow what is pending.
    let mut values = vec![741_456.0; 256];
    values.resize(700_000, 4_194_304.0);
    check(&values, "at the limit");
    // One unit more in a lane, and a block is refused.
    values[600_000] = 4_194_305.0;
    check(&values, "at and above the limit");
}

#[test]
fn values_that_are_not_finite() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let negative_nan = f64::from_bits(0xfff0_0000_0000_0001);
    for special in [
        &[inf][..],
        &[-inf],
        &[nan],
        &[negative_nan],
        &[inf, -inf],
        &[inf, nan],
        &[inf, inf],
        &[-inf, -inf],
    ] {
        for n in [0, 1, 7, 8, 300, 1000] {
            for place in [0, n / 2, n] {
                let mut values = vec![1.5; n];
                for &x in special {
                    values.insert(place, x);
                }
                check(&values, "with special values");
                values.insert(0, 1e300);
                check(&values, "with special values");
            }
        }
    }
}

#[test]
fn an_exact_zero_is_positive() {
    for values in [
        &[-0.0][..],
        &[0.0, -0.0],
        &[1.0, -1.0],
        &[-0.0; 1000],
        &[-5e-324, 5e-324],
    ] {
        let [mean, _, sum] = compute_aggregate(&points(values)).map(f64::to_bits);
        assert_eq!((mean, sum), (0, 0));
    }
    // What is not zero keeps its sign when it rounds to zero.
    let [mean, variance, sum] = compute_aggregate(&points(&[-5e-324, 0.0]));
    assert_eq!(
        (mean.to_bits(), variance.to_bits(), sum),
        (1 << 63, 0, -5e-324)
    );
}

#[test]
fn the_mean_of_a_sum_that_overflows_is_finite() {
    let [mean, variance, sum] = compute_aggregate(&points(&[f64::MAX; 1000]));
    assert_eq!((mean, variance, sum), (f64::MAX, 0.0, f64::INFINITY));
    let [mean, variance, sum] = compute_aggregate(&points(&[f64::MAX, -f64::MAX]));
    assert_eq!((mean, variance, sum), (0.0, f64::INFINITY, 0.0));
}

#[test]
fn textbook_cancellation() {
    let [mean, variance, sum] = compute_aggregate(&points(&[1e16, 1.0, -1e16]));
    assert_eq!(sum, 1.0);
    assert_eq!(mean, 1.0 / 3.0);
    check(&[1e16, 1.0, -1e16], "cancellation");
    assert!(variance > 0.0);
    let [mean, variance, _] =
        compute_aggregate(&points(&[1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0]));
    assert_eq!((mean, variance), (1e9 + 10.0, 22.5));
}

/// NIST's univariate sets: <https://www.itl.nist.gov/div898/strd/univ/homepage.html>.
/// The certified standard deviation is that of the sample (n - 1).
#[test]
fn nist_reference_sets() {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("data/nist-strd.json")).expect("JSON");
    let sets = file["datasets"].as_object().expect("an object of sets");
    assert_eq!(sets.len(), 6);
    for (name, set) in sets {
        let values: Vec<f64> = set["values"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|v| v.as_f64().expect("a number"))
            .collect();
        let certified =
            |key: &str| -> f64 { set[key].as_str().expect("text").parse().expect("a number") };
        assert_eq!(values.len() as u64, set["n"].as_u64().expect("a count"));
        check(&values, name);
        let [mean, variance, _] = compute_aggregate(&points(&values));
        let n = values.len() as f64;
        let deviation = (variance * n / (n - 1.0)).sqrt();
        // Certified to 15 digits for the decimal data, whose nearest doubles
        // have slightly other moments.
        let close = |got: f64, want: f64, digits: i32| {
            (got - want).abs() <= want.abs() * 10f64.powi(-digits)
        };
        assert!(
            close(mean, certified("certified_mean"), 14),
            "{name}: mean {mean}"
        );
        assert!(
            close(deviation, certified("certified_stddev"), 12),
            "{name}: deviation {deviation}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(256) as u32, ..ProptestConfig::default() })]

    #[test]
    fn any_doubles(bits in prop::collection::vec(any::<u64>(), 0..40)) {
        let values: Vec<f64> = bits.into_iter().map(f64::from_bits).collect();
        check(&values, "any doubles");
    }

    #[test]
    fn doubles_of_near_exponents(
        exponent in -1000i32..960,
        parts in prop::collection::vec((any::<i64>(), 0i32..60), 0..700),
    ) {
        let values: Vec<f64> =
            parts.into_iter().map(|(m, e)| (m >> 11) as f64 * 2f64.powi((exponent + e - 53).max(-1000))).collect();
        check(&values, "near exponents");
    }

    #[test]
    fn short_decimals(parts in prop::collection::vec(-1_000_000i32..1_000_000, 0..600)) {
        let values: Vec<f64> = parts.into_iter().map(|m| f64::from(m) / 1000.0).collect();
        check(&values, "decimals");
    }
}
