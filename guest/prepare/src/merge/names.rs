//! The names of functions, which traces of traps show.

use super::layout::Layout;
use crate::names::{self, FUNCTIONS, Map};

impl Layout<'_, '_> {
    /// The contents of a name section with the names of all functions that have a body. The
    /// names of a core module whose name section cannot be read are left out, as they are
    /// for a core module alone.
    pub fn names(&self) -> Option<Vec<u8>> {
        let mut all = vec![];
        for instance in &self.instances {
            let part = self.part(instance);
            let imported = part.module.imported;
            let Some(map) = functions(part.names) else {
                continue;
            };
            let start = all.len();
            let mut least = imported;
            for (function, name) in map {
                if function < imported {
                    continue;
                }
                let Some(&new) = instance.functions.get(function as usize) else {
                    all.truncate(start);
                    break;
                };
                if function < least {
                    all.truncate(start);
                    break;
                }
                least = function + 1;
                all.push((self.index(new), name));
            }
        }
        (!all.is_empty()).then(|| names::functions(&all))
    }
}

fn functions(contents: &[u8]) -> Option<Map<'_>> {
    let mut subsections = names::subsections(contents)?.into_iter();
    let (_, payload) = subsections.find(|&(id, _)| id == FUNCTIONS)?;
    names::read_map(payload)
}
