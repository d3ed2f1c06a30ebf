//! The functions for the host that embeds the engine: the answers of the contract, by chunks,
//! and nothing left over from an earlier call.

mod common;

use common::{KINDS, Random, cases, length, list, points};
use compute_pipeline::Datapoint;
use compute_pipeline::aggregate::compute_aggregate;
use compute_pipeline::direct::{Direct, HEAD, POINTS};
use compute_pipeline::summary::{finish, fold, merge};

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
    fails(|room| {
        room.push(0, 1);
    });
    fails(|room| {
        room.join(0, false);
    });
    fails(|room| {
        room.read();
    });
    fails(|room| {
        room.state();
    });
    fails(|room| {
        room.join(0, true);
        room.push(1, POINTS);
    });
    fails(|room| {
        room.join(HEAD + 1, true);
    });
    // The sums of a list and of a session are not each other's.
    fails(|room| {
        room.add(1, true);
        room.read();
    });
    fails(|room| {
        room.join(0, true);
        room.moments();
    });
}

/// The text of an error, or nothing.
fn text(room: &Direct, result: i32) -> Result<(), String> {
    let bytes = &room.head[..result.unsigned_abs() as usize];
    match result {
        0 => Ok(()),
        1.. => panic!("{result} bytes were not expected"),
        _ => Err(String::from_utf8(bytes.to_vec()).expect("a text")),
    }
}

/// The session's state.
fn state_of(room: &mut Direct) -> Vec<u8> {
    let bytes = room.state();
    room.head[..bytes as usize].to_vec()
}

/// The session's statistics, as the bytes of the contract's record.
fn record(room: &mut Direct) -> Result<[u8; 64], String> {
    let result = room.read();
    text(room, result)?;
    Ok(*room.head.first_chunk().expect("the head is longer"))
}

/// The same of the statistics of a state.
fn finished(state: &[u8]) -> Result<[u8; 64], String> {
    let s = finish(state)?;
    let mut bytes = [0; 64];
    let words = [
        s.count,
        s.mean.to_bits(),
        s.variance.to_bits(),
        s.sum.to_bits(),
        s.min.to_bits(),
        s.max.to_bits(),
        s.first,
        s.last,
    ];
    for (to, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
        *to = word.to_le_bytes();
    }
    Ok(bytes)
}

#[test]
fn a_session_has_the_statistics_and_the_state_of_its_points() {
    let (mut r, mut room) = (Random(16), room());
    for _ in 0..cases(8) {
        for (kind, name) in KINDS.iter().enumerate() {
            let n = length(&mut r, 3 * POINTS);
            let list = points(&list(kind, n, &mut r));
            let begins = fold(&[], &list[..n / 7]).expect("folds");
            room.head[..begins.len()].copy_from_slice(&begins);
            assert_eq!(room.join(begins.len(), true), 0);
            let mut rest = &list[n / 7..];
            while !rest.is_empty() {
                // Pushed in two parts, with the sums read in between.
                let filled = put(&mut room, &rest[..rest.len().min(POINTS)]);
                let first = r.below(filled + 1);
                assert_eq!(room.push(0, first), 0);
                record(&mut room).expect("of points");
                assert_eq!(room.push(first, filled - first), 0);
                rest = &rest[filled..];
            }
            let state = fold(&[], &list).expect("folds");
            assert_eq!(record(&mut room), finished(&state), "{n} points, {name}");
            assert_eq!(state_of(&mut room), state, "{n} points, {name}");
        }
    }
}

#[test]
fn errors_of_a_session_change_nothing() {
    let mut room = room();
    let list = points(&[1.0, -3.0, 1e300]);
    let state = fold(&[], &list).expect("folds");
    room.head[..state.len()].copy_from_slice(&state);
    assert_eq!(room.join(state.len(), true), 0);
    for i in 0..state.len() {
        let mut damaged = state.clone();
        damaged[i] ^= 1 << (i % 8);
        room.head[..state.len()].copy_from_slice(&damaged);
        let result = room.join(state.len(), false);
        let want = fold(&damaged, &[]).map(drop);
        assert!(want.is_err());
        assert_eq!(text(&room, result), want);
    }
    assert_eq!(state_of(&mut room), state);

    // 2^64 - 1 points, and one more.
    let mut power = fold(&[], &list[..1]).expect("folds");
    let mut most = Vec::new();
    for _ in 0..64 {
        most = merge(&most, &power).expect("merges");
        power = merge(&power, &power).unwrap_or_default();
    }
    room.head[..most.len()].copy_from_slice(&most);
    assert_eq!(room.join(most.len(), true), 0);
    put(&mut room, &list[..1]);
    let result = room.push(0, 1);
    assert_eq!(text(&room, result), fold(&most, &list[..1]).map(drop));
    assert_eq!(state_of(&mut room), most);
    assert_eq!(record(&mut room), finished(&most));
}
