//! Expressions of vectors; what expression.rs says of NaNs holds here too.

use wasm_encoder::Instruction as I;

use crate::function::{Kind, Writer};

impl Writer<'_> {
    /// Writes an operator that leaves a vector, its operands at most `depth`
    /// operators deep.
    pub fn vector(&mut self, kind: Kind, exact: bool, depth: usize) {
        let double = kind == Kind::V64;
        let pick = |f32: I<'static>, f64: I<'static>| if double { f64 } else { f32 };
        let (scalar, other) = if double {
            (Kind::F64, Kind::V32)
        } else {
            (Kind::F32, Kind::V64)
        };
        match self.random.below(100) {
            // Operators that compute.
            0..=24 => {
                self.binary(
                    kind,
                    false,
                    depth,
                    &[
                        pick(I::F32x4Add, I::F64x2Add),
                        pick(I::F32x4Sub, I::F64x2Sub),
                        pick(I::F32x4Mul, I::F64x2Mul),
                        pick(I::F32x4Div, I::F64x2Div),
                        pick(I::F32x4Min, I::F64x2Min),
                        pick(I::F32x4Max, I::F64x2Max),
                    ],
                );
                self.made_exact(kind, exact);
            }
            25..=34 => {
                self.unary(
                    kind,
                    false,
                    depth,
                    &[
                        pick(I::F32x4Sqrt, I::F64x2Sqrt),
                        pick(I::F32x4Ceil, I::F64x2Ceil),
                        pick(I::F32x4Floor, I::F64x2Floor),
                        pick(I::F32x4Trunc, I::F64x2Trunc),
                        pick(I::F32x4Nearest, I::F64x2Nearest),
                    ],
                );
                self.made_exact(kind, exact);
            }
            35..=38 => {
                self.unary(
                    other,
                    false,
                    depth,
                    &[pick(I::F32x4DemoteF64x2Zero, I::F64x2PromoteLowF32x4)],
                );
                self.made_exact(kind, exact);
            }
            // Operators that move bits.
            39..=43 => self.binary(
                kind,
                exact,
                depth,
                &[
                    pick(I::F32x4PMin, I::F64x2PMin),
                    pick(I::F32x4PMax, I::F64x2PMax),
                ],
            ),
            44..=49 => self.unary(
                kind,
                exact,
                depth,
                &[
                    pick(I::F32x4Neg, I::F64x2Neg),
                    pick(I::F32x4Abs, I::F64x2Abs),
                ],
            ),
            50..=57 => self.unary(scalar, exact, depth, &[pick(I::F32x4Splat, I::F64x2Splat)]),
            58..=63 => {
                self.expression(kind, exact, depth);
                self.expression(scalar, exact, depth);
                let lane = self.random.below(2) as u8;
                self.emit(pick(
                    I::F32x4ReplaceLane(2 * lane),
                    I::F64x2ReplaceLane(lane),
                ));
            }
            // A mask of whole lanes keeps values whole.
            64..=75 => {
                self.expression(kind, exact, depth);
                self.expression(kind, exact, depth);
                self.binary(
                    kind,
                    false,
                    depth.min(1),
                    &[
                        pick(I::F32x4Lt, I::F64x2Lt),
                        pick(I::F32x4Ge, I::F64x2Ge),
                        pick(I::F32x4Ne, I::F64x2Ne),
                    ],
                );
                self.emit(I::V128Bitselect);
            }
            // Any other mask shows single bits.
            76..=81 => {
                for kind in [kind, other, kind] {
                    self.expression(kind, true, depth);
                }
                self.emit(I::V128Bitselect);
            }
            82..=91 => {
                let shuffle = std::array::from_fn(|_| self.random.below(32) as u8);
                self.binary(
                    kind,
                    true,
                    depth,
                    &[
                        I::I32x4Add,
                        I::I64x2Sub,
                        I::I16x8Mul,
                        I::I8x16AddSatU,
                        I::V128Xor,
                        I::V128AndNot,
                        I::I8x16Swizzle,
                        I::I8x16Shuffle(shuffle),
                        I::I32x4MaxS,
                        I::I16x8AvgrU,
                        I::I32x4DotI16x8S,
                        I::I64x2ExtMulLowI32x4U,
                        I::I8x16NarrowI16x8S,
                    ],
                );
            }
            92..=95 => {
                self.expression(other, true, depth);
                self.expression(Kind::I32, true, depth.min(1));
                let shift =
                    self.random
                        .pick(&[I::I64x2Shl, I::I32x4ShrS, I::I16x8ShrU, I::I8x16ShrS]);
                self.emit(shift);
            }
            // Conversions; what truncates gives integers, exact from any NaN.
            96..=97 => self.unary(
                other,
                true,
                depth,
                &[
                    pick(I::F32x4ConvertI32x4S, I::F64x2ConvertLowI32x4S),
                    pick(I::F32x4ConvertI32x4U, I::F64x2ConvertLowI32x4U),
                ],
            ),
            _ => self.unary(
                kind,
                false,
                depth,
                &[
                    pick(I::I32x4TruncSatF32x4S, I::I32x4TruncSatF64x2SZero),
                    pick(I::I32x4TruncSatF32x4U, I::I32x4TruncSatF64x2UZero),
                ],
            ),
        }
    }
}
