//! Recipes of states, as the cases of fold, merge and finish use them.

use crate::format::{Recipe, Segment, hex, set};

/// The state of no points.
pub fn empty() -> Recipe {
    literal(&[])
}

/// These bytes.
pub fn literal(bytes: &[u8]) -> Recipe {
    Recipe::Literal { hex: hex(bytes) }
}

/// A whole set in one call.
pub fn whole(name: &str) -> Recipe {
    fold(empty(), set(name))
}

/// The points in one call.
pub fn fold(state: Recipe, points: Vec<Segment>) -> Recipe {
    Recipe::Fold {
        fold: Box::new(state),
        points,
        by: None,
    }
}

/// The points in calls of a few.
pub fn fold_by(state: Recipe, points: Vec<Segment>, by: usize) -> Recipe {
    Recipe::Fold {
        fold: Box::new(state),
        points,
        by: Some(by),
    }
}

/// Both states.
pub fn merge(a: Recipe, b: Recipe) -> Recipe {
    Recipe::Merge {
        merge: Box::new([a, b]),
    }
}

/// The state merged with itself, and the result again.
pub fn double(state: Recipe, times: u32) -> Recipe {
    Recipe::Double {
        double: Box::new(state),
        times,
    }
}

/// What is done to the bytes of a state: cut, flip, lengthen, and seal with a
/// right checksum, in this order.
#[derive(Default)]
pub struct Edit {
    pub keep: Option<i64>,
    pub xor: Vec<(i64, u8)>,
    pub append: String,
    pub seal: bool,
}

/// The state with its bytes changed.
pub fn edit(state: Recipe, how: impl FnOnce(&mut Edit)) -> Recipe {
    let mut edit = Edit::default();
    how(&mut edit);
    let Edit {
        keep,
        xor,
        append,
        seal,
    } = edit;
    Recipe::Edit {
        edit: Box::new(state),
        keep,
        xor,
        append,
        seal,
    }
}

/// A balanced tree of merges.
pub fn tree(pieces: &[Recipe]) -> Recipe {
    match pieces {
        [one] => one.clone(),
        _ => {
            let (a, b) = pieces.split_at(pieces.len() / 2);
            merge(tree(a), tree(b))
        }
    }
}

/// The set in another order: every k-th point, around and around.
pub fn strided(name: &str, n: usize) -> Vec<Segment> {
    let stride = (n * 5 / 8 + 1..)
        .find(|&k| gcd(k, n) == 1)
        .expect("there is always a prime");
    vec![Segment::Set {
        set: name.into(),
        from: 0,
        to: None,
        stride,
    }]
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
