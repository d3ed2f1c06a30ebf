//! The body of a function: statements over many variables.

use wasm_encoder::{BlockType, Function, Instruction as I, MemArg, MemArgTarget, ValType};

use crate::module;
use compute_pipeline_random::Random;

/// The kinds of a value. A vector is one of floats or one of doubles, since its
/// NaNs are one or the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    I32,
    I64,
    F32,
    F64,
    V32,
    V64,
}

impl Kind {
    pub const ALL: [Kind; 6] = [
        Kind::I32,
        Kind::I64,
        Kind::F32,
        Kind::F64,
        Kind::V32,
        Kind::V64,
    ];

    pub fn value_type(self) -> ValType {
        match self {
            Kind::I32 => ValType::I32,
            Kind::I64 => ValType::I64,
            Kind::F32 => ValType::F32,
            Kind::F64 => ValType::F64,
            Kind::V32 | Kind::V64 => ValType::V128,
        }
    }
}

/// A variable. In an exact one the bits are defined even if it is a NaN;
/// integers always are.
#[derive(Clone, Copy)]
pub struct Variable {
    pub index: u32,
    pub kind: Kind,
    pub exact: bool,
}

/// A function while it is written.
pub struct Writer<'a> {
    pub random: &'a mut Random,
    pub body: Vec<I<'static>>,
    pub variables: Vec<Variable>,
    /// One local of each kind, for making a value exact.
    pub scratch: [u32; 6],
    /// A second vector local, for the same.
    pub mask: u32,
    /// Types of the locals.
    pub locals: Vec<(u32, ValType)>,
    /// Loop counters, one for each depth.
    pub counters: [u32; 2],
    /// Loops around the statement being written.
    loops: usize,
}

/// A random function of the signature all generated functions share.
pub fn generate(random: &mut Random) -> Function {
    let mut writer = Writer::new(random);
    writer.first_values();
    let count = writer.random.between(8, 24);
    writer.statements(count, 0);
    writer.finish()
}

impl<'a> Writer<'a> {
    /// A function of some variables, without instructions.
    pub fn new(random: &'a mut Random) -> Self {
        let mut variables = vec![];
        for (index, ty) in module::PARAMS.iter().enumerate() {
            let kind = match ty {
                ValType::F64 => Kind::F64,
                ValType::F32 => Kind::F32,
                ValType::I32 => Kind::I32,
                _ => Kind::I64,
            };
            variables.push(Variable {
                index: index as u32,
                kind,
                exact: true,
            });
        }
        let mut locals = vec![];
        let mut local = |kind: Kind| {
            locals.push((1, kind.value_type()));
            (module::PARAMS.len() + locals.len() - 1) as u32
        };
        // Few variables live in registers, many are spilled; both go wrong in
        // ways of their own.
        let pressure = random.between(1, 4);
        for kind in Kind::ALL {
            let most: usize = match kind {
                Kind::F64 => 12,
                Kind::F32 => 8,
                Kind::I32 | Kind::I64 => 3,
                Kind::V32 | Kind::V64 => 6,
            };
            // The first of each kind is exact, so that there is one.
            for number in 0..random.between(1, most.div_ceil(pressure)) {
                let exact = number % 2 == 0 || matches!(kind, Kind::I32 | Kind::I64);
                variables.push(Variable {
                    index: local(kind),
                    kind,
                    exact,
                });
            }
        }
        let scratch = Kind::ALL.map(&mut local);
        let mask = local(Kind::V64);
        let counters = [local(Kind::I32), local(Kind::I32)];
        Writer {
            random,
            body: vec![],
            variables,
            scratch,
            mask,
            locals,
            counters,
            loops: 0,
        }
    }

    /// The function, with its results.
    pub fn finish(mut self) -> Function {
        self.results();
        let mut function = Function::new(self.locals);
        for instruction in &self.body {
            function.instruction(instruction);
        }
        function.instruction(&I::End);
        function
    }
}

impl Writer<'_> {
    pub fn emit(&mut self, instruction: I<'static>) {
        self.body.push(instruction);
    }

    /// A variable of a kind, exact if it has to be.
    pub fn variable(&mut self, kind: Kind, exact: bool) -> Variable {
        let fitting: Vec<Variable> = self
            .variables
            .iter()
            .filter(|v| v.kind == kind && (v.exact || !exact))
            .copied()
            .collect();
        self.random.pick(&fitting)
    }

    /// Gives most variables a value that depends on the arguments.
    pub fn first_values(&mut self) {
        for variable in self.variables.clone() {
            if variable.index as usize >= module::PARAMS.len() && self.random.chance(80) {
                self.expression(variable.kind, variable.exact, 1);
                self.emit(I::LocalSet(variable.index));
            }
        }
    }

    fn statements(&mut self, count: usize, depth: usize) {
        for _ in 0..count {
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: usize) {
        match self.random.below(100) {
            0..=59 => self.assign(),
            60..=74 => self.emit(I::Call(module::CLOBBER)),
            75..=81 => self.store(),
            82..=89 if depth < 3 => self.branch(depth),
            90..=95 if depth < 3 && self.loops < self.counters.len() => self.repeat(depth),
            96..=99 if depth < 3 => self.skip(depth),
            _ => self.assign(),
        }
    }

    fn assign(&mut self) {
        let kind = self.random.pick(&[
            Kind::F64,
            Kind::F64,
            Kind::F64,
            Kind::F32,
            Kind::F32,
            Kind::V32,
            Kind::V64,
            Kind::I32,
            Kind::I64,
        ]);
        let variable = self.variable(kind, false);
        let depth = self.random.between(1, 4);
        self.expression(kind, variable.exact, depth);
        self.emit(I::LocalSet(variable.index));
    }

    fn store(&mut self) {
        self.emit(I::I32Const(0));
        let kind = self.random.pick(&Kind::ALL);
        // Only exact values go to memory, where any kind may read them.
        self.expression(kind, true, 2);
        let at = self.address();
        self.emit(match kind {
            Kind::I32 => I::I32Store(at),
            Kind::I64 => I::I64Store(at),
            Kind::F32 => I::F32Store(at),
            Kind::F64 => I::F64Store(at),
            Kind::V32 | Kind::V64 => I::V128Store(at),
        });
    }

    /// An address in memory, aligned or not.
    pub fn address(&mut self) -> MemArg {
        let mut offset = self.random.below(module::MEMORY - 16) as u64;
        if self.random.chance(80) {
            offset &= !15;
        }
        MemArg {
            offset,
            align: 0,
            target: MemArgTarget::Memory(0),
            ordering: None,
        }
    }

    fn branch(&mut self, depth: usize) {
        self.expression(Kind::I32, true, 2);
        self.emit(I::If(BlockType::Empty));
        let count = self.random.between(1, 3);
        self.statements(count, depth + 1);
        if self.random.chance(60) {
            self.emit(I::Else);
            let count = self.random.between(1, 3);
            self.statements(count, depth + 1);
        }
        self.emit(I::End);
    }

    fn repeat(&mut self, depth: usize) {
        let counter = self.counters[self.loops];
        let times = self.random.between(2, 5) as i32;
        self.emit(I::I32Const(times));
        self.emit(I::LocalSet(counter));
        self.emit(I::Loop(BlockType::Empty));
        self.loops += 1;
        let count = self.random.between(1, 5);
        self.statements(count, depth + 1);
        self.loops -= 1;
        for instruction in [
            I::LocalGet(counter),
            I::I32Const(1),
            I::I32Sub,
            I::LocalTee(counter),
            I::BrIf(0),
            I::End,
        ] {
            self.emit(instruction);
        }
    }

    fn skip(&mut self, depth: usize) {
        self.emit(I::Block(BlockType::Empty));
        self.expression(Kind::I32, true, 2);
        self.emit(I::BrIf(0));
        let count = self.random.between(1, 3);
        self.statements(count, depth + 1);
        self.emit(I::End);
    }

    /// Leaves four hashes: of doubles, floats, vectors and integers.
    fn results(&mut self) {
        let groups: [&[Kind]; 4] = [
            &[Kind::F64],
            &[Kind::F32],
            &[Kind::V32, Kind::V64],
            &[Kind::I32, Kind::I64],
        ];
        for group in groups {
            self.emit(I::I64Const(0));
            for variable in self.variables.clone() {
                if group.contains(&variable.kind) {
                    self.mix(variable);
                }
            }
        }
    }

    /// Mixes the bits of a variable into the hash on the stack.
    fn mix(&mut self, variable: Variable) {
        const ODD: i64 = 0x2545_f491_4f6c_dd1d;
        self.emit(I::LocalGet(variable.index));
        if !variable.exact {
            self.make_exact(variable.kind);
        }
        match variable.kind {
            Kind::I32 => self.emit(I::I64ExtendI32U),
            Kind::I64 => {}
            Kind::F32 => {
                self.emit(I::I32ReinterpretF32);
                self.emit(I::I64ExtendI32U);
            }
            Kind::F64 => self.emit(I::I64ReinterpretF64),
            Kind::V32 | Kind::V64 => {
                self.emit(I::LocalTee(self.mask));
                self.emit(I::I64x2ExtractLane(0));
                self.emit(I::I64Const(ODD));
                self.emit(I::I64Mul);
                self.emit(I::LocalGet(self.mask));
                self.emit(I::I64x2ExtractLane(1));
                self.emit(I::I64Add);
            }
        }
        for instruction in [
            I::I64Xor,
            I::I64Const(ODD),
            I::I64Mul,
            I::I64Const(23),
            I::I64Rotl,
        ] {
            self.emit(instruction);
        }
    }

    /// Makes a NaN on top of the stack the canonical one. Branches and masks do
    /// it, not `select`: this must be right in every compiler.
    pub fn make_exact(&mut self, kind: Kind) {
        let x = self.scratch[kind as usize];
        let (ty, equal, nan) = match kind {
            Kind::I32 | Kind::I64 => return,
            Kind::F32 => (
                ValType::F32,
                I::F32Eq,
                I::F32Const(f32::from_bits(0x7fc0_0000).into()),
            ),
            Kind::F64 => (
                ValType::F64,
                I::F64Eq,
                I::F64Const(f64::from_bits(0x7ff8_0000_0000_0000).into()),
            ),
            Kind::V32 => (
                ValType::V128,
                I::F32x4Eq,
                I::V128Const(0x7fc00000_7fc00000_7fc00000_7fc00000),
            ),
            Kind::V64 => (
                ValType::V128,
                I::F64x2Eq,
                I::V128Const(0x7ff80000_00000000_7ff80000_00000000),
            ),
        };
        for instruction in [I::LocalTee(x), I::LocalGet(x), equal] {
            self.emit(instruction);
        }
        if ty == ValType::V128 {
            let mask = self.mask;
            for instruction in [
                I::LocalTee(mask),
                I::LocalGet(x),
                I::V128And,
                nan,
                I::LocalGet(mask),
                I::V128AndNot,
                I::V128Or,
            ] {
                self.emit(instruction);
            }
        } else {
            for instruction in [
                I::If(BlockType::Result(ty)),
                I::LocalGet(x),
                I::Else,
                nan,
                I::End,
            ] {
                self.emit(instruction);
            }
        }
    }
}
