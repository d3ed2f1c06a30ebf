//! Renumbers the functions of a name section.

use std::borrow::Cow;

use super::added::{Added, Indices};
use super::{MODULE, REFUEL};
use crate::names::{self, FUNCTIONS, LABELS, LOCALS, Map};
use crate::{leb128, sections};

/// The contents of a name section after metering: the functions that were added
/// always have names, by which a host knows them in a stack trace. `None` when
/// the old contents cannot be read, and so would be wrong afterwards. Names of labels
/// go, since labels are added.
pub(super) fn renumber(old: &[u8], indices: &Indices, added: &[Added]) -> Option<Vec<u8>> {
    let mut subsections = names::subsections(old)?;
    if !subsections.iter().any(|&(id, _)| id == FUNCTIONS) {
        let at = subsections.iter().position(|&(id, _)| id > FUNCTIONS);
        // No names of functions.
        subsections.insert(at.unwrap_or(subsections.len()), (FUNCTIONS, &[0]));
    }
    let mut out = vec![];
    for (id, payload) in subsections {
        match id {
            FUNCTIONS => {
                let map = functions(names::read_map(payload)?, indices, added);
                out.extend_from_slice(&names::functions(&map));
            }
            LOCALS => sections::write(&mut out, id, &locals(payload, indices)?),
            LABELS => {}
            _ => sections::write(&mut out, id, payload),
        }
    }
    Some(out)
}

/// The names of functions with those that were added, in the order of their indices.
fn functions<'a>(mut map: Map<'a>, indices: &Indices, added: &[Added]) -> Map<'a> {
    let imported = map.iter().position(|&(index, _)| index >= indices.imported);
    let imported = imported.unwrap_or(map.len());
    for (index, _) in &mut map {
        *index = indices.function(*index);
    }
    let named = |index: u32, name: &str| (index, Cow::Owned(format!("{MODULE}.{name}").into()));
    map.insert(imported, named(indices.refuel, REFUEL));
    map.extend(added.iter().map(|added| named(added.index, added.name)));
    map
}

/// For each function, its index and a name map of its locals, which stay.
fn locals(old: &[u8], indices: &Indices) -> Option<Vec<u8>> {
    let maps = names::read_maps(old)?;
    let mut out = vec![];
    leb128::write_u32(&mut out, maps.len() as u32);
    for (function, map) in maps {
        leb128::write_u32(&mut out, indices.function(function));
        names::write_map(&map, &mut out);
    }
    Some(out)
}
