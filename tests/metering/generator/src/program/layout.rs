//! What a program is made of, decided before its bodies are written.

use wasm_encoder::ValType::{self, F64, I32, I64};

use crate::surroundings::{HOST_FUNCTIONS, HostFunction};
use compute_pipeline_random::Random;

/// Types of functions and blocks, by index.
pub const TYPES: [(&[ValType], &[ValType]); 11] = [
    (&[], &[]),
    (&[I32], &[I32]),
    (&[I64], &[I64]),
    (&[I32, I64], &[I64]),
    (&[I32, I64], &[I64, I32]),
    (&[], &[I64]),
    (&[F64, I32], &[F64]),
    (&[I32], &[I64]),
    (&[I64], &[]),
    (&[I32, I64], &[I32, I64]),
    (&[], &[I64, I32]),
];

/// Index of the type without parameters and results.
pub const VOID: u32 = 0;
/// Index of the type of the function that a host calls back.
const LEAF: u32 = 7;
/// How many of the types, from the first, functions have.
const FUNCTION_TYPES: usize = 10;

/// Entries of the table that calls go through.
pub const SLOTS: usize = 16;
/// Bytes of the passive data segment.
pub const PASSIVE_BYTES: usize = 5000;
/// Entries of the passive element segment.
pub const PASSIVE_ELEMENTS: usize = 12;

/// Index of a type in [`TYPES`].
pub fn type_of(params: &[ValType], results: &[ValType]) -> u32 {
    TYPES
        .iter()
        .position(|ty| *ty == (params, results))
        .expect("the type is in the list") as u32
}

/// A function to be written.
pub struct Plan {
    pub index: u32,
    pub ty: u32,
    /// It counts down `steps` and so may call everything. One that does not
    /// calls only those of higher index that do not either.
    pub guarded: bool,
    /// It calls nothing, and the host may call it at any time.
    pub leaf: bool,
    /// Straight instructions at its start, for a large static cost.
    pub straight: usize,
}

/// A program without its bodies.
pub struct Layout {
    pub imports: Vec<HostFunction>,
    pub shared_globals: bool,
    pub shared_table: bool,
    pub shared_memory: bool,
    /// Pages of memory at first. Where there are several, stretches of it are
    /// longer than what metering fills and copies at a time.
    pub pages: u64,
    pub starts: bool,
    pub plans: Vec<Plan>,
    /// The functions in the table that calls go through.
    pub slots: [u32; SLOTS],
    /// Indices of the tables.
    pub dispatch: u32,
    pub scratch: u32,
    /// Indices of the globals.
    pub acc: u32,
    pub steps: u32,
    pub reference: u32,
}

impl Layout {
    pub fn new(random: &mut Random) -> Self {
        let imports: Vec<HostFunction> = if random.chance(50) {
            HOST_FUNCTIONS
                .into_iter()
                .filter(|_| random.chance(60))
                .collect()
        } else {
            vec![]
        };
        let shared_globals = random.chance(25);
        let shared_table = random.chance(20);
        let mut plans = vec![];
        for number in 0..random.between(3, 9) {
            plans.push(Plan {
                index: (imports.len() + number) as u32,
                ty: random.below(FUNCTION_TYPES) as u32,
                guarded: random.chance(65),
                leaf: false,
                straight: if random.chance(12) {
                    random.between(100, 900)
                } else {
                    0
                },
            });
        }
        plans.push(Plan {
            index: (imports.len() + plans.len()) as u32,
            ty: LEAF,
            guarded: false,
            leaf: true,
            straight: 0,
        });
        let slots = std::array::from_fn(|_| {
            random.pick(&plans.iter().map(|p| p.index).collect::<Vec<_>>())
        });
        let shared_memory = random.chance(15);
        let first_global = if shared_globals { 2 } else { 0 };
        Layout {
            imports,
            shared_globals,
            shared_table,
            shared_memory,
            pages: if !shared_memory && random.chance(40) {
                3
            } else {
                1
            },
            starts: random.chance(20),
            plans,
            slots,
            dispatch: u32::from(shared_table),
            scratch: u32::from(!shared_table),
            acc: first_global,
            steps: first_global + 1,
            reference: first_global + 2,
        }
    }

    /// One more than the largest index of a function, the start function aside.
    pub fn functions_end(&self) -> u32 {
        (self.imports.len() + 2 * self.plans.len()) as u32
    }
}
