//! Names that are hard for a host's language.

use std::collections::HashSet;
use std::sync::LazyLock;

use compute_pipeline_random::Random;

/// Keywords and predeclared names of Go and WIT, initialisms, and words that
/// generated code may use itself.
static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    "a abi any api append b bool borrow break byte bytes c cabi call caller case chan char \
     check clear close const context contract cpu ctx data default defer discriminant done else \
     enum err error export fail false field flags float64 for func future get go goto html http \
     HTTP https id ID if import imports in int interface invoke iota is item json key len list \
     load lower m main make map math max memory min module new nil none ok option out own \
     package point pop print push range record recover resource result return rune sandbox \
     select set some sql static store stream string struct switch t true tuple type u8 uint \
     unit uri url use user utf8 uuid v v0 valid value values var variant wasm wit with world x \
     x2 xml y z"
        .split(' ')
        .collect()
});

/// Names of one scope, different from one another also without hyphens and case.
#[derive(Default)]
pub struct Names(HashSet<String>);

impl Names {
    /// Names that are taken.
    pub fn without(taken: &[&str]) -> Self {
        Self(taken.iter().map(|name| plain(name)).collect())
    }

    /// Takes the name, and reports whether it was free.
    pub fn take(&mut self, name: &str) -> bool {
        self.0.insert(plain(name))
    }

    /// Another name of one to three words.
    pub fn another(&mut self, random: &mut Random) -> String {
        let mut name = random.pick(&WORDS).to_owned();
        loop {
            // One word may be taken. More words make it free at the end.
            if random.chance(60) && self.take(&name) {
                return name;
            }
            name.push('-');
            name.push_str(random.pick(&WORDS));
        }
    }
}

fn plain(name: &str) -> String {
    name.replace('-', "").to_lowercase()
}
