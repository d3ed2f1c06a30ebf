//! A module: a few generated functions and the small ones they call.

use serde::Serialize;
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, Instruction, MemorySection, MemoryType, Module, TypeSection, ValType,
};

use crate::{function, pressure};
use compute_pipeline_random::Random;

/// Number of generated functions in a module, exported as `f0`, `f1`, ….
pub const FUNCTIONS: u32 = 3;
/// Calls of each of them.
const CALLS: usize = 6;

/// Index of the function that does nothing but make every register free.
pub const CLOBBER: u32 = FUNCTIONS;
/// Index of the first of the functions that return their argument, one for
/// each of i32, i64, f32, f64, v128.
pub const IDENTITY: u32 = FUNCTIONS + 1;
/// Index of the function of several parameters and results: see [`MANY_PARAMS`].
pub const MANY: u32 = IDENTITY + VALUE_TYPES.len() as u32;

/// Parameters of the function [`MANY`]; its results are the same in another
/// order: the first becomes the last.
pub const MANY_PARAMS: [ValType; 7] = [
    ValType::V128,
    ValType::I64,
    ValType::F64,
    ValType::F32,
    ValType::V128,
    ValType::I32,
    ValType::I64,
];

/// Bytes of memory the functions use.
pub const MEMORY: usize = 256;

/// Parameters of the generated functions.
pub const PARAMS: [ValType; 6] = [
    ValType::F64,
    ValType::F64,
    ValType::F32,
    ValType::F32,
    ValType::I32,
    ValType::I64,
];

const VALUE_TYPES: [ValType; 5] = [
    ValType::I32,
    ValType::I64,
    ValType::F32,
    ValType::F64,
    ValType::V128,
];

/// A call of an exported function; arguments are bit patterns.
#[derive(Serialize)]
pub struct Call {
    function: String,
    args: Vec<String>,
}

/// The bytes of a module, of a number of its own.
pub fn generate(random: &mut Random, number: u32) -> Vec<u8> {
    let mut types = TypeSection::new();
    // Type 0: the generated functions. Each result hashes the variables of one
    // kind, so that a difference tells where to look.
    types.ty().function(PARAMS, [ValType::I64; 4]);
    types.ty().function([], []);
    for ty in VALUE_TYPES {
        types.ty().function([ty], [ty]);
    }
    let mut turned = MANY_PARAMS;
    turned.rotate_left(1);
    types.ty().function(MANY_PARAMS, turned);

    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    for index in 0..FUNCTIONS {
        functions.function(0);
        exports.export(&format!("f{index}"), ExportKind::Func, index);
        // Half of the modules have functions of each sort.
        code.function(&match number % 4 {
            1 | 2 => pressure::generate(random),
            _ => function::generate(random),
        });
    }

    functions.function(1);
    let mut clobber = Function::new([]);
    // An effect, so that no compiler leaves the call out.
    for instruction in [
        Instruction::GlobalGet(0),
        Instruction::I32Const(1),
        Instruction::I32Add,
        Instruction::GlobalSet(0),
        Instruction::End,
    ] {
        clobber.instruction(&instruction);
    }
    code.function(&clobber);
    for ty in 0..VALUE_TYPES.len() as u32 {
        functions.function(2 + ty);
        let mut identity = Function::new([]);
        identity.instruction(&Instruction::LocalGet(0));
        identity.instruction(&Instruction::End);
        code.function(&identity);
    }

    functions.function(2 + VALUE_TYPES.len() as u32);
    let mut many = Function::new([]);
    for index in 0..MANY_PARAMS.len() {
        let turned = (index + 1) % MANY_PARAMS.len();
        many.instruction(&Instruction::LocalGet(turned as u32));
    }
    many.instruction(&Instruction::End);
    code.function(&many);

    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: Some(1),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut globals = GlobalSection::new();
    globals.global(
        GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        },
        &ConstExpr::i32_const(0),
    );

    let mut module = Module::new();
    module.section(&types);
    module.section(&functions);
    module.section(&memories);
    module.section(&globals);
    module.section(&exports);
    module.section(&code);
    module.finish()
}

/// The calls to make of a module, in order.
pub fn calls(random: &mut Random) -> Vec<Call> {
    let mut calls = vec![];
    for function in 0..FUNCTIONS {
        for _ in 0..CALLS {
            let args = PARAMS.map(|ty| match ty {
                ValType::F64 => random.f64().to_bits(),
                ValType::F32 => random.f32().to_bits().into(),
                // As conditions, small integers and zero matter most.
                ValType::I32 => random.below(3) as u64,
                _ => random.i64().cast_unsigned(),
            });
            calls.push(Call {
                function: format!("f{function}"),
                args: args.iter().map(|arg| format!("{arg:#x}")).collect(),
            });
        }
    }
    calls
}
