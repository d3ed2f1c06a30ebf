//! Writes a function anew, without its miscompiled instructions.

use std::ops::Range;

use super::replace;
use super::scan::{Function, Site};
use crate::body::{self, Body, MAX_LOCALS};
use crate::code::Code;
use crate::opcode::{F32, F64, I32, I64, V128};
use crate::{Error, leb128};

/// The body of a function without its miscompiled instructions. `moves` gets the places
/// where the distance changes between an old byte, counted from the start of the module,
/// and where it is in the new body.
pub(super) fn body(
    wasm: &[u8],
    function: &Function<'_>,
    moves: &mut Vec<(usize, usize)>,
) -> Result<Vec<u8>, Error> {
    let temps = Temps::of(function.locals, function.sites);
    if temps.end > MAX_LOCALS {
        return Err(Error::Limit {
            name: "locals",
            max: MAX_LOCALS.into(),
            message: format!(
                "function {} would need {} locals after rewriting; at most {MAX_LOCALS} are allowed",
                function.index, temps.end
            ),
        });
    }
    let mut body = Code::default();
    let mut at = declare(&wasm[function.body.clone()], &temps, &mut body) + function.body.start;
    moves.push((at, body.0.len()));
    for site in function.sites {
        body.bytes(&wasm[at..site.range.start]);
        moves.push((site.range.start, body.0.len()));
        replace::replace(site.kind, &wasm[site.range.clone()], &temps, &mut body);
        at = site.range.end;
        moves.push((at, body.0.len()));
    }
    body.bytes(&wasm[at..function.body.end]);
    body::check_size(function.index, body.0.len())?;
    Ok(body.0)
}

/// Indices of the locals that hold operands while they are rearranged. Only
/// those that the function needs exist.
pub(super) struct Temps {
    pub i32: Range<u32>,
    pub i64: Range<u32>,
    pub f32: Range<u32>,
    pub f64: Range<u32>,
    pub v128: Range<u32>,
    /// One past the last local.
    end: u32,
}

impl Temps {
    fn of(locals: u32, sites: &[Site]) -> Self {
        let mut end = locals;
        let mut take = |ty: u8| {
            let counts = sites
                .iter()
                .filter_map(|site| replace::locals(site.kind).iter().find(|(t, _)| *t == ty))
                .map(|(_, count)| *count);
            let start = end;
            // At most 10 more than the validator's own limit: cannot overflow.
            end += counts.max().unwrap_or(0);
            start..end
        };
        let [i32, i64, f32, f64, v128] = [I32, I64, F32, F64, V128].map(&mut take);
        Temps {
            i32,
            i64,
            f32,
            f64,
            v128,
            end,
        }
    }

    /// Each range of locals with its type.
    fn groups(&self) -> [(&Range<u32>, u8); 5] {
        [
            (&self.i32, I32),
            (&self.i64, I64),
            (&self.f32, F32),
            (&self.f64, F64),
            (&self.v128, V128),
        ]
    }
}

/// Writes the function's own declarations of locals and then those of `temps`.
/// Returns where in `old` the instructions start.
fn declare(old: &[u8], temps: &Temps, body: &mut Code) -> usize {
    let old = Body::new(old);
    let groups = temps.groups();
    let added = groups.iter().filter(|(range, _)| !range.is_empty());
    leb128::write_u32(&mut body.0, old.groups + added.clone().count() as u32);
    body.bytes(old.declarations());
    for (range, ty) in added {
        leb128::write_u32(&mut body.0, range.len() as u32);
        body.bytes(&[*ty]);
    }
    old.code
}
