//! The functions for the host that embeds the engine: the answers of the contract, by chunks,
//! and nothing left over from an earlier call.

mod common;

use common::{KINDS, Random, cases, length, list, points};
use compute_pipeline::Datapoint;
use compute_pipeline::aggregate::compute_aggregate;
use compute_pipeline::direct::{Direct, HEAD, POINTS};
use compute_pipeline::summary::{fold, merge};

/// A room with all zeros, on the heap.
fn room() -> Box<Direct> {
    Box::new(Direct::new())
}

fn put(room: &mut Direct, points: &[Datapoint]) -> usize {
    room.points[..points.len()].clone_from_slice(points);
    points.len()
}

/// The bits of mean, variance and sum in the room.
fn answer(room: &Direct) -> [u64; 3] {
    core::array::from_fn(|i| {
        u64::from_le_bytes(room.head[8 * i..][..8].try_into().expect("8 bytes"))
    })
}

fn wanted(points: &[Datapoint]) -> [u64; 3] {
    compute_aggregate(points).map(f64::to_bits)
}

/// Chunks of a list: as long as the room allows, or of random lengths.
fn chunks<'a>(mut points: &'a [Datapoint], r: &mut Random) -> Vec<&'a [Datapoint]> {
    let whole = r.below(2) == 0;
    let mut chunks = vec![];
    while !points.is_empty() || chunks.is_empty() {
        let most = points.len().min(POINTS);
        let (chunk, rest) = points.split_at(if whole { most } else { r.below(most + 1) });
        chunks.push(chunk);
        points = rest;
    }
    chunks
}

fn add(room: &mut Direct, points: &[Datapoint], r: &mut Random) {
    for (i, chunk) in chunks(points, r).into_iter().enumerate() {
        let n = put(room, chunk);
        room.add(n, i == 0);
    }
}

/// The new state, or the text of the error.
fn folded(room: &mut Direct, state: &[u8], points: &[Datapoint]) -> Result<Vec<u8>, String> {
    room.head[..state.len()].copy_from_slice(state);
    let n = put(room, points);
    let written = room.fold(state.len(), n);
    let bytes = room.head[..written.unsigned_abs() as usize].to_vec();
    if written < 0 {
        return Err(String::from_utf8(bytes).expect("a text"));
    }
    Ok(bytes)
}

#[test]
fn every_answer_is_that_of_the_contract() {
    let (mut r, mut room) = (Random(11), room());
    for _ in 0..cases(12) {
        for (kind, name) in KINDS.iter().enumerate() {
            let n = length(&mut r, 4 * POINTS);
            let list = points(&list(kind, n, &mut r));
            let want = wanted(&list);
            add(&mut room, &list, &mut r);
            room.moments();
            assert_eq!(answer(&room), want, "{n} points in chunks, {name}");

            let (left, right) = list.split_at(n - n.min(r.below(POINTS + 1)));
            put(&mut room, right);
            room.aggregate(right.len());
            assert_eq!(answer(&room), wanted(right), "points at once, {name}");
            let state = fold(&[], left).expect("folds");
            let got = folded(&mut room, &state, right);
            assert_eq!(got, fold(&state, right), "{n} points folded, {name}");
        }
    }
}

#[test]
fn sums_go_from_instance_to_instance() {
    let mut r = Random(12);
    let (mut from, mut to) = (room(), room());
    for _ in 0..cases(12) {
        for (kind, name) in KINDS.iter().enumerate() {
            let n = length(&mut r, 3 * POINTS);
            let list = points(&list(kind, n, &mut r));
            let (mut rest, mut first) = (&list[..], true);
            while !rest.is_empty() || first {
                let (part, after) = rest.split_at(r.below(rest.len() + 1));
                add(&mut from, part, &mut r);
                let bytes = from.take();
                to.head[..bytes].copy_from_slice(&from.head[..bytes]);
                to.merge(bytes, first);
                (rest, first) = (after, false);
            }
            to.moments();
            assert_eq!(answer(&to), wanted(&list), "{n} points in parts, {name}");
        }
    }
}

#[test]
fn carrying_between_chunks_changes_nothing() {
    // Sums that change their limbs with each block, more points than fit between two carries.
    let (mut r, mut room) = (Random(13), room());
    let list = points(&list(16, (1 << 20) + 3 * POINTS, &mut r));
    add(&mut room, &list, &mut r);
    room.moments();
    assert_eq!(answer(&room), wanted(&list));
}

#[test]
fn errors_are_those_of_the_contract() {
    let mut room = room();
    let list = points(&[1.0; 1024]);
    let state = fold(&[], &list[..9]).expect("folds");
    for i in 0..state.len() {
        let mut damaged = state.clone();
        damaged[i] ^= 1 << (i % 8);
        let want = fold(&damaged, &list).expect_err("is checked");
        assert_eq!(folded(&mut room, &damaged, &list), Err(want));
        let cut = &state[..i];
        assert_eq!(folded(&mut room, cut, &list), fold(cut, &list));
    }
    let long = [0; HEAD];
    assert_eq!(folded(&mut room, &long, &list), fold(&long, &list));

    // 2^64 - 1024 points, and a list that is just short enough, or too long.
    let mut power = fold(&[], &points(&[1.0])).expect("folds");
    let mut most = Vec::new();
    for i in 0..64 {
        if i >= 10 {
            most = merge(&most, &power).expect("merges");
        }
        power = merge(&power, &power).unwrap_or_default();
    }
    for n in [1023, 1024] {
        let want = fold(&most, &list[..n]);
        assert_eq!(want.is_ok(), n == 1023);
        assert_eq!(folded(&mut room, &most, &list[..n]), want);
    }
}

#[test]
fn what_a_failed_call_left_is_gone() {
    let (mut r, mut room) = (Random(15), room());
    let odd = points(&[f64::NAN, 1e300, 5e-324]);
    let list = points(&list(0, 100, &mut r));
    for _ in 0..3 {
        add(&mut room, &odd, &mut r);
        room.head.fill(0xff);
        assert!(room.fold(HEAD, 1) < 0);
        assert_eq!(folded(&mut room, &[], &list), fold(&[], &list));
        add(&mut room, &list, &mut r);
        room.moments();
        assert_eq!(answer(&room), wanted(&list));
    }
}

#[test]
fn a_call_that_does_not_begin_panics() {
    let fails = |f: fn(&mut Direct)| {
        let mut room = room();
        let failed = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| f(&mut room)));
        assert!(failed.is_err());
    };
    fails(|room| room.add(1, false));
    fails(|room| room.moments());
    fails(|room| {
        room.take();
    });
    fails(|room| room.merge(48, false));
    fails(|room| {
        room.add(1, true);
        room.moments();
        room.add(1, false);
    });
    fails(|room| {
        room.add(1, true);
        room.take();
        room.moments();
    });
    fails(|room| room.aggregate(POINTS + 1));
    fails(|room| room.add(POINTS + 1, true));
    fails(|room| {
        room.fold(HEAD + 1, 1);
    });
}
