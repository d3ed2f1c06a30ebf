//! The named lists of points that the cases of several functions share.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::format::Datapoint;
use crate::prng::Prng;

/// A named list of points.
pub struct Set {
    pub name: String,
    pub points: Vec<Datapoint>,
}

/// All sets, always the same.
pub fn all(root: &Path) -> Vec<Set> {
    let mut sets = seattle_by_month(&root.join("examples/data/seattle-temps-2010.json"));
    block_borders(&mut sets);
    by_hand(&mut sets);
    magnitudes(&mut sets);
    kernel_limits(&mut sets);
    not_finite(&mut sets);
    sets
}

/// The values, a minute apart.
fn timed(values: impl IntoIterator<Item = f64>) -> Vec<Datapoint> {
    let values = values.into_iter().enumerate();
    values
        .map(|(i, value)| Datapoint {
            timestamp: 1_700_000_000 + 60 * i as u64,
            value,
        })
        .collect()
}

/// A power of two in the normal range, without libm.
fn pow2(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

fn add(sets: &mut Vec<Set>, name: impl Into<String>, values: impl IntoIterator<Item = f64>) {
    sets.push(Set {
        name: name.into(),
        points: timed(values),
    });
}

#[derive(Deserialize)]
struct Measured {
    timestamp: u64,
    value: f64,
}

fn seattle_by_month(path: &Path) -> Vec<Set> {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()));
    let all: Vec<Measured> = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("parse {}: {error}", path.display()));
    // The first second of each month of 2010, UTC.
    let days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut start = 1_262_304_000;
    let mut sets = Vec::new();
    for (month, days) in days.into_iter().enumerate() {
        let end = start + days * 86_400;
        let points = all.iter().filter(|m| (start..end).contains(&m.timestamp));
        let points = points
            .map(|m| Datapoint {
                timestamp: m.timestamp,
                value: m.value,
            })
            .collect();
        sets.push(Set {
            name: format!("seattle-2010-{:02}", month + 1),
            points,
        });
        start = end;
    }
    sets
}

/// Lengths around the kernel's block of 256 points and a 64 KiB page of memory
/// (4,096 points).
fn block_borders(sets: &mut Vec<Set>) {
    let mut random = Prng::new(0xb10c);
    for n in [
        1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1023,
        1025,
    ] {
        add(
            sets,
            format!("tenths-{n}"),
            (0..n).map(|_| (random.below(2000) as f64 - 500.0) / 10.0),
        );
    }
    for n in [4095, 4096, 4097] {
        add(sets, format!("normal-{n}"), (0..n).map(|_| random.normal()));
    }
}

fn by_hand(sets: &mut Vec<Set>) {
    let tiny = f64::from_bits(1);
    let below = |x: f64| f64::from_bits(x.to_bits() - 1);
    let above = |x: f64| f64::from_bits(x.to_bits() + 1);
    let lists: [(&str, &[f64]); 30] = [
        ("zero", &[0.0]),
        ("minus-zero", &[-0.0]),
        ("minus-zeros", &[-0.0, -0.0, -0.0]),
        ("both-zeros", &[0.0, -0.0]),
        ("one", &[1.0]),
        ("one-two", &[1.0, 2.0]),
        ("one-to-four", &[1.0, 2.0, 3.0, 4.0]),
        ("tenth-thrice", &[0.1, 0.1, 0.1]),
        ("cancels-to-zero", &[1e16, 1.0, -1e16, -1.0]),
        ("cancels-to-one", &[1e100, 1.0, -1e100]),
        ("cancels-to-tiny", &[f64::MAX, tiny, -f64::MAX]),
        ("negative-zero-sum", &[-1.5, 1.5]),
        ("tie-to-even-down", &[9007199254740992.0, 1.0]),
        ("tie-to-even-up", &[9007199254740994.0, 1.0]),
        ("tie-broken-by-tiny", &[9007199254740992.0, 1.0, 5e-324]),
        ("tie-broken-downwards", &[9007199254740994.0, 1.0, -5e-324]),
        ("smallest", &[5e-324]),
        ("smallest-twice", &[5e-324, 5e-324]),
        ("mean-half-smallest", &[5e-324, 0.0]),
        ("mean-three-halves-smallest", &[5e-324, 1e-323]),
        (
            "border-of-normal",
            &[
                f64::MIN_POSITIVE,
                below(f64::MIN_POSITIVE),
                above(f64::MIN_POSITIVE),
            ],
        ),
        ("largest", &[f64::MAX]),
        ("largest-twice", &[f64::MAX, f64::MAX]),
        ("largest-of-both-signs", &[f64::MAX, -f64::MAX]),
        ("sum-overflows-mean-finite", &[1.7e308, 1.6e308, 1.5e308]),
        ("sum-overflows-below", &[-1.7e308, -1.6e308, -1.5e308]),
        ("sum-just-below-overflow", &[f64::MAX, below(pow2(970))]),
        ("sum-halfway-to-overflow", &[f64::MAX, pow2(970)]),
        ("variance-overflows", &[1e200, -1e200]),
        ("variance-underflows", &[1e-170, 2e-170, 3e-170]),
    ];
    for (name, values) in lists {
        add(sets, name, values.iter().copied());
    }

    // Timestamps: the extremes, unsorted, repeated.
    let points = [
        (u64::MAX, 1.0),
        (0, 2.0),
        (1 << 63, 3.0),
        (u64::MAX, 4.0),
        (1 << 53 | 1, 5.0),
    ];
    let points = points
        .map(|(timestamp, value)| Datapoint { timestamp, value })
        .into();
    sets.push(Set {
        name: "extreme-timestamps".into(),
        points,
    });
    let point = Datapoint {
        timestamp: u64::MAX,
        value: -2.5,
    };
    sets.push(Set {
        name: "last-timestamp".into(),
        points: vec![point],
    });
    let mut random = Prng::new(0x7153);
    let points = (0..300)
        .map(|_| Datapoint {
            timestamp: random.bits(),
            value: random.normal(),
        })
        .collect();
    sets.push(Set {
        name: "random-timestamps".into(),
        points,
    });
}

/// Random values of many magnitudes.
fn magnitudes(sets: &mut Vec<Set>) {
    let mut random = Prng::new(0x3a9);
    for n in [1, 2, 3, 10, 100, 256, 300, 700] {
        add(
            sets,
            format!("any-bits-{n}"),
            (0..n).map(|_| random.finite()),
        );
    }
    for i in 0..24 {
        let n = 2 + random.below(40) as usize;
        add(
            sets,
            format!("any-bits-short-{i:02}"),
            (0..n).map(|_| random.finite()),
        );
    }
    for (name, deviation, n) in [
        ("lognormal-1", 1.44, 600),
        ("lognormal-3", 4.33, 1300),
        ("lognormal-9", 13.0, 700),
    ] {
        add(sets, name, (0..n).map(|_| random.wide(deviation)));
    }
    // One magnitude each, from end to end of the range.
    for exponent in [
        -1074, -1050, -1023, -1022, -900, -440, -436, -100, 100, 480, 483, 511, 512, 900, 1023,
    ] {
        let n = 258 + random.below(60) as usize;
        let values: Vec<f64> = (0..n)
            .map(|_| {
                if exponent < -1022 {
                    // A subnormal of that many bits.
                    let bits = random.bits() & ((1 << (exponent + 1075)) - 1);
                    f64::from_bits(bits | random.bits() & (1 << 63))
                } else {
                    random.with_exponent(exponent)
                }
            })
            .collect();
        add(sets, format!("exponent{exponent:+}"), values);
    }
    add(
        sets,
        "offset-1e9-noise-1e-9",
        (0..600).map(|_| 1e9 + random.normal() * 1e-9),
    );
    add(
        sets,
        "offset-1e15-steps-eighth",
        (0..300).map(|_| 1e15 + random.below(8) as f64 * 0.125),
    );
    add(
        sets,
        "pi-many-times",
        (0..777).map(|_| std::f64::consts::PI),
    );
    add(
        sets,
        "integers",
        (0..1000).map(|_| random.below(2_000_001) as f64 - 1e6),
    );
    add(
        sets,
        "integers-53-bits",
        (0..300).map(|_| random.below(1 << 53) as f64),
    );
    add(
        sets,
        "floats-32-bits",
        (0..520).map(|_| f64::from((random.normal() * 100.0) as f32)),
    );
    add(
        sets,
        "cents",
        (0..520).map(|_| random.below(1_000_000) as f64 / 100.0),
    );
    let mut at = 100.0;
    let walk: Vec<f64> = (0..900)
        .map(|_| {
            at += random.normal();
            at
        })
        .collect();
    add(sets, "walk", walk);
    let half: Vec<f64> = (0..400).map(|_| random.wide(30.0)).collect();
    let negated: Vec<f64> = half.iter().rev().map(|x| -x).collect();
    add(sets, "cancels-to-zero-800", half.into_iter().chain(negated));
}

/// Data at the limits of a blocked kernel: changes of magnitude at and inside
/// block borders, outliers, spans of just so many bits.
fn kernel_limits(sets: &mut Vec<Set>) {
    let mut random = Prng::new(0x11e);
    for (name, position) in [
        ("first", 0),
        ("last-of-block", 255),
        ("first-of-second-block", 256),
        ("tail", 599),
    ] {
        for (kind, outlier) in [("huge", 1e300), ("tiny", 1e-300)] {
            let values = (0..600).map(|i| {
                if i == position {
                    outlier
                } else {
                    random.normal()
                }
            });
            let values: Vec<f64> = values.collect();
            add(sets, format!("outlier-{kind}-{name}"), values);
        }
    }
    for bits in [22, 23, 24, 46, 68, 69, 70, 91, 92, 93, 115] {
        // Values of 2^bits down to 1 in one block, each a single bit or all ones.
        let values = (0..513).map(|i| {
            let low = pow2(random.below(bits + 1) as i32);
            if i % 3 == 0 {
                low
            } else {
                -(low - low / 9007199254740992.0)
            }
        });
        let values: Vec<f64> = values.collect();
        add(sets, format!("span-{bits}-bits"), values);
    }
    add(
        sets,
        "magnitude-by-block",
        (0..2048).map(|i| random.normal() * pow2([0, 60, -60, 200][i / 256 % 4])),
    );
    add(
        sets,
        "magnitude-grows",
        (0..1024).map(|i| random.normal() * pow2(i - 512)),
    );
    add(
        sets,
        "magnitude-falls",
        (0..1024).map(|i| random.normal() * pow2(512 - i)),
    );
    // Sums of squares that reach a block's limit exactly: all equal powers.
    for exponent in [0, 1, -1, 43, 44, 45] {
        add(
            sets,
            format!("power-{exponent:+}"),
            (0..512).map(|_| pow2(exponent)),
        );
    }
    add(
        sets,
        "ones-then-large",
        (0..512).map(|i| if i < 300 { 1.0 } else { 8388608.5 }),
    );
    add(
        sets,
        "mostly-zero",
        (0..700).map(|i| if i % 97 == 0 { 1e-5 * i as f64 } else { 0.0 }),
    );
}

fn not_finite(sets: &mut Vec<Set>) {
    let payload = f64::from_bits(0x7ff0_dead_beef_0001);
    let negative = f64::from_bits(0xfff8_0000_0000_0000);
    let inf = f64::INFINITY;
    let lists: [(&str, &[f64]); 9] = [
        ("nan", &[f64::NAN]),
        ("nan-signalling-with-payload", &[1.0, payload, 2.0]),
        ("nan-negative", &[negative, 2.0]),
        ("inf", &[inf]),
        ("inf-minus", &[-inf, 1.0]),
        ("inf-twice", &[inf, 3.0, inf]),
        ("inf-both", &[inf, -inf]),
        ("inf-and-nan", &[inf, f64::NAN, -inf]),
        ("inf-and-largest", &[f64::MAX, inf, f64::MAX]),
    ];
    for (name, values) in lists {
        add(sets, name, values.iter().copied());
    }
    let mut random = Prng::new(0x4a4);
    for (name, what, position) in [
        ("inf-in-first-block", inf, 100),
        ("inf-in-tail", -inf, 599),
        ("nan-in-block", payload, 256),
        ("nan-in-tail", f64::NAN, 598),
    ] {
        let values = (0..600).map(|i| if i == position { what } else { random.normal() });
        let values: Vec<f64> = values.collect();
        add(sets, name, values);
    }
}
