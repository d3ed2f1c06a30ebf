//! process-batch: a naive model, one map from timestamp to value.

use std::collections::BTreeMap;

use crate::format::{Case, Datapoint, PROCESS_BATCH, Want, bytes};
use crate::prng::Prng;

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    by_hand(&mut cases);
    random(&mut cases);
    repeated(&mut cases);
    wrong_length(&mut cases);
    cases
}

/// Finite values only, sorted, the last given of each timestamp.
fn model(points: &[Datapoint]) -> Vec<Datapoint> {
    let finite = points.iter().filter(|p| p.value.is_finite());
    let last: BTreeMap<u64, f64> = finite.map(|p| (p.timestamp, p.value)).collect();
    last.into_iter()
        .map(|(timestamp, value)| Datapoint { timestamp, value })
        .collect()
}

fn pack(points: &[Datapoint]) -> Vec<u8> {
    points
        .iter()
        .flat_map(|p| [p.timestamp.to_le_bytes(), p.value.to_le_bytes()].concat())
        .collect()
}

fn add(cases: &mut Vec<Case>, name: impl Into<String>, points: &[Datapoint], copies: usize) {
    cases.push(Case::call(
        format!("process-batch/{}", name.into()),
        PROCESS_BATCH,
        vec![bytes(&pack(points), copies)],
        Want::Value(bytes(&pack(&model(points)), 1)),
    ));
}

fn by_hand(cases: &mut Vec<Case>) {
    let nan = f64::NAN;
    let payload = f64::from_bits(0xfff4_0000_0000_0001);
    let inf = f64::INFINITY;
    let tiny = f64::from_bits(1);
    let lists: [(&str, &[(u64, f64)]); 22] = [
        ("empty", &[]),
        ("one", &[(1, 2.5)]),
        ("sorted", &[(1, 1.0), (2, 2.0), (3, 3.0)]),
        ("reversed", &[(3, 3.0), (2, 2.0), (1, 1.0)]),
        ("last-of-two-wins", &[(5, 1.0), (5, 2.0)]),
        (
            "last-of-three-wins",
            &[(5, 1.0), (4, 9.0), (5, 2.0), (6, 8.0), (5, 3.0)],
        ),
        ("equal-points", &[(5, 1.0), (5, 1.0), (5, 1.0)]),
        ("nan-dropped", &[(1, nan), (2, 2.0)]),
        ("nan-with-payload-dropped", &[(1, payload), (2, 2.0)]),
        ("infinities-dropped", &[(1, inf), (2, -inf), (3, 0.5)]),
        ("only-nan", &[(1, nan), (1, nan)]),
        ("only-infinities", &[(9, inf), (8, -inf)]),
        ("later-nan-does-not-win", &[(1, 1.0), (1, nan)]),
        ("later-inf-does-not-win", &[(7, 1.5), (7, inf), (3, 0.5)]),
        ("finite-between-nans-wins", &[(1, nan), (1, 4.0), (1, nan)]),
        ("minus-zero-kept", &[(2, -0.0), (1, 0.0)]),
        ("minus-zero-wins", &[(1, 0.0), (1, -0.0)]),
        ("plus-zero-wins", &[(1, -0.0), (1, 0.0)]),
        (
            "timestamp-extremes",
            &[
                (u64::MAX, 1.0),
                (0, 2.0),
                (1 << 63, 3.0),
                ((1 << 63) - 1, 4.0),
            ],
        ),
        (
            "timestamps-over-53-bits",
            &[
                (9007199254740993, 1.0),
                (9007199254740992, 2.0),
                (9007199254740994, 3.0),
            ],
        ),
        (
            "timestamps-of-every-byte",
            &[
                (1, 1.0),
                (1 << 8, 2.0),
                (1 << 16, 3.0),
                (1 << 24, 4.0),
                (1 << 32, 5.0),
                (1 << 40, 6.0),
                (1 << 48, 7.0),
                (1 << 56, 8.0),
                (0, 9.0),
            ],
        ),
        (
            "value-extremes",
            &[
                (4, f64::MAX),
                (3, f64::MIN),
                (2, tiny),
                (1, f64::MIN_POSITIVE),
            ],
        ),
    ];
    for (name, points) in lists {
        let points: Vec<_> = points
            .iter()
            .map(|&(timestamp, value)| Datapoint { timestamp, value })
            .collect();
        add(cases, name, &points, 1);
    }
}

fn random(cases: &mut Vec<Case>) {
    let mut random = Prng::new(0xba7c);
    for (kind, spread) in [
        ("few-timestamps", 20),
        ("some-repeated", 700),
        ("hours", 1 << 20),
        ("any-timestamp", u64::MAX),
    ] {
        for n in [2, 15, 16, 17, 63, 64, 65, 255, 256, 257, 600] {
            let points: Vec<Datapoint> = (0..n)
                .map(|_| Datapoint {
                    timestamp: random.below(spread),
                    // Any bits: now and then a NaN; an infinity is put in by hand.
                    value: match random.below(16) {
                        0 => f64::INFINITY,
                        1 => f64::NAN,
                        2 => f64::from_bits(random.bits() | 0x7ff0_0000_0000_0000),
                        _ => random.finite(),
                    },
                })
                .collect();
            add(cases, format!("random-{kind}-{n}"), &points, 1);
        }
    }
    for n in [4095, 4096, 4097] {
        let points: Vec<Datapoint> = (0..n)
            .map(|_| Datapoint {
                timestamp: random.below(5000),
                value: random.normal(),
            })
            .collect();
        add(cases, format!("page-{n}"), &points, 1);
    }
}

fn repeated(cases: &mut Vec<Case>) {
    let points = [(9, 1.0), (3, 2.0), (9, 4.0), (1, f64::NAN), (2, -0.0)]
        .map(|(timestamp, value)| Datapoint { timestamp, value });
    for copies in [1000, 4000] {
        add(
            cases,
            format!("five-points-{copies}-times"),
            &points,
            copies,
        );
    }
}

fn wrong_length(cases: &mut Vec<Case>) {
    for len in [1, 8, 15, 17, 31, 4097] {
        cases.push(Case::call(
            format!("process-batch/length-{len}"),
            PROCESS_BATCH,
            vec![bytes(&[0], len)],
            Want::Trap("multiple of 16".into()),
        ));
    }
}
