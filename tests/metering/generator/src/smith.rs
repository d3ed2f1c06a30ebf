//! Modules of wasm-smith: valid, and as odd as can be.
//!
//! wasm-smith reaches every instruction, section and type, but its functions
//! are short and seldom repeat anything: [`crate::program`] makes the rest.

use arbitrary::Unstructured;
use wasm_smith::{Config, Module};

use crate::surroundings;
use compute_pipeline_random::Random;

/// Loops, calls and bulk operations an instance may make before wasm-smith's
/// own check ends it with a trap, so that every base terminates: before its calls
/// are deeper than metering allows.
const STEPS: u32 = 400;

/// The bytes of a module.
pub fn generate(random: &mut Random) -> Vec<u8> {
    with(random, config)
}

/// The bytes of a module without imports.
pub fn without_imports(random: &mut Random) -> Vec<u8> {
    with(random, |random| Config {
        available_imports: None,
        max_imports: 0,
        ..config(random)
    })
}

fn with(random: &mut Random, config: impl Fn(&mut Random) -> Config) -> Vec<u8> {
    loop {
        let config = config(random);
        let bytes = random.between(500, 6000);
        let bytes = random.bytes(bytes);
        // Some bytes make a module that the limits do not allow.
        let Ok(mut module) = Module::new(config, &mut Unstructured::new(&bytes)) else {
            continue;
        };
        module
            .ensure_termination(STEPS)
            .expect("no function is of arbitrary bytes");
        let wasm = module.to_bytes();
        // The odd bytes end in a module without a function to call.
        if wasm.len() > 200 {
            return wasm;
        }
    }
}

/// WebAssembly 2.0 without what only differs by chance (the bits of a NaN) or
/// makes the host allocate without bound.
fn config(random: &mut Random) -> Config {
    Config {
        available_imports: Some(surroundings::module()),
        min_imports: 0,
        max_imports: if random.chance(50) { 0 } else { 4 },
        allow_start_export: random.chance(20),
        disallow_traps: random.chance(60),
        export_everything: true,
        canonicalize_nans: true,
        min_funcs: 2,
        max_funcs: random.between(2, 8),
        max_instructions: random.between(20, 400),
        max_globals: 8,
        max_data_segments: 6,
        max_element_segments: 6,
        max_elements: 20,
        max_types: 20,
        max_nesting_depth: random.between(3, 12),
        max_memory32_bytes: 1 << 20,
        max_tables: 3,
        max_table_elements: 1000,
        table_max_size_required: true,
        memory_max_size_required: random.chance(50),
        generate_custom_sections: random.chance(20),
        min_uleb_size: random.pick(&[1, 1, 1, 5]),
        // Beyond WebAssembly 2.0.
        compact_imports_enabled: false,
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    }
}
