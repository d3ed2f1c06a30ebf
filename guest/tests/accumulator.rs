//! The sums that stay between calls: the answers of summary, whatever was read or failed
//! in between.

mod common;

use common::{KINDS, Random, cases, expected, length, list, points};
use compute_pipeline::Datapoint;
use compute_pipeline::accumulator::Accumulator;
use compute_pipeline::exact::state;
use compute_pipeline::summary::{finish, fold, merge};

/// The bits of statistics, in order.
fn bits(statistics: &compute_pipeline::Statistics) -> [u64; 8] {
    let s = statistics;
    let [mean, variance, sum, min, max] =
        [s.mean, s.variance, s.sum, s.min, s.max].map(f64::to_bits);
    [s.count, mean, variance, sum, min, max, s.first, s.last]
}

/// Checks the state and the statistics.
fn check(sums: &mut Accumulator, state: &[u8], what: &str) {
    assert_eq!(sums.state(), state, "{what}");
    let got = sums.statistics().expect("of points");
    let want = finish(state).expect("a state");
    assert_eq!(bits(&got), bits(&want), "{what}");
}

/// Does something that must leave the sums as they are.
fn disturb(sums: &mut Accumulator, r: &mut Random) {
    match r.below(6) {
        0 => drop(sums.state()),
        1 => drop(sums.statistics()),
        2 => sums.add(&[]).expect("no points"),
        3 => sums.merge(&[]).expect("no points"),
        4 => {
            let mut state = fold(&[], &points(&[1.0, 2.0])).expect("folds");
            let at = r.below(state.len());
            state[at] ^= 1 << r.below(8);
            assert!(sums.merge(&state).is_err());
        }
        _ => {}
    }
}

/// Adds points in pieces, some of them merged as states, and disturbs in between.
fn add_in_pieces(sums: &mut Accumulator, mut rest: &[Datapoint], r: &mut Random) {
    while !rest.is_empty() {
        let most = rest.len().min(1 + r.below(2000));
        let (piece, after) = rest.split_at(1 + r.below(most));
        if r.below(4) == 0 {
            let state = fold(&[], piece).expect("folds");
            sums.merge(&state).expect("merges");
        } else {
            sums.add(piece).expect("adds");
        }
        disturb(sums, r);
        rest = after;
    }
}

#[test]
fn every_cut_gives_the_bytes_and_bits_of_summary() {
    let mut r = Random(31);
    for _ in 0..cases(20) {
        for (kind, name) in KINDS.iter().enumerate() {
            let n = length(&mut r, 5000);
            let mut points = points(&list(kind, n, &mut r));
            let state = fold(&[], &points).expect("folds");
            r.shuffle(&mut points);
            let mut sums = Accumulator::new();
            add_in_pieces(&mut sums, &points, &mut r);
            check(&mut sums, &state, name);
        }
    }
}

#[test]
fn statistics_are_those_of_rational_arithmetic() {
    let mut r = Random(32);
    for _ in 0..cases(5) {
        for (kind, name) in KINDS.iter().enumerate() {
            let n = length(&mut r, 2000);
            let values = list(kind, n, &mut r);
            let mut sums = Accumulator::new();
            add_in_pieces(&mut sums, &points(&values), &mut r);
            let s = sums.statistics().expect("of points");
            let got = [s.mean, s.variance, s.sum].map(f64::to_bits);
            assert_eq!(got, expected(&values), "{n} points, {name}");
        }
    }
}

#[test]
fn the_sign_of_the_sum_survives_every_reading() {
    // Values that make the sum change its sign again and again, read after each.
    let mut sums = Accumulator::default();
    let mut all = Vec::new();
    for i in 0..200 {
        let value = f64::from(i) * if i % 2 == 0 { -1.0 } else { 1.0 };
        all.extend(points(&[value]));
        sums.add(&points(&[value])).expect("adds");
        check(&mut sums, &fold(&[], &all).expect("folds"), "signs");
    }
}

#[test]
fn carrying_between_calls_changes_nothing() {
    // Sums that change their limbs with each block, more points than fit between two carries.
    let mut r = Random(33);
    let points = points(&list(16, (1 << 20) + 5000, &mut r));
    let mut sums = Accumulator::new();
    let (first, rest) = points.split_at(1 << 20);
    sums.add(first).expect("adds");
    for piece in rest.chunks(1000) {
        sums.add(piece).expect("adds");
    }
    sums.add(&points).expect("adds");
    let state = fold(&[], &points).expect("folds");
    check(
        &mut sums,
        &merge(&state, &state).expect("merges"),
        "carries",
    );
}

/// A state of 2^64 - 1 points.
fn most() -> Vec<u8> {
    let mut power = fold(&[], &points(&[1.0])).expect("folds");
    let mut most = Vec::new();
    for _ in 0..64 {
        most = merge(&most, &power).expect("merges");
        power = merge(&power, &power).unwrap_or_default();
    }
    most
}

#[test]
fn too_many_points_are_an_error_that_changes_nothing() {
    let most = most();
    let one = points(&[1.0]);
    let state = fold(&[], &one).expect("folds");
    let mut sums = Accumulator::new();
    sums.merge(&most).expect("merges");
    let want = fold(&most, &one).expect_err("too many");
    assert_eq!(sums.add(&one), Err(want));
    let want = merge(&most, &state).expect_err("too many");
    assert_eq!(sums.merge(&state), Err(want));
    check(&mut sums, &most, "the most points");
}

#[test]
fn merging_the_most_points_again_and_again_never_overflows_a_limb() {
    // Digits of all ones, whatever the count says about carries.
    let half = fold(&[], &points(&[f64::MAX; 3])).expect("folds");
    let (mut sums, mut state) = (Accumulator::new(), Vec::new());
    for _ in 0..5000 {
        sums.merge(&half).expect("merges");
        state = merge(&state, &half).expect("merges");
    }
    check(&mut sums, &state, "merges");
}

#[test]
fn errors_are_those_of_summary() {
    let state = fold(&[], &points(&[1.0, -2.5])).expect("folds");
    let mut sums = Accumulator::new();
    sums.merge(&state).expect("merges");
    for i in 0..state.len() {
        let mut damaged = state.clone();
        damaged[i] ^= 1 << (i % 8);
        let want = fold(&damaged, &[]).expect_err("is checked");
        assert_eq!(sums.merge(&damaged), Err(want));
        assert_eq!(sums.merge(&state[..i]), fold(&state[..i], &[]).map(drop));
    }
    check(&mut sums, &state, "errors");
}

#[test]
fn a_forged_state_is_found_when_it_is_read_and_stays_the_same() {
    // The sum of x of two points, half as large again as their squares allow: n Q < S^2.
    let mut forged = fold(&[], &points(&[-1.0, -1.0])).expect("folds");
    let limb = forged.len() - 4 - 4 * usize::from(forged[7]) - 4 * usize::from(forged[9]);
    let top = limb + 4 * usize::from(forged[7]) - 4;
    let raised = u32::from_le_bytes(forged[top..top + 4].try_into().expect("a limb"));
    forged[top..top + 4].copy_from_slice(&(raised + raised / 2).to_le_bytes());
    let end = forged.len() - 4;
    let crc = compute_pipeline::checksum::crc32(&forged[..end]);
    forged[end..].copy_from_slice(&crc.to_le_bytes());
    let want = finish(&forged).expect_err("is forged");

    let mut sums = Accumulator::new();
    sums.merge(&forged).expect("looks possible");
    for _ in 0..3 {
        assert_eq!(sums.statistics().map(|s| bits(&s)), Err(want.clone()));
        assert_eq!(sums.state(), forged);
    }
}

#[test]
fn a_state_is_written_to_a_room() {
    let mut sums = Accumulator::new();
    let mut room = [0xff; state::MAX];
    assert_eq!(sums.write_state(&mut room), b"");
    sums.add(&points(&[1.5])).expect("adds");
    let state = sums.state();
    assert_eq!(sums.write_state(&mut room), state);
}
