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
    /// `f32x4.replace_lane`.
    ReplaceLaneF32x4,
    /// `f64x2.replace_lane`.
    ReplaceLaneF64x2,
    /// `i64x2.bitmask`.
    BitmaskI64x2,
    /// `i32.rem_s`.
    RemI32S,
    /// `i32.rem_u`.
    RemI32U,
    /// `i64.rem_s`.
    RemI64S,
    /// `i64.rem_u`.
    RemI64U,
    /// `min` and `max` of f32x4 and f64x2.
    MinMaxVector,
    /// `i64x2.mul`.
    MulI64x2,
    /// `i32x4.dot_i16x8_s`.
    DotI16x8,
    /// `narrow` of i16x8 and i32x4.
    Narrow,
    /// `i8x16.popcnt` of a value that may be used again.
    PopcntI8x16,
    /// `f32.convert_i64_u` and `f64.convert_i64_u` of a value that may be used
    /// again.
    ConvertI64U,
    /// `clz` and `ctz` of an i32 that may be used again.
    CountZerosI32,
    /// `clz` and `ctz` of an i64 that may be used again.
    CountZerosI64,
}

impl Kind {
    /// All kinds, in the order in which they are reported.
    pub const ALL: [Kind; 21] = [
        Kind::SelectF32,
        Kind::SelectF64,
        Kind::SelectV128,
        Kind::CopysignF32,
        Kind::CopysignF64,
        Kind::Bitselect,
        Kind::ReplaceLaneF32x4,
        Kind::ReplaceLaneF64x2,
        Kind::BitmaskI64x2,
        Kind::RemI32S,
        Kind::RemI32U,
        Kind::RemI64S,
        Kind::RemI64U,
        Kind::MinMaxVector,
        Kind::MulI64x2,
        Kind::DotI16x8,
        Kind::Narrow,
        Kind::PopcntI8x16,
        Kind::ConvertI64U,
        Kind::CountZerosI32,
        Kind::CountZerosI64,
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
            Kind::ReplaceLaneF32x4 => "f32x4.replace_lane",
            Kind::ReplaceLaneF64x2 => "f64x2.replace_lane",
            Kind::BitmaskI64x2 => "i64x2.bitmask",
            Kind::RemI32S => "i32.rem_s",
            Kind::RemI32U => "i32.rem_u",
            Kind::RemI64S => "i64.rem_s",
            Kind::RemI64U => "i64.rem_u",
            Kind::MinMaxVector => "min or max of float vectors",
            Kind::MulI64x2 => "i64x2.mul",
            Kind::DotI16x8 => "i32x4.dot_i16x8_s",
            Kind::Narrow => "narrow of vectors",
            Kind::PopcntI8x16 => "i8x16.popcnt",
            Kind::ConvertI64U => "convert_i64_u",
            Kind::CountZerosI32 => "clz or ctz of i32",
            Kind::CountZerosI64 => "clz or ctz of i64",
        })
    }
}

/// A miscompiled instruction in a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Miscompiled {
    /// Index of the function in the module's function index space.
    pub function: u32,
    /// Where the instruction starts, in bytes from the start of the module.
    pub offset: u64,
    /// What it is.
    pub kind: Kind,
}

impl fmt::Display for Miscompiled {
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

/// Those kinds that there are any of.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.total() == 0 {
            return f.write_str("none");
        }
        let mut separator = "";
        for kind in Kind::ALL.into_iter().filter(|&kind| self.of(kind) > 0) {
            write!(f, "{separator}{kind}: {}", self.of(kind))?;
            separator = ", ";
        }
        Ok(())
    }
}
