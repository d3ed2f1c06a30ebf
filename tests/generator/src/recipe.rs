//! Recipes of states, as the cases of fold, merge and finish use them, and the steps that
//! follow a recipe.

use serde_json::{Value, json};

use crate::format::{FINISH, FOLD, MERGE, Step, bytes, hex, part, set};

/// How to make a state.
#[derive(Clone, PartialEq)]
pub enum Recipe {
    Literal(Vec<u8>),
    Fold(Box<Recipe>, Value),
    /// A set, in calls of a few.
    FoldBy(String, usize),
    Merge(Box<[Recipe; 2]>),
    /// The state merged with itself, and the result again.
    Double(Box<Recipe>, u32),
    Edit(Box<Recipe>, Edit),
}

/// What is done to the bytes of a state: cut, flip, lengthen, and seal with a
/// right checksum, in this order.
#[derive(Clone, Default, PartialEq)]
pub struct Edit {
    pub keep: Option<i64>,
    pub xor: Vec<(i64, u8)>,
    pub append: Vec<u8>,
    pub seal: bool,
}

/// The state of no points.
pub fn empty() -> Recipe {
    literal(&[])
}

/// These bytes.
pub fn literal(bytes: &[u8]) -> Recipe {
    Recipe::Literal(bytes.into())
}

/// A whole set in one call.
pub fn whole(name: &str) -> Recipe {
    fold(empty(), set(name))
}

/// The points in one call.
pub fn fold(state: Recipe, points: Value) -> Recipe {
    Recipe::Fold(Box::new(state), points)
}

/// A set of more than `by` points, in calls of that many.
pub fn fold_by(name: &str, by: usize) -> Recipe {
    Recipe::FoldBy(name.into(), by)
}

/// Both states.
pub fn merge(a: Recipe, b: Recipe) -> Recipe {
    Recipe::Merge(Box::new([a, b]))
}

/// The state merged with itself, and the result again.
pub fn double(state: Recipe, times: u32) -> Recipe {
    Recipe::Double(Box::new(state), times)
}

/// The state with its bytes changed.
pub fn edit(state: Recipe, how: impl FnOnce(&mut Edit)) -> Recipe {
    let mut edit = Edit::default();
    how(&mut edit);
    Recipe::Edit(Box::new(state), edit)
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
pub fn strided(name: &str, n: usize) -> Value {
    let stride = (n * 5 / 8 + 1..)
        .find(|&k| gcd(k, n) == 1)
        .expect("there is always a prime");
    json!({"$set": name, "stride": stride})
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The steps that make the state and finish it.
pub fn steps(state: &Recipe) -> Vec<Step> {
    let mut steps = Steps::default();
    let state = steps.make(state);
    steps.add(FINISH, vec![state], 1);
    steps.steps
}

#[derive(Default)]
struct Steps {
    steps: Vec<Step>,
    /// What there are steps for already, and the argument that refers to them.
    made: Vec<(Recipe, Value)>,
}

impl Steps {
    /// Adds what makes the state, and returns the argument that stands for it.
    fn make(&mut self, recipe: &Recipe) -> Value {
        if let Some((_, made)) = self.made.iter().find(|(made, _)| made == recipe) {
            return made.clone();
        }
        let made = match recipe {
            Recipe::Literal(state) => return bytes(state, 1),
            Recipe::Edit(state, edit) => return changed(self.make(state), edit),
            Recipe::Fold(state, points) => {
                let state = self.make(state);
                self.add(FOLD, vec![state, points.clone()], 1)
            }
            Recipe::FoldBy(name, by) => {
                self.add(FOLD, vec![bytes(&[], 1), part(name, 0, Some(*by))], 1);
                let rest = json!({"$each": part(name, *by, None), "by": by});
                self.add(FOLD, vec![before(), rest], 1)
            }
            Recipe::Merge(both) => {
                let [a, b] = both.as_ref();
                let states = vec![self.make(a), self.make(b)];
                self.add(MERGE, states, 1)
            }
            Recipe::Double(state, times) => {
                let state = self.make(state);
                let once = self.add(MERGE, vec![state.clone(), state], 1);
                match times {
                    1 => once,
                    _ => self.add(MERGE, vec![before(), before()], times - 1),
                }
            }
        };
        self.made.push((recipe.clone(), made.clone()));
        made
    }

    /// Adds an entry, and returns the argument that stands for its last result.
    fn add(&mut self, call: &'static str, args: Vec<Value>, times: u32) -> Value {
        self.steps.push(Step { call, args, times });
        json!({"$step": self.steps.len() - 1})
    }
}

/// The result of the step before.
fn before() -> Value {
    json!({"$step": -1})
}

/// The result of a step, with its bytes changed.
fn changed(state: Value, edit: &Edit) -> Value {
    let Value::Object(mut state) = state else {
        unreachable!("states are objects")
    };
    assert!(state.len() == 1 && state.contains_key("$step"));
    if let Some(keep) = edit.keep {
        state.insert("keep".into(), keep.into());
    }
    if !edit.xor.is_empty() {
        state.insert("xor".into(), json!(edit.xor));
    }
    if !edit.append.is_empty() {
        state.insert("append".into(), hex(&edit.append).into());
    }
    if edit.seal {
        state.insert("crc32".into(), true.into());
    }
    state.into()
}
