//! Functions that trap, behind and around code that hardening rewrites, compiled
//! with debug information (build.sh). dwarf_test.go finds the lines by their
//! comments.

#![no_std]

use core::arch::wasm32::{f64x2_extract_lane, f64x2_splat, unreachable, v128_bitselect};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    unreachable()
}

#[unsafe(no_mangle)]
pub extern "C" fn nothing_rewritten(x: f64) -> f64 {
    if x < 0.0 {
        unreachable(); // trap: nothing_rewritten
    }
    x * 2.0
}

#[unsafe(no_mangle)]
pub extern "C" fn after_selects(x: f64, y: f64) -> f64 {
    let larger = if x > y { x } else { y };
    let signed = larger.copysign(y) + (if larger < 3.0 { y } else { x });
    if signed < 0.0 {
        unreachable(); // trap: after_selects
    }
    signed
}

/// Inlined into its caller: a frame without a function.
#[inline(always)]
fn check(value: f64, index: usize) -> f64 {
    if index > 3 {
        unreachable(); // trap: check
    }
    value.copysign(index as f64)
}

#[unsafe(no_mangle)]
pub extern "C" fn inlined(x: f64, y: f64, index: usize) -> f64 {
    let first = if x > y { x } else { y };
    let sum = first.copysign(x) + f64::from((x as f32).copysign(y as f32));
    check(sum, index) // call: check
}

#[unsafe(no_mangle)]
pub extern "C" fn vectors(x: f64, y: f64) -> f64 {
    let mask = f64x2_splat(y);
    let mixed = v128_bitselect(f64x2_splat(x), f64x2_splat(y), mask);
    let value = f64x2_extract_lane::<1>(mixed);
    if value.copysign(x) < 0.0 {
        unreachable(); // trap: vectors
    }
    value
}

#[unsafe(no_mangle)]
pub extern "C" fn calls(x: f64) -> f64 {
    let y = x.copysign(-1.0);
    after_selects_outlined(y, x) // call: after_selects_outlined
}

#[inline(never)]
fn after_selects_outlined(x: f64, y: f64) -> f64 {
    let smaller = if core::hint::black_box(x) < y { x } else { y };
    if smaller.copysign(x) < 0.0 {
        unreachable(); // trap: after_selects_outlined
    }
    smaller
}
