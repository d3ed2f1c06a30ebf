//! The instructions that are rewritten, and how many of each there are.

use std::fmt;

/// An instruction that wazero compiles wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `select` of two f32, typed or not.
    SelectF32,
    /// `select` of two f64, typed or not.
    SelectF64,
    /// `select` of two v128, typed or not.
    SelectV128,
    /// `f32.copysign`.
    CopysignF32,
    /// `f64.copysign`.
    CopysignF64,
    /// `v128.bitselect`.
    Bitselect,
}

impl Kind {
    /// All kinds, in the order in which they are reported.
    pub const ALL: [Kind; 6] = [
        Kind::SelectF32,
        Kind::SelectF64,
        Kind::SelectV128,
        Kind::CopysignF32,
        Kind::CopysignF64,
        Kind::Bitselect,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::SelectF32 => "select of f32",
            Kind::SelectF64 => "select of f64",
            Kind::SelectV128 => "select of v128",
            Kind::CopysignF32 => "f32.copysign",
            Kind::CopysignF64 => "f64.copysign",
            Kind::Bitselect => "v128.bitselect",
        })
    }
}

/// One hazard in a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hazard {
    /// Index of the function in the module's function index space.
    pub function: u32,
    /// Where the instruction starts, in bytes from the start of the module.
    pub offset: u64,
    /// What it is.
    pub kind: Kind,
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:#x}: {} in function {}",
            self.offset, self.kind, self.function
        )
    }
}

/// How many instructions of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([u64; Kind::ALL.len()]);

impl Counts {
    pub(crate) fn add(&mut self, kind: Kind) {
        self.0[kind as usize] += 1;
    }

    /// The number of instructions of one kind.
    pub fn of(&self, kind: Kind) -> u64 {
        self.0[kind as usize]
    }

    /// The number of instructions of all kinds together.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, kind) in Kind::ALL.into_iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(f, "{separator}{kind}: {}", self.of(kind))?;
        }
        Ok(())
    }
}
