//! Straight lines of one sort of instruction: linear, but some take much more than
//! others for a byte.

use super::{Shape, each, repeat, row, shape};

pub fn all() -> Vec<Shape> {
    vec![
        shape("constants", |n| row(n, "i32", "i32.const 1 drop ")),
        shape("additions", |n| {
            row(n, "i32", "local.get 0 local.get 1 i32.add local.set 0 ")
        }),
        shape("a long sum", |n| {
            format!(
                "(func (param i32) (result i32) local.get 0 {})",
                repeat(n, "local.get 0 i32.add ")
            )
        }),
        shape("stores", |n| {
            row(n, "i32", "local.get 0 local.get 1 i32.store offset=8 ")
        }),
        shape("stores everywhere", |n| {
            row(
                n,
                "i32",
                "local.get 0 i32.const 1 i32.add local.tee 0 local.get 1 i32.store ",
            )
        }),
        shape("loads", |n| {
            row(n, "i32", "local.get 0 i32.load local.set 0 ")
        }),
        shape("loads of vectors", |n| {
            row(
                n,
                "v128",
                "local.get 1 i32.load local.tee 1 local.get 0 v128.load8_lane 1 local.set 0 ",
            )
        }),
        shape("stores at constants", |n| {
            format!(
                "(func {})",
                each(n, |i| format!(
                    "i32.const {} i32.const 1 i32.store ",
                    i % 60_000
                ))
            )
        }),
        shape("conversions f64 to i32", |n| {
            row(
                n,
                "f64",
                "local.get 0 i32.trunc_f64_s local.tee 1 f64.convert_i32_s local.set 0 ",
            )
        }),
        shape("conversions f64 to u32", |n| {
            row(
                n,
                "f64",
                "local.get 0 i32.trunc_f64_u local.tee 1 f64.convert_i32_u local.set 0 ",
            )
        }),
        shape("conversions f32 to u64", |n| {
            format!(
                "(func (param f32) (result f32) (local i64) {} local.get 0)",
                repeat(
                    n,
                    "local.get 0 i64.trunc_f32_u local.tee 1 f32.convert_i64_u local.set 0 "
                )
            )
        }),
        shape("nested conversions", |n| {
            format!(
                "(func (param i32) (result i32) local.get 0 {})",
                repeat(n, "f64.convert_i32_s i32.trunc_f64_s ")
            )
        }),
        shape("saturating conversions", |n| {
            row(
                n,
                "f64",
                "local.get 0 i32.trunc_sat_f64_u local.tee 1 f64.convert_i32_u local.set 0 ",
            )
        }),
        shape("conversions of vectors", |n| {
            row(
                n,
                "v128",
                "local.get 0 i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_u local.set 0 ",
            )
        }),
        shape("divisions", |n| {
            row(n, "i32", "local.get 0 local.get 1 i32.div_s local.set 0 ")
        }),
        shape("remainders", |n| {
            format!(
                "(func (param i64 i64) (result i64) {} local.get 0)",
                repeat(n, "local.get 0 local.get 1 i64.rem_s local.set 0 ")
            )
        }),
        shape("divisions one in another", |n| {
            format!(
                "(func (param i32) (result i32) local.get 0 {})",
                repeat(n, "local.get 0 i32.div_s ")
            )
        }),
        shape("rounding", |n| {
            row(
                n,
                "f64",
                "local.get 0 f64.ceil f64.nearest f64.sqrt local.set 0 ",
            )
        }),
        shape("minima", |n| {
            row(n, "f64", "local.get 0 local.get 0 f64.min local.set 0 ")
        }),
        shape("copied signs", |n| {
            row(
                n,
                "f64",
                "local.get 0 local.get 0 f64.copysign local.set 0 ",
            )
        }),
        shape("population counts", |n| {
            row(
                n,
                "i32",
                "local.get 0 i32.popcnt i32.clz i32.ctz local.set 0 ",
            )
        }),
        shape("selects", |n| {
            row(
                n,
                "i32",
                "local.get 0 local.get 1 local.get 2 select local.set 0 ",
            )
        }),
        shape("selects of floats", |n| {
            row(
                n,
                "f64",
                "local.get 0 f64.const 1 local.get 2 select local.set 0 ",
            )
        }),
        shape("selects of vectors", |n| {
            row(
                n,
                "v128",
                "local.get 0 v128.const i64x2 1 2 local.get 2 select local.set 0 ",
            )
        }),
        shape("constants of vectors", |n| {
            row(
                n,
                "v128",
                "local.get 0 v128.const i64x2 1 2 v128.xor local.set 0 ",
            )
        }),
        shape("shuffles", |n| {
            row(
                n,
                "v128",
                "local.get 0 local.get 0 i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 local.set 0 ",
            )
        }),
        shape("shifts of vectors", |n| {
            row(
                n,
                "v128",
                "local.get 0 local.get 1 i8x16.shr_s local.get 1 i64x2.shr_s local.set 0 ",
            )
        }),
        shape("products of vectors", |n| {
            row(
                n,
                "v128",
                "local.get 0 local.get 0 i64x2.mul i8x16.popcnt local.set 0 ",
            )
        }),
        shape("replaced lanes", |n| {
            row(
                n,
                "v128",
                "local.get 0 f32.const 1 f32x4.replace_lane 2 local.set 0 ",
            )
        }),
        shape("memory.grow", |n| {
            row(n, "i32", "local.get 0 memory.grow local.set 0 ")
        }),
        shape("memory.fill", |n| {
            row(n, "i32", "local.get 0 local.get 1 local.get 2 memory.fill ")
        }),
        shape("memory.copy", |n| {
            row(n, "i32", "local.get 0 local.get 1 local.get 2 memory.copy ")
        }),
        shape("memory.init", |n| {
            format!(
                "(data \"abc\") {}",
                row(
                    n,
                    "i32",
                    "local.get 0 local.get 1 local.get 2 memory.init 0 "
                )
            )
        }),
        shape("table.get and table.set", |n| {
            row(n, "i32", "local.get 0 local.get 1 table.get 0 table.set 0 ")
        }),
        shape("table.fill", |n| {
            row(
                n,
                "i32",
                "local.get 0 local.get 1 table.get 0 local.get 2 table.fill 0 ",
            )
        }),
        shape("table.copy", |n| {
            row(n, "i32", "local.get 0 local.get 1 local.get 2 table.copy ")
        }),
        shape("table.grow", |n| {
            row(
                n,
                "i32",
                "ref.null func local.get 1 table.grow 0 local.set 0 ",
            )
        }),
        shape("ref.func", |n| {
            format!(
                "(func $f) (elem declare func $f) {}",
                row(n, "i32", "local.get 0 ref.func $f table.set 0 ")
            )
        }),
        shape("calls", |n| {
            format!("(func $f) {}", row(n, "i32", "call $f "))
        }),
        shape("calls of itself", |n| {
            format!("(func $f {})", repeat(n, "call $f "))
        }),
        shape("indirect calls", |n| {
            format!(
                "(type $t (func)) {}",
                row(n, "i32", "local.get 0 call_indirect (type $t) ")
            )
        }),
        shape("calls with two hundred values", |n| {
            let types = repeat(200, "i32 ");
            format!(
                "(func $f (param {types}) (result {types}) unreachable) (func {} {} {})",
                repeat(200, "i32.const 1 "),
                repeat(n, "call $f "),
                repeat(200, "drop ")
            )
        }),
        shape("indirect calls with a thousand values", |n| {
            let types = repeat(1000, "i64 ");
            format!(
                "(type $t (func (param {types}) (result {types}))) (func {} {} {})",
                repeat(1000, "i64.const 1 "),
                repeat(n, "i32.const 0 call_indirect (type $t) "),
                repeat(1000, "drop ")
            )
        }),
        shape("calls with two hundred vectors", |n| {
            let types = repeat(200, "v128 ");
            format!(
                "(func $f (param {types}) (result {types}) unreachable) (func {} {} {})",
                repeat(200, "v128.const i64x2 1 2 "),
                repeat(n, "call $f "),
                repeat(200, "drop ")
            )
        }),
        shape("globals", |n| {
            format!(
                "(global $g (mut i64) (i64.const 0)) {}",
                row(n, "i64", "global.get $g local.get 0 i64.add global.set $g ")
            )
        }),
        shape("code that is never reached", |n| {
            format!(
                "(func unreachable {})",
                repeat(n, "i32.const 1 i32.div_s drop ")
            )
        }),
        shape("shifts by nothing", |n| {
            format!(
                "(func (param i32) (result i32) local.get 0 local.set 0 {} {} local.get 0)",
                repeat(n, "local.get 0 i32.const 0 i32.shl local.set 0 "),
                repeat(n, "local.get 0 local.get 0 i32.store ")
            )
        }),
    ]
}
