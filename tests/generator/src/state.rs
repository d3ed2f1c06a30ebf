//! finish: states that are none, damaged ones, and ones that only look right.

use crate::exact;
use crate::format::{Case, Datapoint, Want, hex, points};
use crate::prng::Prng;
use crate::recipe::{Recipe, double, edit, empty, fold, literal, merge, whole};
use crate::summary::case;

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.push(case(
        "finish",
        "nothing",
        None,
        empty(),
        Want::statistics(exact::statistics(&[], 1)),
    ));
    for (name, bad) in bad_states() {
        cases.push(case(
            "finish",
            format!("bad-state/{name}"),
            None,
            bad,
            Want::Failure(true),
        ));
    }
    for name in ["one-two", "lognormal-3"] {
        damaged(&mut cases, name);
        sealed(&mut cases, name);
    }
    cases
}

/// One flipped bit: the checksum of the state must notice.
fn damaged(cases: &mut Vec<Case>, name: &str) {
    for at in positions() {
        let mask = 1 << at.rem_euclid(8);
        let state = edit(whole(name), |e| e.xor = vec![(at, mask)]);
        cases.push(case(
            "finish",
            format!("damaged/{name}/at{at:+}"),
            None,
            state,
            Want::Failure(true),
        ));
    }
}

/// One changed byte under a right checksum: an error, or statistics, but no
/// trap, and the same on every runtime.
fn sealed(cases: &mut Vec<Case>, name: &str) {
    for at in positions() {
        for mask in [0x01, 0x80, 0xff] {
            let state = edit(whole(name), |e| {
                e.xor = vec![(at, mask)];
                e.seal = true;
            });
            cases.push(case(
                "finish",
                format!("sealed/{name}/at{at:+}-{mask:02x}"),
                None,
                state,
                Want::Same(true),
            ));
        }
    }
    for keep in [-1, -2, -4, -5, -8, -12, -16, 16, 12, 8] {
        let state = edit(whole(name), |e| {
            e.keep = Some(keep);
            e.seal = true;
        });
        cases.push(case(
            "finish",
            format!("sealed/{name}/keep{keep:+}"),
            None,
            state,
            Want::Same(true),
        ));
    }
    for append in [&[0; 4][..], &[0; 8], &[0xff; 12]] {
        let state = edit(whole(name), |e| {
            e.append = append.into();
            e.seal = true;
        });
        cases.push(case(
            "finish",
            format!("sealed/{name}/append-{}", hex(append)),
            None,
            state,
            Want::Same(true),
        ));
    }
}

/// Positions in a state from both ends; every state has at least 24 bytes.
fn positions() -> impl Iterator<Item = i64> {
    (0..24).chain(-24..0)
}

/// Bytes that are no state.
pub fn bad_states() -> Vec<(String, Recipe)> {
    let mut random = Prng::new(0xbad);
    let mut states: Vec<(String, Recipe)> = Vec::new();
    for n in [1, 3, 4, 7, 8, 16, 31, 64, 1000] {
        states.push((format!("zeros-{n}"), literal(&vec![0; n])));
        let bytes: Vec<u8> = (0..n).map(|_| random.bits() as u8).collect();
        states.push((format!("random-{n}"), literal(&bytes)));
    }
    states.push((
        "text".into(),
        literal(b"not a state, but a sentence that is long enough"),
    ));
    for name in ["one-two", "lognormal-3"] {
        for keep in [-1, -4, -8, 1, 4, 5, 12, 20] {
            states.push((
                format!("{name}-cut{keep:+}"),
                edit(whole(name), |e| e.keep = Some(keep)),
            ));
        }
        for append in [&[0][..], &[0; 4]] {
            states.push((
                format!("{name}-then-{}", hex(append)),
                edit(whole(name), |e| e.append = append.into()),
            ));
        }
        states.push((
            format!("{name}-magic"),
            edit(whole(name), |e| e.xor = vec![(0, 0x20)]),
        ));
        states.push((
            format!("{name}-checksum"),
            edit(whole(name), |e| e.xor = vec![(-1, 0x01)]),
        ));
    }
    states
}

/// What is folded, over and over, for the largest count.
pub fn three_points() -> [Datapoint; 3] {
    [0.1, -7.25, 1e-3].map(|value| Datapoint {
        timestamp: 17,
        value,
    })
}

/// A state of 2^64 - 1 = 3 (2^2 + 1) (2^4 + 1) (2^8 + 1) (2^16 + 1) (2^32 + 1)
/// points.
pub fn all_the_points_there_can_be() -> Recipe {
    let three = fold(empty(), points(&three_points()));
    [2, 4, 8, 16, 32].into_iter().fold(three, |state, bits| {
        merge(double(state.clone(), bits), state)
    })
}
