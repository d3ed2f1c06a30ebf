//! fold and merge. The bytes of a state are the guest's own affair, so
//! no state is expected literally: what finish must say of it is (by exact
//! rationals), and which states must be equal byte for byte (the same points in
//! another order or cut).

use serde_json::json;

use crate::exact;
use crate::format::{Case, Datapoint, Want, part, set};
use crate::recipe::{self, Recipe, double, empty, fold, fold_by, merge, strided, tree, whole};
use crate::sets::Set;
use crate::state::{all_the_points_there_can_be, bad_states, three_points};

pub fn fold_cases(sets: &[Set]) -> Vec<Case> {
    let mut cases = Vec::new();
    for named in sets {
        let (name, n) = (&named.name, named.points.len());
        let want = || Want::statistics(exact::statistics(&named.points, 1));
        let mut add = |way: String, state| {
            cases.push(case(
                "fold",
                format!("{name}/{way}"),
                Some(name),
                state,
                want(),
            ))
        };
        add("whole".into(), whole(name));
        if n < 2 {
            continue;
        }
        add("stride".into(), fold(empty(), strided(name, n)));
        if n <= 40 {
            add("by-1".into(), fold_by(name, 1));
        } else {
            for by in [7, 255, 256, 257, 1024] {
                if by < n && (by != 7 || n < 1100) {
                    add(format!("by-{by}"), fold_by(name, by));
                }
            }
            let cut = n / 3;
            let swapped = fold(
                fold(empty(), part(name, cut, None)),
                part(name, 0, Some(cut)),
            );
            add("parts-swapped".into(), swapped);
        }
    }
    no_points(&mut cases);
    fold_onto_bad_states(&mut cases);
    cases
}

fn no_points(cases: &mut Vec<Case>) {
    let nothing = Want::statistics(exact::statistics(&[], 1));
    cases.push(case(
        "fold",
        "no-points-onto-nothing",
        None,
        fold(empty(), json!([])),
        nothing,
    ));
    let name = "one-two";
    let points = [1.0, 2.0].map(|value| Datapoint {
        timestamp: 1_700_000_000,
        value,
    });
    let mut want = exact::statistics(&points, 1);
    want.last += 60;
    let state = fold(whole(name), json!([]));
    cases.push(case(
        "fold",
        "no-points-onto-two",
        Some(name),
        state,
        Want::statistics(want),
    ));
}

fn fold_onto_bad_states(cases: &mut Vec<Case>) {
    for (name, bad) in bad_states() {
        for (with, points) in [("nothing", json!([])), ("points", set("one-two"))] {
            let id = format!("bad-state/{name}/{with}");
            cases.push(case(
                "fold",
                id,
                None,
                fold(bad.clone(), points),
                Want::Failure(true),
            ));
        }
    }
    let full = all_the_points_there_can_be();
    cases.push(case(
        "fold",
        "count-overflows",
        None,
        fold(full, set("one")),
        Want::Failure(true),
    ));
}

pub fn merge_cases(sets: &[Set]) -> Vec<Case> {
    let mut cases = Vec::new();
    for named in sets {
        let (name, n) = (&named.name, named.points.len());
        let want = || Want::statistics(exact::statistics(&named.points, 1));
        let mut add = |way: &str, state| {
            cases.push(case(
                "merge",
                format!("{name}/{way}"),
                Some(name),
                state,
                want(),
            ))
        };
        if n < 2 {
            add("with-nothing", merge(whole(name), empty()));
            add("nothing-with", merge(empty(), whole(name)));
            continue;
        }
        let piece = |from: usize, to: usize| fold(empty(), part(name, from, Some(to)));
        let half = n / 2;
        add("halves", merge(piece(0, half), piece(half, n)));
        add("halves-swapped", merge(piece(half, n), piece(0, half)));
        if n >= 200 {
            let cuts: Vec<usize> = [0, 1, n / 7, n / 5, n / 2, n / 2, n - 3, n].into();
            let mut pieces: Vec<Recipe> =
                cuts.windows(2).map(|cut| piece(cut[0], cut[1])).collect();
            pieces.rotate_left(3);
            let chain = pieces.iter().cloned().reduce(merge).expect("seven pieces");
            add("chain-of-seven", chain);
            add("tree-of-seven", tree(&pieces));
        }
    }
    let nothing = || Want::statistics(exact::statistics(&[], 1));
    cases.push(case(
        "merge",
        "nothing-with-nothing",
        None,
        merge(empty(), empty()),
        nothing(),
    ));
    cases.push(case(
        "merge",
        "nothing-with-no-points",
        None,
        merge(empty(), fold(empty(), json!([]))),
        nothing(),
    ));
    different_data(sets, &mut cases);
    many_copies(sets, &mut cases);
    merge_bad_states(&mut cases);
    cases
}

/// Data of different magnitudes and kinds in one state.
fn different_data(sets: &[Set], cases: &mut Vec<Case>) {
    let pairs = [
        ("seattle-2010-01", "exponent-1074"),
        ("normal-4096", "any-bits-300"),
        ("exponent+1023", "exponent-1074"),
        ("largest", "largest-of-both-signs"),
        ("inf", "inf-minus"),
        ("inf", "nan"),
        ("nan-in-block", "normal-4095"),
        ("minus-zero", "zero"),
        ("extreme-timestamps", "random-timestamps"),
        ("integers", "cancels-to-zero-800"),
    ];
    for (a, b) in pairs {
        let find = |name: &str| {
            sets.iter()
                .find(|s| s.name == name)
                .expect("a set of that name")
                .points
                .clone()
        };
        let want = exact::statistics(&[find(a), find(b)].concat(), 1);
        let group = format!("{a}+{b}");
        let ways = [
            ("merge", merge(whole(a), whole(b))),
            ("swapped", merge(whole(b), whole(a))),
            ("folded", fold(whole(a), set(b))),
        ];
        for (way, state) in ways {
            let id = format!("{group}/{way}");
            cases.push(case(
                "merge",
                id,
                Some(&group),
                state,
                Want::statistics(want),
            ));
        }
    }
}

/// Counts far beyond what can be folded.
fn many_copies(sets: &[Set], cases: &mut Vec<Case>) {
    for (name, times) in [
        ("one", 1),
        ("one", 63),
        ("tenth-thrice", 32),
        ("tenth-thrice", 62),
        ("largest-twice", 62),
        ("smallest", 63),
        ("any-bits-100", 50),
        ("seattle-2010-07", 50),
        ("lognormal-9", 54),
        ("cancels-to-zero-800", 40),
        ("inf-both", 60),
    ] {
        let points = &sets
            .iter()
            .find(|s| s.name == name)
            .expect("a set of that name")
            .points;
        let want = Want::statistics(exact::statistics(points, 1 << times));
        cases.push(case(
            "merge",
            format!("{name}/doubled-{times}"),
            None,
            double(whole(name), times),
            want,
        ));
    }
    let three = three_points();
    let want = exact::statistics(&three, u64::MAX / 3);
    let full = all_the_points_there_can_be();
    cases.push(case(
        "merge",
        "count-of-2^64-1",
        Some("count-of-2^64-1"),
        full.clone(),
        Want::statistics(want),
    ));
    let with_nothing = merge(full.clone(), empty());
    let id = "count-of-2^64-1/with-nothing";
    cases.push(case(
        "merge",
        id,
        Some("count-of-2^64-1"),
        with_nothing,
        Want::statistics(want),
    ));
    let failure = || Want::Failure(true);
    cases.push(case(
        "merge",
        "count-of-2^64",
        None,
        merge(full.clone(), whole("one")),
        failure(),
    ));
    cases.push(case(
        "merge",
        "count-of-2^65-2",
        None,
        merge(full.clone(), full),
        failure(),
    ));
    cases.push(case(
        "merge",
        "one-doubled-64",
        None,
        double(whole("one"), 64),
        failure(),
    ));
}

fn merge_bad_states(cases: &mut Vec<Case>) {
    for (name, bad) in bad_states() {
        let good = whole("one-two");
        let ways = [
            ("bad-with-good", merge(bad.clone(), good.clone())),
            ("good-with-bad", merge(good, bad.clone())),
            ("nothing-with-bad", merge(empty(), bad.clone())),
            ("bad-with-nothing", merge(bad, empty())),
        ];
        for (way, state) in ways {
            cases.push(case(
                "merge",
                format!("bad-state/{name}/{way}"),
                None,
                state,
                Want::Failure(true),
            ));
        }
    }
}

/// One case of a function of the summary.
pub fn case(
    function: &str,
    name: impl AsRef<str>,
    group: Option<&str>,
    state: Recipe,
    want: Want,
) -> Case {
    Case::steps(
        format!("{function}/{}", name.as_ref()),
        group.map(Into::into),
        recipe::steps(&state),
        want,
    )
}
