//! The instructions that are rewritten, and how many of each there are.

use std::fmt;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $text:literal,)*) => {
        /// An instruction that wazero compiles wrongly.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind {
            $($(#[$doc])* #[doc = concat!("`", $text, "`.")] $kind,)*
        }

        impl Kind {
            /// All kinds, in the order in which they are reported.
            pub const ALL: [Kind; [$($text),*].len()] = [$(Kind::$kind),*];
        }

        impl fmt::Display for Kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Kind::$kind => $text,)*
                })
            }
        }
    };
}

kinds! {
    SelectF32 = "select of f32",
    SelectF64 = "select of f64",
    SelectV128 = "select of v128",
    CopysignF32 = "f32.copysign",
    CopysignF64 = "f64.copysign",
    Bitselect = "v128.bitselect",
    ReplaceLaneF32x4 = "f32x4.replace_lane",
    ReplaceLaneF64x2 = "f64x2.replace_lane",
    BitmaskI64x2 = "i64x2.bitmask",
    RemI32S = "i32.rem_s",
    RemI32U = "i32.rem_u",
    RemI64S = "i64.rem_s",
    RemI64U = "i64.rem_u",
    MinMaxVector = "min or max of float vectors",
    MulI64x2 = "i64x2.mul",
    DotI16x8 = "i32x4.dot_i16x8_s",
    Narrow = "narrow of vectors",
    /// Of a value that may be used again:
    PopcntI8x16 = "i8x16.popcnt",
    /// Of a value that may be used again:
    ConvertI64U = "convert_i64_u",
    /// Of a value that may be used again:
    CountZerosI32 = "clz or ctz of i32",
    /// Of a value that may be used again:
    CountZerosI64 = "clz or ctz of i64",
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
