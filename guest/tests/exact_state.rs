//! The states of summary: canonical, mergeable, and checked when read.

mod common;

use common::{KINDS, Random, cases, expected, length, list, points};
use compute_pipeline::Datapoint;
use compute_pipeline::exact::accumulate::accumulate_integers;
use compute_pipeline::exact::extent::Extent;
use compute_pipeline::exact::{Sums, state};
use compute_pipeline::summary::{finish, fold, merge};
use num_bigint::BigInt;

/// The state of points by the integer path alone.
fn by_integers(points: &[Datapoint]) -> Vec<u8> {
    if points.is_empty() {
        return Vec::new();
    }
    let mut sums = Sums::new(Extent::none());
    accumulate_integers(&mut sums, points);
    state::encode(&mut sums, &mut [0; state::MAX]).to_vec()
}

/// The state of points cut and merged at random.
fn in_pieces(points: &[Datapoint], r: &mut Random) -> Vec<u8> {
    if points.len() < 2 || r.below(6) == 0 {
        return if r.below(3) == 0 {
            by_integers(points)
        } else {
            fold(&[], points).expect("folds")
        };
    }
    let (left, right) = points.split_at(r.below(points.len() + 1));
    match r.below(4) {
        0 => {
            let state = in_pieces(left, r);
            fold(&state, right).expect("folds")
        }
        1 => {
            let (a, b) = (in_pieces(left, r), in_pieces(right, r));
            merge(&b, &a).expect("merges")
        }
        _ => {
            let (a, b) = (in_pieces(left, r), in_pieces(right, r));
            merge(&a, &b).expect("merges")
        }
    }
}

#[test]
fn the_same_points_give_the_same_bytes() {
    let mut r = Random(4);
    for _ in 0..cases(30) {
        for (kind, name) in KINDS.iter().enumerate() {
            let n = length(&mut r, 5000);
            let mut points = points(&list(kind, n, &mut r));
            let state = fold(&[], &points).expect("folds");
            assert_eq!(
                by_integers(&points),
                state,
                "{n} points by integers, {name}"
            );
            for _ in 0..3 {
                r.shuffle(&mut points);
                assert_eq!(
                    in_pieces(&points, &mut r),
                    state,
                    "{n} points in pieces, {name}"
                );
            }
        }
    }
}

#[test]
fn empty_states_and_lists_change_nothing() {
    assert_eq!(fold(&[], &[]), Ok(vec![]));
    assert_eq!(merge(&[], &[]), Ok(vec![]));
    let zero = finish(&[]).expect("no points");
    assert_eq!((zero.count, zero.first, zero.last), (0, 0, 0));
    for x in [zero.mean, zero.variance, zero.sum, zero.min, zero.max] {
        assert_eq!(x.to_bits(), 0);
    }
    let state = fold(&[], &points(&[1.0, -2.5])).expect("folds");
    assert_eq!(fold(&state, &[]).as_ref(), Ok(&state));
    assert_eq!(merge(&state, &[]).as_ref(), Ok(&state));
    assert_eq!(merge(&[], &state).as_ref(), Ok(&state));
}

#[test]
fn merging_with_itself_up_to_huge_counts() {
    let mut r = Random(5);
    let names = [
        "normals",
        "decimals",
        "any finite bits",
        "the largest double",
        "denormals",
        "a constant",
        "small integers",
    ];
    for (kind, name) in KINDS
        .iter()
        .enumerate()
        .filter(|(_, name)| names.contains(name))
    {
        let values = list(kind, 3, &mut r);
        let parts: Vec<(i64, i32)> = values.iter().map(|&x| common::decompose(x)).collect();
        let unit = parts.iter().map(|p| p.1).min().expect("three values");
        let shifted = |(m, e): (i64, i32)| BigInt::from(m) << (e - unit) as u32;
        let mut sum: BigInt = parts.iter().map(|&p| shifted(p)).sum();
        let mut squares: BigInt = parts.iter().map(|&p| shifted(p).pow(2)).sum();
        let mut count = BigInt::from(3);
        let mut state = fold(&[], &points(&values)).expect("folds");
        let one = list(kind, 1, &mut r);
        for doubling in 0..62 {
            state = merge(&state, &state).expect("merges");
            (sum, squares, count) = (sum * 2, squares * 2, count * 2);
            let s = finish(&state).expect("a state");
            assert_eq!(BigInt::from(s.count), count);
            let got = [s.mean, s.variance, s.sum].map(f64::to_bits);
            assert_eq!(
                got,
                common::moments(&count, &sum, &squares, unit),
                "{name}, doubled {doubling} times"
            );
            // An odd count as well: one more, different value.
            let (m, e) = common::decompose(one[0]);
            if e >= unit {
                let odd = finish(&fold(&state, &points(&one)).expect("folds")).expect("a state");
                let x = shifted((m, e));
                let want =
                    common::moments(&(&count + 1), &(&sum + &x), &(&squares + &x * &x), unit);
                assert_eq!(
                    [odd.mean, odd.variance, odd.sum].map(f64::to_bits),
                    want,
                    "{name}, doubled {doubling} times and one"
                );
            }
        }
        assert_eq!(finish(&state).expect("a state").count, 3 << 62);
        assert!(
            merge(&state, &state)
                .expect_err("too many")
                .starts_with("Too many points: ")
        );
    }
}

#[test]
fn the_count_goes_up_to_its_limit() {
    // 2^64 - 1 = 1 + 2 + 4 + ... + 2^63 of the largest and of a tiny value.
    for value in [f64::MAX, -f64::MAX, 5e-324, 1.0] {
        let mut power = fold(&[], &points(&[value])).expect("folds");
        let mut all = power.clone();
        for _ in 1..64 {
            power = merge(&power, &power).expect("merges");
            all = merge(&all, &power).expect("merges");
        }
        let s = finish(&all).expect("a state");
        assert_eq!((s.count, s.mean, s.variance), (u64::MAX, value, 0.0));
        assert_eq!(
            fold(&all, &points(&[value])),
            Err(
                "Too many points: 18446744073709551615 and 1 are more than 18446744073709551615"
                    .into()
            )
        );
        assert_eq!(fold(&all, &[]).as_ref(), Ok(&all));
    }
}

#[test]
fn a_tiny_variance_of_very_many_points_is_rounded_rightly() {
    // One of two values once, the other 2^k times: n Q - S^2 is as small as it
    // can be beside n^2, and its low limbs are zero where k is large.
    for value in [
        1.0,
        2f64.powi(-16),
        2f64.powi(31),
        5e-324,
        2f64.powi(-1058),
        1e-300,
    ] {
        for (often, once) in [(0.0, value), (value, 0.0)] {
            let (x, unit) = common::decompose(value);
            let x = BigInt::from(x);
            let last = fold(&[], &points(&[once])).expect("folds");
            let mut state = fold(&[], &points(&[often])).expect("folds");
            for k in 0..64 {
                if k > 0 {
                    state = merge(&state, &state).expect("merges");
                }
                let times = BigInt::from(1) << k;
                let n = &times + 1;
                let ones = if once == 0.0 { times } else { BigInt::from(1) };
                let s = finish(&merge(&state, &last).expect("merges")).expect("a state");
                let want = common::moments(&n, &(&ones * &x), &(&ones * &x * &x), unit);
                let got = [s.mean, s.variance, s.sum].map(f64::to_bits);
                assert_eq!(got, want, "{often:e} 2^{k} times and {once:e}");
            }
        }
    }
}

#[test]
fn minus_zero_is_the_smaller_zero_in_any_order() {
    let a = fold(&[], &points(&[0.0])).expect("folds");
    let b = fold(&[], &points(&[-0.0])).expect("folds");
    let stamp = |value: f64| Datapoint {
        timestamp: 1,
        value,
    };
    let s = finish(&merge(&a, &b).expect("merges")).expect("a state");
    assert_eq!((s.min.to_bits(), s.max.to_bits()), (1 << 63, 0));
    for n in [1, 8, 256, 1000] {
        let mut list = vec![stamp(0.0); n];
        list[n / 2] = stamp(-0.0);
        list.push(stamp(0.0));
        let forth = fold(&[], &list).expect("folds");
        list.reverse();
        assert_eq!(fold(&[], &list).as_ref(), Ok(&forth));
        let s = finish(&forth).expect("a state");
        assert_eq!((s.min.to_bits(), s.max.to_bits()), (1 << 63, 0));
    }
}

#[test]
fn sums_are_left_out_once_they_do_not_matter() {
    for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let state = fold(&[], &points(&[1.0, x, 1e300])).expect("folds");
        assert_eq!(state.len(), 54);
        let more = fold(&state, &points(&list(0, 1000, &mut Random(6)))).expect("folds");
        assert_eq!(more.len(), 54);
        assert_eq!(finish(&more).expect("a state").count, 1003);
    }
}

/// Puts the right checksum at the end.
fn sealed(mut state: Vec<u8>) -> Vec<u8> {
    let end = state.len() - 4;
    let crc = compute_pipeline::checksum::crc32(&state[..end]);
    state[end..].copy_from_slice(&crc.to_le_bytes());
    state
}

/// The state with some bytes replaced, and sealed.
fn with(state: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut state = state.to_vec();
    state[at..at + bytes.len()].copy_from_slice(bytes);
    sealed(state)
}

#[test]
fn what_is_no_state_is_refused_with_the_reason() {
    let good = fold(&[], &points(&[1.5, -3.0])).expect("folds");
    // Sum -1.5 and squares 11.25: a limb each, in the middle of the long sums.
    assert_eq!((good[5], good[7], good[9], good.len()), (1, 1, 1, 62));
    let f = |x: f64| x.to_le_bytes();
    let special = fold(&[], &points(&[1.0, f64::INFINITY])).expect("folds");
    let one = fold(&[], &points(&[2.0])).expect("folds");
    let zeros = fold(&[], &points(&[0.0, 0.0])).expect("folds");
    let zero_sum = fold(&[], &points(&[1.0, -1.0])).expect("folds");
    let cases: &[(Vec<u8>, &str)] = &[
        (vec![0], "1 bytes are too few, expected at least 54"),
        (good[..49].to_vec(), "49 bytes are too few"),
        (
            good[..good.len() - 1].to_vec(),
            "it has 61 bytes, expected 62 with 1 and 1 limbs",
        ),
        ([&good[..], &[0]].concat(), "it has 63 bytes, expected 62"),
        (
            with(&good, 0, b"cpst"),
            "it starts with [63, 70, 73, 74], expected [43, 50, 53, 54]",
        ),
        (with(&good, 4, &[2]), "its version is 2, expected 1"),
        (with(&good, 5, &[2]), "its sign is 2, expected 0 or 1"),
        (with(&good, 5, &[3]), "its sign is 3"),
        (
            with(&good, 6, &[72]),
            "the sum of x has limbs 72 to 72, expected less than 72",
        ),
        (
            with(&good, 8, &[255]),
            "the sum of x^2 has limbs 255 to 255, expected less than 142",
        ),
        (with(&good, 6, &[60]), "the sum of x has"),
        (with(&good, 8, &[60]), "the sum of x^2 has"),
        (with(&good, 8, &[80]), "the sum of x^2 has"),
        (with(&good, 5, &[0]), ""),
        (
            with(&good, 10, &[0; 8]),
            "its count is 0, expected the empty list for no points",
        ),
        (
            with(&good, 10, &[1, 0, 0, 0, 0, 0, 0, 0]),
            "its count is 1, but its timestamps are",
        ),
        (
            with(&one, 26, &f(2.5)),
            "its count is 1, but its smallest and largest value differ",
        ),
        (
            with(&good, 18, &f(2.0)),
            "its smallest value 0x4000000000000000 and largest 0x3ff8000000000000 are not in order",
        ),
        (
            with(&good, 18, &f(f64::NAN)),
            "its smallest value 0x7ff8000000000000",
        ),
        (
            with(&good, 26, &f(f64::NAN)),
            "its smallest value 0xc008000000000000 and largest 0x7ff8",
        ),
        (
            with(&with(&special, 18, &f(-f64::NAN)), 26, &f(-f64::NAN)),
            "its smallest value 0xfff8",
        ),
        (
            with(&good, 18, &f(f64::NEG_INFINITY)),
            "it has sums, expected none with values that are not finite",
        ),
        (with(&special, 5, &[1]), "it has sums, expected none"),
        (
            with(&good, 34, &[255; 8]),
            "its smallest timestamp 18446744073709551615 is above its largest",
        ),
        (
            with(&good, 50, &[0; 4]),
            "the sum of x has a zero limb at an end, expected it left out",
        ),
        (
            with(&good, 54, &[0; 4]),
            "the sum of x^2 has a zero limb at an end",
        ),
        (
            with(&zero_sum, 5, &[1]),
            "the sum of x is zero and negative",
        ),
        (
            with(&zero_sum, 6, &[1]),
            "the sum of x has no limbs, but starts at limb 1, expected 0",
        ),
        (
            with(&with(&good, 18, &f(-0.0)), 26, &f(1.5)),
            "the sum of x is negative, but no value is",
        ),
        (
            with(&one, 18, &[f(-2.0), f(-2.0)].concat()),
            "the sum of x is positive, but no value is",
        ),
        (
            with(&with(&zero_sum, 18, &f(-0.0)), 26, &f(0.0)),
            "the sum of x^2 is not zero, but all values are",
        ),
        (
            with(&zeros, 26, &f(1.0)),
            "the sum of x^2 has 0 bits, expected",
        ),
        (with(&zero_sum, 26, &f(1e100)), "the sum of x^2 has"),
    ];
    for (state, reason) in cases {
        if reason.is_empty() {
            // +1.5 for -1.5: possible, so not refused.
            assert!(finish(state).is_ok());
            continue;
        }
        let error = finish(state).expect_err(reason);
        assert!(
            error.starts_with(&format!("Invalid state: {reason}")),
            "{error}\nexpected {reason}"
        );
        assert_eq!(fold(state, &[]).as_ref(), Err(&error));
        let error = merge(&good, state).expect_err(reason);
        assert!(
            error.starts_with(&format!("Invalid second state: {reason}")),
            "{error}"
        );
        let error = merge(state, &good).expect_err(reason);
        assert!(
            error.starts_with(&format!("Invalid first state: {reason}")),
            "{error}"
        );
    }
    for at in 0..good.len() {
        let mut state = good.clone();
        state[at] ^= 0x10;
        let error = finish(&state).expect_err("a changed byte");
        assert!(
            at < 10 || error.contains("its checksum is 0x"),
            "byte {at}: {error}"
        );
    }
}

#[test]
fn sums_that_contradict_each_other_are_refused_by_finish() {
    // Two values of 1 and 3: n Q - S^2 = 20 - 16 = 4. With a sum of 7 it would be -29.
    let state = fold(&[], &points(&[1.0, 3.0])).expect("folds");
    let sum = fold(&[], &points(&[7.0])).expect("folds");
    assert_eq!((state[6], state[7]), (sum[6], sum[7]));
    let forged = with(&state, 50, &sum[50..54 + 4 * (usize::from(sum[7]) - 1)]);
    let error = finish(&forged).expect_err("contradiction");
    assert_eq!(
        error,
        "Invalid state: the sum of x^2 is less than the sum of x and the count allow"
    );
    // Others take it, and what comes out is a state, though of no points.
    assert!(fold(&forged, &points(&[1.0; 300])).is_ok());
}

#[test]
fn forged_states_do_no_harm() {
    let mut r = Random(7);
    let mut accepted = 0;
    for round in 0..cases(20_000) {
        let kind = r.below(KINDS.len());
        let n = 1 + r.below(20);
        let values = list(kind, n, &mut r);
        let mut state = fold(&[], &points(&values)).expect("folds");
        for _ in 0..1 + r.below(3) {
            let at = r.below(state.len());
            state[at] = match r.below(4) {
                0 => 0,
                1 => 255,
                2 => state[at].wrapping_add(1),
                _ => r.next() as u8,
            };
        }
        match r.below(8) {
            0 => state.truncate(r.below(state.len() + 1)),
            1 => state.extend([1, 2, 3, 4]),
            _ => {}
        }
        if state.len() >= 4 {
            state = sealed(state);
        }
        let other = fold(&[], &points(&list(2, 3, &mut r))).expect("folds");
        let folded = fold(&state, &points(&values));
        let merged = merge(&state, &other);
        let twice = merge(&state, &state);
        let _ = finish(&state);
        if folded.is_ok() && !state.is_empty() {
            accepted += 1;
            // What is accepted is canonical, and so is what comes of it.
            assert_eq!(fold(&state, &[]).as_ref(), Ok(&state), "round {round}");
            for next in [folded, merged, twice].into_iter().flatten() {
                let _ = finish(&next);
                if let Err(error) = fold(&next, &[]) {
                    assert!(error.contains("the sum of x"), "round {round}: {error}");
                }
            }
        }
    }
    assert!(
        accepted > 100,
        "only {accepted} forged states got through to the arithmetic"
    );
}

#[test]
fn expected_values_of_a_folded_stream() {
    let mut r = Random(8);
    for (kind, name) in KINDS.iter().enumerate() {
        let values = list(kind, 3000, &mut r);
        let points = points(&values);
        let mut state = Vec::new();
        for chunk in points.chunks(1 + r.below(700)) {
            state = fold(&state, chunk).expect("folds");
        }
        let s = finish(&state).expect("a state");
        assert_eq!(
            [s.mean, s.variance, s.sum].map(f64::to_bits),
            expected(&values),
            "{name}"
        );
    }
}
