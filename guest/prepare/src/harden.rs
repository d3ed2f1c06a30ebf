//! Rewrites the instructions that wazero miscompiles.
//!
//! wazero up to and including v1.12.0 translates some instructions to several
//! machine instructions. Its register allocator is wrong about them in four
//! ways, each of which loses a value when many are live:
//!
//! - It is told that an instruction overwrites its destination although that
//!   keeps part of it: on amd64 the conditional move of `select` on f32, f64 and
//!   v128 (wazero issue 2534) and `f64x2.replace_lane 0`; on arm64
//!   `replace_lane` of floats and the second half of `narrow`.
//! - A temporary that is changed in place is spilled before the change and read
//!   after it: on amd64 `copysign`, `v128.bitselect`, `i64x2.mul`,
//!   `i8x16.popcnt`, `min` and `max` of float vectors.
//! - A value that is written twice is spilled only after the second time, and
//!   read before: on arm64 the remainders (wazero issue 2508), `i64x2.bitmask`
//!   and `i32x4.dot_i16x8_s`.
//! - An operand is reloaded in one of two branches and taken to be in its
//!   register after both: on amd64 `convert_i64_u`, and `clz` and `ctz` on
//!   processors without LZCNT and TZCNT.
//!
//! [`harden`] replaces each of them, on every machine, by instructions that
//! mean exactly the same:
//!
//! | instruction | replacement |
//! | --- | --- |
//! | `select` of f32, f64, v128 | operands into locals, then `if … else … end` |
//! | `f32.copysign`, `f64.copysign` | integer and/or on the reinterpreted bits |
//! | `v128.bitselect` | `v128.and`, `v128.andnot`, `v128.or` |
//! | `f32x4.replace_lane`, `f64x2.replace_lane` | `splat`, `i8x16.shuffle` |
//! | `i64x2.bitmask` | `i8x16.shuffle`, `i32x4.bitmask` |
//! | `rem_u`, `rem_s` | `x - x / y * y`, by 1 in the place of -1 |
//! | `narrow`, `dot`, `min` and `max` of float vectors, `i64x2.mul` | the same, of `a \| a` and `b \| b` |
//! | `i8x16.popcnt` | the same, of `a \| a` |
//! | `convert_i64_u`, `clz`, `ctz` | the same, of `a \| 0` |
//!
//! The instructions of the last three rows go wrong only when an operand is used
//! again later, and in the replacement none is. They stay as they are when the
//! instruction right before made the operand, for which there is no other use.
//!
//! The locals are new ones at the end of the function's own, shared by all
//! rewritten instructions of the function.

mod fresh;
mod miscompiled;
mod replace;
mod rewrite;
pub(crate) mod scan;

use std::borrow::Cow;

use crate::offsets::OffsetMap;
use crate::sections::{self, Change};
use crate::{Error, custom, leb128};

pub use miscompiled::{Counts, Kind, Miscompiled};

pub use crate::body::{MAX_LOCALS, MAX_SIZE as MAX_FUNCTION_SIZE};

/// A module without miscompiled instructions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hardened {
    /// The module.
    pub wasm: Vec<u8>,
    /// What was changed.
    pub report: Report,
}

/// What [`harden`] changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How many instructions were rewritten.
    pub rewritten: Counts,
    /// Names of the custom sections that were left out because they hold
    /// offsets into code, which has moved. See [`custom::holds_code_offsets`].
    pub dropped: Vec<String>,
}

/// Rewrites every miscompiled instruction in `wasm`.
///
/// Only the bodies of functions with such an instruction change, and the sizes in
/// front of them; every other byte is copied. When code moved, custom sections that
/// hold code offsets are left out. A module without any comes back as it is.
/// Hardening twice is the same as once.
///
/// Linear in the size of the module. A hardened module is a few percent larger;
/// at worst, one of nothing but such instructions grows about 45 times.
///
/// # Errors
///
/// [`Error`] when `wasm` is not a valid core module of
/// [accepted features](crate::features::ACCEPTED), or when a rewritten function
/// exceeds [`MAX_LOCALS`] or [`MAX_FUNCTION_SIZE`].
pub fn harden(wasm: &[u8]) -> Result<Hardened, Error> {
    code(wasm, None)?.assemble(wasm, None)
}

/// Every miscompiled instruction in `wasm`, in order. Linear in the size of the module.
///
/// A `select` whose operand types cannot be known, which is so only in
/// unreachable code, is not one: wazero compiles no unreachable code.
///
/// # Errors
///
/// [`Error`] when `wasm` is not a valid core module of
/// [accepted features](crate::features::ACCEPTED).
pub fn miscompiled(wasm: &[u8]) -> Result<Vec<Miscompiled>, Error> {
    let mut found = vec![];
    scan::functions(wasm, |function| {
        found.extend(function.sites.iter().map(|site| Miscompiled {
            function: function.index,
            offset: site.range.start as u64,
            kind: site.kind,
        }));
        Ok(())
    })?;
    Ok(found)
}

/// The code of a module without miscompiled instructions.
#[derive(Default)]
pub(crate) struct Code<'a> {
    /// What is in front of the first body: the number of bodies.
    head: &'a [u8],
    /// Without the size in front of each.
    pub bodies: Vec<Cow<'a, [u8]>>,
    counts: Counts,
}

/// Rewrites the code of a module, which is validated on the way, and notes in `map`
/// where it went.
pub(crate) fn code<'a>(wasm: &'a [u8], mut map: Option<&mut OffsetMap>) -> Result<Code<'a>, Error> {
    let mut code = Code::default();
    let mut at = 0;
    let section = scan::functions(wasm, |function| {
        let section = function.section.start;
        if code.bodies.is_empty() {
            code.head = &wasm[section..function.start];
            at = code.head.len();
        }
        let mut moves = vec![];
        let body = match function.sites {
            [] => Cow::Borrowed(&wasm[function.body.clone()]),
            _ => Cow::Owned(rewrite::body(wasm, function, &mut moves)?),
        };
        if let Some(map) = &mut map {
            map.push(function.start - section, at);
            at += leb128::width(body.len() as u32);
            map.push(function.body.start - section, at);
            for (old, new) in moves {
                map.push(old - section, at + new);
            }
            at += body.len();
        }
        code.bodies.push(body);
        for site in function.sites {
            code.counts.add(site.kind);
        }
        Ok(())
    })?;
    if let Some(map) = map {
        map.finish(section.len(), at);
    }
    Ok(code)
}

impl Code<'_> {
    /// The size of what is in front of the first body.
    pub(crate) fn head_size(&self) -> usize {
        self.head.len()
    }

    /// Puts the code in the place of the module's own, and `tables` in the place of the
    /// contents of its table section.
    pub(crate) fn assemble(self, wasm: &[u8], tables: Option<&[u8]>) -> Result<Hardened, Error> {
        let mut report = Report {
            rewritten: self.counts,
            dropped: vec![],
        };
        let moved = self.counts.total() > 0;
        let mut code = vec![];
        if moved {
            code.extend_from_slice(self.head);
            for body in self.bodies {
                leb128::write_u32(&mut code, body.len() as u32);
                code.extend_from_slice(&body);
            }
            sections::check_size(code.len())?;
        }
        let wasm = sections::rewrite(wasm, |section| match (section.id, tables) {
            (sections::CODE, _) if moved => Change::Write(std::mem::take(&mut code)),
            (sections::TABLE, Some(tables)) => Change::Write(tables.to_vec()),
            _ if moved && custom::holds_code_offsets(section.name) => {
                report.dropped.push(section.name.to_owned());
                Change::Drop
            }
            _ => Change::Keep,
        });
        Ok(Hardened { wasm, report })
    }
}
