//! Functions with more values than there are registers.
//!
//! What wazero makes of one instruction may push a value out of its register and
//! read it anew within. That takes a register file that is full, operands that
//! are used again later and others that are not, and values that have to be in
//! a certain register soon: arguments of a call, or what a loop's next round
//! starts with.

use wasm_encoder::{BlockType, Function, Instruction as I, ValType};

use crate::function::{Kind, Variable, Writer};
use crate::module;
use compute_pipeline_random::Random;

/// As [`crate::function::generate`].
pub fn generate(random: &mut Random) -> Function {
    let mut writer = Writer::new(random);
    writer.first_values();
    for _ in 0..writer.random.between(1, 3) {
        match writer.random.below(3) {
            0 => writer.crowded(),
            // The loop's end is known to be followed by its start, or not.
            1 => writer.round(true),
            _ => writer.round(false),
        }
    }
    writer.finish()
}

impl Writer<'_> {
    fn round(&mut self, unconditional: bool) {
        let counter = self.counters[0];
        let times = self.random.between(2, 3) as i32;
        self.emit(I::I32Const(times));
        self.emit(I::LocalSet(counter));
        self.emit(I::Block(BlockType::Empty));
        self.emit(I::Loop(BlockType::Empty));
        if unconditional {
            self.emit(I::LocalGet(counter));
            self.emit(I::I32Eqz);
            self.emit(I::BrIf(1));
        }
        self.crowded();
        for instruction in [
            I::LocalGet(counter),
            I::I32Const(1),
            I::I32Sub,
            I::LocalTee(counter),
        ] {
            self.emit(instruction);
        }
        if unconditional {
            self.emit(I::Drop);
            self.emit(I::Br(0));
        } else {
            self.emit(I::BrIf(0));
        }
        self.emit(I::End);
        self.emit(I::End);
    }

    /// A few instructions, without a branch, while all registers of one class
    /// are in use.
    fn crowded(&mut self) {
        self.calls();
        let crowd = self.crowd();
        for _ in 0..self.random.between(1, 5) {
            self.step();
            if self.random.chance(25) {
                self.calls();
            }
        }
        self.disperse(&crowd);
        if self.random.chance(60) {
            self.calls();
        }
    }

    /// Defines many values by instructions that need no register but theirs.
    fn crowd(&mut self) -> Vec<Variable> {
        let kind = self.random.pick(&[Kind::F64, Kind::F64, Kind::I64]);
        let count = self.random.pick(&[0, 16, 20, 34]);
        let mut last = self.variable(kind, true);
        let mut crowd = vec![];
        for _ in 0..count {
            self.locals.push((1, kind.value_type()));
            let index = (module::PARAMS.len() + self.locals.len() - 1) as u32;
            self.emit(I::LocalGet(last.index));
            let operator = match kind {
                Kind::F64 => I::F64Neg,
                _ => self
                    .random
                    .pick(&[I::I64Extend8S, I::I64Extend16S, I::I64Extend32S]),
            };
            self.emit(operator);
            self.emit(I::LocalSet(index));
            last = Variable { index, ..last };
            crowd.push(last);
        }
        crowd
    }

    /// Uses all of them, in their order.
    fn disperse(&mut self, crowd: &[Variable]) {
        let Some(first) = crowd.first() else { return };
        let integer = self.variable(Kind::I64, true);
        self.emit(I::LocalGet(integer.index));
        for variable in crowd {
            self.emit(I::LocalGet(variable.index));
            if first.kind == Kind::F64 {
                self.emit(I::I64ReinterpretF64);
            }
            self.emit(I::I64Xor);
        }
        self.emit(I::LocalSet(integer.index));
    }

    /// Calls of functions, whose arguments have to be in certain registers.
    fn calls(&mut self) {
        match self.random.below(3) {
            0 => self.emit(I::Call(module::CLOBBER)),
            1 => {
                let kinds = module::MANY_PARAMS.map(|ty| self.kind_of(ty));
                for kind in kinds {
                    let variable = self.variable(kind, true);
                    self.emit(I::LocalGet(variable.index));
                }
                self.emit(I::Call(module::MANY));
                // The first parameter is the last result.
                for kind in kinds[1..].iter().chain(&kinds[..1]).rev() {
                    if self.random.chance(50) {
                        self.emit(I::Drop);
                    } else {
                        let variable = self.variable(*kind, true);
                        self.emit(I::LocalSet(variable.index));
                    }
                }
            }
            _ => {
                let (kind, identity) = self.random.pick(&[
                    (Kind::F32, 2),
                    (Kind::F64, 3),
                    (Kind::I64, 1),
                    (Kind::V32, 4),
                ]);
                let variable = self.variable(kind, true);
                self.emit(I::LocalGet(variable.index));
                self.emit(I::Call(module::IDENTITY + identity));
                let variable = self.variable(kind, true);
                self.emit(I::LocalSet(variable.index));
            }
        }
    }

    fn kind_of(&mut self, ty: ValType) -> Kind {
        match ty {
            ValType::I32 => Kind::I32,
            ValType::I64 => Kind::I64,
            ValType::F32 => Kind::F32,
            ValType::F64 => Kind::F64,
            _ => self.random.pick(&[Kind::V32, Kind::V64]),
        }
    }

    /// One instruction of variables, whose result is one too.
    fn step(&mut self) {
        let vector = self.random.pick(&[Kind::V32, Kind::V64]);
        let (operands, result, instruction) = self.operator(vector);
        for (position, kind) in operands.iter().enumerate() {
            let variable = self.variable(*kind, true);
            self.emit(I::LocalGet(variable.index));
            // No divisor is zero.
            match (&instruction, position) {
                (I::I32RemS | I::I32RemU | I::I32DivU, 1) => {
                    self.emit(I::I32Const(1));
                    self.emit(I::I32Or);
                }
                (I::I64RemS | I::I64RemU | I::I64DivU, 1) => {
                    self.emit(I::I64Const(1));
                    self.emit(I::I64Or);
                }
                _ => {}
            }
        }
        self.emit(instruction);
        self.made_exact(result, matches!(result, Kind::V32 | Kind::V64));
        let variable = self.variable(result, true);
        self.emit(I::LocalSet(variable.index));
    }

    /// An instruction with the kinds of its operands and its result.
    fn operator(&mut self, vector: Kind) -> (Vec<Kind>, Kind, I<'static>) {
        use Kind::*;
        let lane = self.random.below(2) as u8;
        let one = |operators: &[I<'static>], random: &mut Random| random.pick(operators);
        match self.random.below(14) {
            0 => (vec![V32, F32], V32, I::F32x4ReplaceLane(lane * 3)),
            1 => (vec![V64, F64], V64, I::F64x2ReplaceLane(lane)),
            2 => {
                let (ty, operator) = self.random.pick(&[
                    (I32, I::I8x16ReplaceLane(9)),
                    (I32, I::I16x8ReplaceLane(2)),
                    (I32, I::I32x4ReplaceLane(3)),
                    (I64, I::I64x2ReplaceLane(1)),
                ]);
                (vec![vector, ty], vector, operator)
            }
            3 => {
                let operators = [I::F32x4Min, I::F32x4Max, I::F32x4PMin, I::F32x4Ne];
                (vec![V32, V32], V32, one(&operators, self.random))
            }
            4 => {
                let operators = [I::F64x2Min, I::F64x2Max, I::F64x2PMax, I::F64x2Ne];
                (vec![V64, V64], V64, one(&operators, self.random))
            }
            5 | 6 => {
                let operators = [
                    I::I64x2Mul,
                    I::I32x4DotI16x8S,
                    I::I8x16NarrowI16x8S,
                    I::I8x16NarrowI16x8U,
                    I::I16x8NarrowI32x4S,
                    I::I16x8NarrowI32x4U,
                    I::I16x8Q15MulrSatS,
                    I::I32x4ExtMulHighI16x8U,
                    I::I8x16Swizzle,
                    I::I32x4LeU,
                    I::I64x2GeS,
                    I::I8x16Shuffle([4, 17, 30, 3, 8, 8, 21, 0, 31, 15, 2, 6, 19, 28, 11, 10]),
                ];
                (vec![vector, vector], vector, one(&operators, self.random))
            }
            7 => {
                let operators = [
                    I::I8x16Popcnt,
                    I::I64x2Abs,
                    I::V128Not,
                    I::I32x4ExtAddPairwiseI16x8U,
                    I::I64x2ExtendHighI32x4S,
                    I::F32x4ConvertI32x4U,
                    I::I32x4TruncSatF64x2UZero,
                    I::I32x4TruncSatF32x4U,
                ];
                (vec![vector], vector, one(&operators, self.random))
            }
            8 => {
                let operators = [
                    I::I64x2Bitmask,
                    I::I32x4Bitmask,
                    I::I16x8Bitmask,
                    I::I8x16Bitmask,
                    I::I64x2AllTrue,
                    I::V128AnyTrue,
                ];
                (vec![vector], I32, one(&operators, self.random))
            }
            9 => {
                let operators = [
                    I::I8x16Shl,
                    I::I8x16ShrS,
                    I::I8x16ShrU,
                    I::I64x2ShrS,
                    I::I32x4ShrU,
                ];
                (vec![vector, I32], vector, one(&operators, self.random))
            }
            10 => {
                let operators = [I::I64RemS, I::I64RemU, I::I64DivU, I::I64Rotl, I::I64ShrS];
                (vec![I64, I64], I64, one(&operators, self.random))
            }
            11 => {
                let operators = [I::I32RemS, I::I32RemU, I::I32DivU, I::I32Shl, I::I32Rotr];
                (vec![I32, I32], I32, one(&operators, self.random))
            }
            12 => {
                let operators = [I::F64ConvertI64U, I::F64ConvertI64S];
                (vec![I64], F64, one(&operators, self.random))
            }
            _ => self
                .random
                .pick(&[
                    (vec![I64], F32, I::F32ConvertI64U),
                    (vec![I64], I64, I::I64Clz),
                    (vec![I64], I64, I::I64Ctz),
                    (vec![I32], I32, I::I32Clz),
                    (vec![I32], I32, I::I32Popcnt),
                    (vec![F64], I64, I::I64TruncSatF64U),
                    (vec![F64], I64, I::I64TruncSatF64S),
                    (vec![F64, F64], F64, I::F64Copysign),
                    (vec![F32, F32, I32], F32, I::Select),
                    (vec![V32, V32, V32], V32, I::V128Bitselect),
                    (vec![F64, F64], I32, I::F64Lt),
                    (vec![F64, F64], I32, I::F64Eq),
                ])
                .clone(),
        }
    }
}
