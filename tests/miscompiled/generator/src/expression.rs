//! Expressions: each leaves one value on the stack.
//!
//! An expression asked to be exact has defined bits even if it is a NaN. What
//! computes (add, sqrt, promote …) makes NaNs of open bits and is made exact
//! afterwards; what only moves bits (select, neg, copysign, a lane) is exact if
//! its operands are. Integers are always exact, so whatever turns the bits of a
//! float into an integer takes exact operands. Comparisons and conversions by
//! value treat all NaNs alike and take any.

use wasm_encoder::Instruction as I;

use crate::function::{Kind, Writer};
use crate::module;

impl Writer<'_> {
    /// Writes an expression of a kind, at most `depth` operators deep.
    pub fn expression(&mut self, kind: Kind, exact: bool, depth: usize) {
        if depth == 0 {
            return self.leaf(kind, exact);
        }
        match self.random.below(100) {
            0..=7 => self.leaf(kind, exact),
            8..=12 => {
                self.expression(kind, exact, depth - 1);
                self.emit(I::Call(module::IDENTITY + identity(kind)));
            }
            13..=16 => {
                self.emit(I::I32Const(0));
                let at = self.address();
                self.emit(match kind {
                    Kind::I32 => I::I32Load(at),
                    Kind::I64 => I::I64Load(at),
                    Kind::F32 => I::F32Load(at),
                    Kind::F64 => I::F64Load(at),
                    Kind::V32 | Kind::V64 => I::V128Load(at),
                });
            }
            17..=20 => {
                let variable = self.variable(kind, exact);
                self.expression(kind, variable.exact, depth - 1);
                self.emit(I::LocalTee(variable.index));
            }
            21..=42 => self.select(kind, exact, depth),
            43..=52 => self.around_calls(kind, exact),
            _ => match kind {
                Kind::I32 => self.i32(depth - 1),
                Kind::I64 => self.i64(depth - 1),
                Kind::F32 | Kind::F64 => self.float(kind, exact, depth - 1),
                Kind::V32 | Kind::V64 => self.vector(kind, exact, depth - 1),
            },
        }
    }

    fn leaf(&mut self, kind: Kind, exact: bool) {
        if self.random.chance(85) {
            let variable = self.variable(kind, exact);
            return self.emit(I::LocalGet(variable.index));
        }
        let instruction = match kind {
            Kind::I32 => I::I32Const(self.random.i64() as i32),
            Kind::I64 => I::I64Const(self.random.i64()),
            Kind::F32 => I::F32Const(self.random.f32().into()),
            Kind::F64 => I::F64Const(self.random.f64().into()),
            Kind::V32 => {
                let lanes = std::array::from_fn(|_| self.random.f32().to_bits().to_le_bytes());
                let [a, b, c, d]: [[u8; 4]; 4] = lanes;
                let bytes: Vec<u8> = [a, b, c, d].concat();
                I::V128Const(i128::from_le_bytes(std::array::from_fn(|i| bytes[i])))
            }
            Kind::V64 => {
                let low = u128::from(self.random.f64().to_bits());
                let high = u128::from(self.random.f64().to_bits());
                I::V128Const((high << 64 | low).cast_signed())
            }
        };
        self.emit(instruction);
    }

    /// A select, half of the time of two variables: those may have been spilled.
    fn select(&mut self, kind: Kind, exact: bool, depth: usize) {
        let depth = if self.random.chance(50) { 0 } else { depth - 1 };
        self.expression(kind, exact, depth);
        self.expression(kind, exact, depth);
        self.expression(Kind::I32, true, depth.min(1));
        // A select of vectors needs no type either.
        let typed = self.random.chance(30);
        self.emit(if typed {
            I::TypedSelect(kind.value_type())
        } else {
            I::Select
        });
    }

    /// What the reduced programs do: after a call, chooses between two
    /// variables and goes on using the first in another call.
    fn around_calls(&mut self, kind: Kind, exact: bool) {
        let first = self.variable(kind, exact);
        let second = self.variable(kind, exact);
        if self.random.chance(70) {
            self.emit(I::Call(module::CLOBBER));
        }
        self.emit(I::LocalGet(first.index));
        self.emit(I::LocalGet(second.index));
        let condition = self.variable(Kind::I32, true);
        self.emit(I::LocalGet(condition.index));
        if self.random.chance(50) {
            self.emit(I::I32Const(1));
            self.emit(I::I32And);
        }
        self.emit(I::Select);
        self.emit(I::LocalGet(first.index));
        self.emit(I::Call(module::IDENTITY + identity(kind)));
        let combine = match kind {
            Kind::I32 => I::I32Sub,
            Kind::I64 => I::I64Sub,
            Kind::F32 => I::F32Sub,
            Kind::F64 => I::F64Sub,
            Kind::V32 => I::F32x4Sub,
            Kind::V64 => I::F64x2Sub,
        };
        self.emit(combine);
        self.made_exact(kind, exact);
    }

    pub fn binary(&mut self, kind: Kind, exact: bool, depth: usize, operators: &[I<'static>]) {
        self.expression(kind, exact, depth);
        self.expression(kind, exact, depth);
        let operator = self.random.pick(operators);
        self.emit(operator);
    }

    pub fn unary(&mut self, kind: Kind, exact: bool, depth: usize, operators: &[I<'static>]) {
        self.expression(kind, exact, depth);
        let operator = self.random.pick(operators);
        self.emit(operator);
    }

    fn i32(&mut self, depth: usize) {
        use Kind::*;
        match self.random.below(11) {
            0 | 1 => self.binary(
                I32,
                true,
                depth,
                &[
                    I::I32Add,
                    I::I32Sub,
                    I::I32Mul,
                    I::I32And,
                    I::I32Or,
                    I::I32Xor,
                    I::I32Shl,
                    I::I32ShrS,
                    I::I32ShrU,
                    I::I32Rotl,
                    I::I32LtS,
                    I::I32GeU,
                    I::I32Eq,
                ],
            ),
            2 => self.unary(
                I32,
                true,
                depth,
                &[I::I32Clz, I::I32Ctz, I::I32Popcnt, I::I32Eqz],
            ),
            3 | 4 => self.binary(
                F64,
                false,
                depth,
                &[I::F64Eq, I::F64Ne, I::F64Lt, I::F64Gt, I::F64Le, I::F64Ge],
            ),
            5 => self.binary(
                F32,
                false,
                depth,
                &[I::F32Eq, I::F32Ne, I::F32Lt, I::F32Gt, I::F32Le, I::F32Ge],
            ),
            6 => self.unary(F64, false, depth, &[I::I32TruncSatF64S, I::I32TruncSatF64U]),
            7 => self.unary(F32, false, depth, &[I::I32TruncSatF32S, I::I32TruncSatF32U]),
            8 => self.unary(F32, true, depth, &[I::I32ReinterpretF32]),
            9 => self.unary(I64, true, depth, &[I::I32WrapI64, I::I64Eqz]),
            _ => self.unary(
                V32,
                true,
                depth,
                &[
                    I::I32x4ExtractLane(2),
                    I::I16x8ExtractLaneS(5),
                    I::I8x16ExtractLaneU(9),
                    I::I8x16Bitmask,
                    I::I32x4Bitmask,
                    I::V128AnyTrue,
                    I::I64x2AllTrue,
                ],
            ),
        }
    }

    fn i64(&mut self, depth: usize) {
        use Kind::*;
        match self.random.below(7) {
            0 | 1 => self.binary(
                I64,
                true,
                depth,
                &[
                    I::I64Add,
                    I::I64Sub,
                    I::I64Mul,
                    I::I64And,
                    I::I64Or,
                    I::I64Xor,
                    I::I64Shl,
                    I::I64ShrS,
                    I::I64ShrU,
                    I::I64Rotr,
                ],
            ),
            2 => self.unary(F64, false, depth, &[I::I64TruncSatF64S, I::I64TruncSatF64U]),
            3 => self.unary(F32, false, depth, &[I::I64TruncSatF32S, I::I64TruncSatF32U]),
            4 => self.unary(F64, true, depth, &[I::I64ReinterpretF64]),
            5 => self.unary(I32, true, depth, &[I::I64ExtendI32S, I::I64ExtendI32U]),
            _ => self.unary(
                V64,
                true,
                depth,
                &[I::I64x2ExtractLane(0), I::I64x2ExtractLane(1)],
            ),
        }
    }

    fn float(&mut self, kind: Kind, exact: bool, depth: usize) {
        let double = kind == Kind::F64;
        let pick = |f32: I<'static>, f64: I<'static>| if double { f64 } else { f32 };
        match self.random.below(100) {
            // Operators that compute.
            0..=39 => {
                self.binary(
                    kind,
                    false,
                    depth,
                    &[
                        pick(I::F32Add, I::F64Add),
                        pick(I::F32Sub, I::F64Sub),
                        pick(I::F32Mul, I::F64Mul),
                        pick(I::F32Div, I::F64Div),
                        pick(I::F32Min, I::F64Min),
                        pick(I::F32Max, I::F64Max),
                    ],
                );
                self.made_exact(kind, exact);
            }
            40..=51 => {
                self.unary(
                    kind,
                    false,
                    depth,
                    &[
                        pick(I::F32Sqrt, I::F64Sqrt),
                        pick(I::F32Ceil, I::F64Ceil),
                        pick(I::F32Floor, I::F64Floor),
                        pick(I::F32Trunc, I::F64Trunc),
                        pick(I::F32Nearest, I::F64Nearest),
                    ],
                );
                self.made_exact(kind, exact);
            }
            52..=57 => {
                let other = if double { Kind::F32 } else { Kind::F64 };
                self.unary(
                    other,
                    false,
                    depth,
                    &[pick(I::F32DemoteF64, I::F64PromoteF32)],
                );
                self.made_exact(kind, exact);
            }
            // Operators that move bits.
            58..=73 => {
                self.expression(kind, exact, depth);
                // The sign of a NaN would show in the result.
                self.expression(kind, true, depth);
                self.emit(pick(I::F32Copysign, I::F64Copysign));
            }
            74..=81 => self.unary(
                kind,
                exact,
                depth,
                &[pick(I::F32Neg, I::F64Neg), pick(I::F32Abs, I::F64Abs)],
            ),
            82..=86 => {
                let vector = if double { Kind::V64 } else { Kind::V32 };
                self.unary(
                    vector,
                    exact,
                    depth,
                    &[
                        pick(I::F32x4ExtractLane(0), I::F64x2ExtractLane(0)),
                        pick(I::F32x4ExtractLane(3), I::F64x2ExtractLane(1)),
                    ],
                );
            }
            // Conversions.
            87..=90 => {
                let integer = if double { Kind::I64 } else { Kind::I32 };
                self.unary(
                    integer,
                    true,
                    depth,
                    &[pick(I::F32ReinterpretI32, I::F64ReinterpretI64)],
                );
            }
            91..=95 => self.unary(
                Kind::I64,
                true,
                depth,
                &[
                    pick(I::F32ConvertI64S, I::F64ConvertI64S),
                    pick(I::F32ConvertI64U, I::F64ConvertI64U),
                ],
            ),
            _ => self.unary(
                Kind::I32,
                true,
                depth,
                &[
                    pick(I::F32ConvertI32S, I::F64ConvertI32S),
                    pick(I::F32ConvertI32U, I::F64ConvertI32U),
                ],
            ),
        }
    }

    pub fn made_exact(&mut self, kind: Kind, exact: bool) {
        if exact {
            self.make_exact(kind);
        }
    }
}

/// Position of the kind's type among the identity functions.
fn identity(kind: Kind) -> u32 {
    match kind {
        Kind::I32 => 0,
        Kind::I64 => 1,
        Kind::F32 => 2,
        Kind::F64 => 3,
        Kind::V32 | Kind::V64 => 4,
    }
}
