//! A module of the engine's contract whose process-batch does what the first byte says: 1
//! panics, 2 exceeds an array, 3 exhausts the memory. The canonical ABI is by hand, so that
//! it needs nothing but `compute-pipeline-guest`.

// Natively there is nothing: a native linker takes no colon in the name of an export.
#![cfg(target_arch = "wasm32")]
#![cfg_attr(not(feature = "std"), no_std)]

use core::hint::black_box;

#[cfg(feature = "std")]
compute_pipeline_guest::report_panics!();
#[cfg(not(feature = "std"))]
compute_pipeline_guest::panic_handler!();
compute_pipeline_guest::grade!(stable);

/// Where the host writes the argument of a call.
static mut ARGUMENT: [u64; 1024] = [0; 1024];

#[unsafe(export_name = "cabi_realloc")]
extern "C" fn realloc(_: usize, _: usize, _: usize, _: usize) -> *mut u8 {
    (&raw mut ARGUMENT).cast()
}

trait Wish {
    fn come_true(&self) -> usize;
}

impl Wish for u8 {
    #[inline(never)]
    fn come_true(&self) -> usize {
        match self {
            1 => panic!("the wish was {}, größer", self),
            2 => [1, 2, 3][black_box(7)],
            #[cfg(feature = "std")]
            3 => black_box(Vec::<u8>::with_capacity(1 << 30)).len(),
            _ => 0,
        }
    }
}

#[unsafe(export_name = "org:compute/pipeline@0.1.0#process-batch")]
extern "C" fn process_batch(input: *const u8, _: usize) -> usize {
    // SAFETY: the host has written at least 16 bytes there.
    let wish = unsafe { input.read() };
    black_box(wish).come_true()
}

#[unsafe(export_name = "org:compute/pipeline@0.1.0#validate-checksum")]
extern "C" fn validate_checksum(_: *const u8, _: usize, expected: u32) -> u32 {
    u32::from(expected == 0)
}

#[unsafe(export_name = "org:analytics/metrics@0.1.0#compute-aggregate")]
extern "C" fn compute_aggregate(_: *const u8, _: usize) -> usize {
    unimplemented!("statistics")
}

#[unsafe(export_name = "org:analytics/metrics@0.1.0#validate-stream")]
extern "C" fn validate_stream(_: *const u8, _: usize) -> usize {
    unimplemented!("a parser")
}
