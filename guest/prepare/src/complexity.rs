//! Bounds the time and the memory that wazero needs to compile a module, and the
//! memory that the compiled module keeps.
//!
//! Compiling does not stop when a context ends, and a module can be made of
//! nothing but what wazero's compiler (v1.12.0) is worst at: 3 KB of nested loops
//! took four seconds, 14 KB of calls among globals 670 MB. So [`check`] estimates
//! the cost of compiling from the module's structure, and rejects a module that
//! exceeds the bounds, per function or in all. It also keeps functions from being
//! nested so deeply that the compiler, which recurses, runs out of stack.
//!
//! The estimate is a sum of terms, each with the place in wazero's
//! `internal/engine/wazevo` that it stands for. Most stand in the file `terms.rs`,
//! those of single instructions in `cost.rs`, those of the module as a whole in
//! `module.rs`. Weights were fitted to modules of nothing else, as wazero gets
//! them: hardened and metered. `tests/compile` has these and what they took; on a
//! busy machine none took more memory than estimated, but for some MiB that any
//! module takes.

mod addresses;
mod cost;
mod locals;
mod module;
mod terms;
mod walk;

use std::borrow::Cow;

use crate::module::Module;
use crate::{Error, custom, features};

pub use cost::Cost;
pub use module::Estimate;

/// The most time that compiling any module may take, in nanoseconds.
pub const MAX_TIME: u64 = 3_000_000_000;
/// How much more it may take for each byte of the module.
pub const MAX_TIME_PER_BYTE: u64 = 4_000;
/// The most time that compiling one function may take: it is never divided among
/// processors.
pub const MAX_TIME_OF_FUNCTION: u64 = 5_000_000_000;
/// The most memory that compiling one function may take, in bytes.
pub const MAX_MEMORY_OF_FUNCTION: u64 = 320 << 20;
/// The most memory that compiling a module may take.
pub const MAX_MEMORY: u64 = 1 << 30;
/// The most memory that a compiled module may keep: [`MAX_KEPT`], and for each
/// byte of the module [`MAX_KEPT_PER_BYTE`].
pub const MAX_KEPT: u64 = 64 << 20;
/// See [`MAX_KEPT`].
pub const MAX_KEPT_PER_BYTE: u64 = 24;

/// Refuses a module for which wazero would take more time or memory than is
/// allowed. Linear in the size of the module.
///
/// # Errors
///
/// [`Error`] when `wasm` is not a valid core module of
/// [accepted](crate::features::ACCEPTED) features, or [`Error::Limit`].
pub fn check(wasm: &[u8]) -> Result<(), Error> {
    features::validate(wasm)?;
    let module = Module::read(wasm)?;
    check_validated(&module, &module.bodies(), wasm.len()).map(|_| ())
}

/// [`check`] of a module that is known to be valid, with these bodies in the place of its
/// own, which make it so many bytes long.
pub(crate) fn check_validated(
    module: &Module<'_>,
    bodies: &[Cow<'_, [u8]>],
    size: usize,
) -> Result<Checked, Error> {
    let estimate = module::estimate(module, bodies);
    match excess(&estimate, size as u64) {
        Some(excess) => Err(Error::Limit {
            name: excess.resource.limit(),
            max: excess.limit,
            message: excess.message(custom::shown_name(module, excess.function)),
        }),
        None => Ok(Checked {
            estimate: estimate.whole,
            limits: limits(size as u64),
        }),
    }
}

/// What compiling an accepted module takes, and how much it might.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// What it takes, by the estimate.
    pub estimate: Cost,
    /// The most that a module of its size may take.
    pub limits: Cost,
}

/// The most that compiling a module of so many bytes may take.
fn limits(size: u64) -> Cost {
    let per_byte = |base: u64, weight: u64| base.saturating_add(size.saturating_mul(weight));
    Cost {
        time: per_byte(MAX_TIME, MAX_TIME_PER_BYTE),
        memory: MAX_MEMORY,
        kept: per_byte(MAX_KEPT, MAX_KEPT_PER_BYTE),
    }
}

/// The first bound that the estimate for a module of so many bytes exceeds.
fn excess(estimate: &Estimate, size: u64) -> Option<Excess> {
    let limits = limits(size);
    let rules = [
        (Resource::Time, true, MAX_TIME_OF_FUNCTION),
        (Resource::Memory, true, MAX_MEMORY_OF_FUNCTION),
        (Resource::Time, false, limits.time),
        (Resource::Memory, false, limits.memory),
        (Resource::Kept, false, limits.kept),
    ];
    rules.into_iter().find_map(|(resource, alone, limit)| {
        let (function, cost) = match resource {
            Resource::Time => estimate.longest,
            Resource::Memory | Resource::Kept => estimate.largest,
        };
        let of_function = resource.of(&cost);
        let amount = match alone {
            true => of_function,
            false => resource.of(&estimate.whole),
        };
        (amount > limit).then_some(Excess {
            resource,
            function,
            of_function,
            alone,
            amount,
            limit,
        })
    })
}

/// What compiling takes of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resource {
    /// Time, in nanoseconds.
    Time,
    /// Memory while it goes on, in bytes.
    Memory,
    /// Memory that stays in use, in bytes.
    Kept,
}

impl Resource {
    fn of(self, cost: &Cost) -> u64 {
        match self {
            Resource::Time => cost.time,
            Resource::Memory => cost.memory,
            Resource::Kept => cost.kept,
        }
    }

    /// The name of a limit on it.
    fn limit(self) -> &'static str {
        match self {
            Resource::Time => "compile time",
            Resource::Memory => "compile memory",
            Resource::Kept => "code memory",
        }
    }

    /// An amount of it, for people.
    fn show(self, amount: u64) -> String {
        match self {
            Resource::Time => format!("{} ms", amount.div_ceil(1_000_000)),
            Resource::Memory | Resource::Kept => format!("{} MiB", amount.div_ceil(1 << 20)),
        }
    }
}

/// What of a module takes more than is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Excess {
    /// What it takes too much of.
    resource: Resource,
    /// Index of the function that takes most, in the module's function index
    /// space.
    function: u32,
    /// What that function takes.
    of_function: u64,
    /// Whether that alone is too much; else all that the module has is.
    alone: bool,
    /// What is taken, by the function alone or by all.
    amount: u64,
    /// The most that is allowed.
    limit: u64,
}

impl Excess {
    /// The excess for people, with the name of the function where it has one.
    fn message(&self, name: Option<String>) -> String {
        let what = match self.resource {
            Resource::Time => "the module would take too long to compile",
            Resource::Memory => "the module would take too much memory to compile",
            Resource::Kept => "the module would keep too much memory once it is compiled",
        };
        let function = match name {
            Some(name) => format!("function {} ({name})", self.function),
            None => format!("function {}", self.function),
        };
        let show = |amount| self.resource.show(amount);
        let (amount, limit) = (show(self.amount), show(self.limit));
        if self.alone {
            format!(
                "{what}: {function} alone is estimated at {amount}; at most {limit} are allowed \
                 for one"
            )
        } else {
            format!(
                "{what}: it is estimated at {amount}, {} of them for {function}; at most {limit} \
                 are allowed",
                show(self.of_function)
            )
        }
    }
}

/// What compiling the module takes.
///
/// # Errors
///
/// [`Error`] when `wasm` is not a valid core module of
/// [accepted](crate::features::ACCEPTED) features.
pub fn estimate(wasm: &[u8]) -> Result<Estimate, Error> {
    features::validate(wasm)?;
    let module = Module::read(wasm)?;
    Ok(module::estimate(&module, &module.bodies()))
}

#[cfg(test)]
mod tests;
