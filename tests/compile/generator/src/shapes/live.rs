//! Values that live long.

use super::{Shape, each, repeat, shape};

pub fn all() -> Vec<Shape> {
    vec![
        shape("values live across calls", |n| {
            format!(
                "(func $f) (func (param i32) (result i32) {} {} {})",
                repeat(n, "local.get 0 i32.load local.tee 0 "),
                repeat(n, "call $f "),
                repeat(n - 1, "i32.add ")
            )
        }),
        shape("values live across stores", |n| {
            format!(
                "(func (param i32) (result i32) {} {} {})",
                repeat(n, "local.get 0 i32.load local.tee 0 "),
                repeat(
                    n,
                    "local.get 0 i32.const 1 i32.add local.tee 0 local.get 0 i32.store "
                ),
                repeat(n - 1, "i32.add ")
            )
        }),
        shape("values live across divisions", |n| {
            format!(
                "(func (param i32) (result i32) {} {} {})",
                repeat(n, "local.get 0 i32.load local.tee 0 "),
                repeat(n, "local.get 0 local.get 0 i32.div_s local.set 0 "),
                repeat(n - 1, "i32.add ")
            )
        }),
        shape("values live across conversions", |n| {
            format!(
                "(func (param f64) (local i32) (result f64) {} {} {})",
                repeat(n, "local.get 0 f64.sqrt local.tee 0 "),
                repeat(
                    n,
                    "local.get 0 i32.trunc_f64_s f64.convert_i32_s local.set 0 "
                ),
                repeat(n - 1, "f64.add ")
            )
            .replace("(local i32) (result f64)", "(result f64) (local i32)")
        }),
        shape("vectors live across calls", |n| {
            format!(
                "(func $f) (func (param v128) (result v128) {} {} {})",
                repeat(n, "local.get 0 i32x4.neg local.tee 0 "),
                repeat(n, "call $f "),
                repeat(n - 1, "v128.xor ")
            )
        }),
        shape("values live across conditions", |n| {
            format!(
                "(func (param i32) (result i32) {} {} {})",
                repeat(n, "local.get 0 i32.load local.tee 0 "),
                repeat(n, "local.get 0 if end "),
                repeat(n - 1, "i32.add ")
            )
        }),
        shape("locals live across conditions", |n| {
            format!(
                "(func (param i32) (local {}) {} {} {})",
                repeat(n, "i32 "),
                each(n, |i| format!("local.get 0 i32.load local.set {} ", i + 1)),
                repeat(n, "local.get 0 if end "),
                each(n, |i| format!("local.get 0 local.get {} i32.store ", i + 1))
            )
        }),
        shape("locals live across selects of floats", |n| {
            format!(
                "(func (param i32 f64) (local {}) {} {} {})",
                repeat(n, "f64 "),
                each(n, |i| format!("local.get 0 f64.load local.set {} ", i + 2)),
                repeat(n, "local.get 1 f64.const 1 local.get 0 select local.set 1 "),
                each(n, |i| format!("local.get 0 local.get {} f64.store ", i + 2))
            )
        }),
        shape("locals live across fills", |n| {
            format!(
                "(func (param i32) (local {}) {} {} {})",
                repeat(n, "i32 "),
                each(n, |i| format!("local.get 0 i32.load local.set {} ", i + 1)),
                repeat(n, "local.get 0 local.get 0 local.get 0 memory.fill "),
                each(n, |i| format!("local.get 0 local.get {} i32.store ", i + 1))
            )
        }),
        shape("locals live across table fills", |n| {
            format!(
                "(func (param i32) (local {}) {} {} {})",
                repeat(n, "i32 "),
                each(n, |i| format!("local.get 0 i32.load local.set {} ", i + 1)),
                repeat(n, "local.get 0 ref.null func local.get 0 table.fill 0 "),
                each(n, |i| format!("local.get 0 local.get {} i32.store ", i + 1))
            )
        }),
        shape("locals live across loops", |n| {
            format!(
                "(func (param i32) (local {}) {} {} {})",
                repeat(n, "i32 "),
                each(n, |i| format!("local.get 0 i32.load local.set {} ", i + 1)),
                repeat(n, "loop local.get 0 br_if 0 end "),
                each(n, |i| format!("local.get 0 local.get {} i32.store ", i + 1))
            )
        }),
        shape("locals live across nested loops", |n| {
            format!(
                "(func (param i32) (local {}) {} {} {} {})",
                repeat(n, "i32 "),
                each(n, |i| format!("local.get 0 i32.load local.set {} ", i + 1)),
                repeat(n, "loop "),
                repeat(n, "local.get 0 br_if 0 end "),
                each(n, |i| format!("local.get 0 local.get {} i32.store ", i + 1))
            )
        }),
        shape("locals live in a table of branches", |n| {
            format!(
                "(func (param i32) (local {}) {} block local.get 0 br_table {} end {})",
                repeat(n, "i32 "),
                each(n, |i| format!("local.get 0 i32.load local.set {} ", i + 1)),
                repeat(n, "0 "),
                each(n, |i| format!("local.get 0 local.get {} i32.store ", i + 1))
            )
        }),
        shape("locals live into deep blocks", |n| {
            format!(
                "(func (param i32) (local {}) {} {} {} {})",
                repeat(n, "i32 "),
                each(n, |i| format!("local.get 0 i32.load local.set {} ", i + 1)),
                repeat(n, "local.get 0 if "),
                each(n, |i| format!("local.get 0 local.get {} i32.store ", i + 1)),
                repeat(n, "end ")
            )
        }),
        shape("locals set in every arm", |n| {
            format!(
                "(func (param i32) (local {}) {})",
                repeat(n, "i32 "),
                repeat(
                    20,
                    &format!(
                        "local.get 0 if {} else {} end {} ",
                        each(n, |i| format!("local.get 0 local.set {} ", i + 1)),
                        each(n, |i| format!("i32.const 7 local.set {} ", i + 1)),
                        each(n, |i| format!("local.get 0 local.get {} i32.store ", i + 1))
                    )
                )
            )
        }),
        shape("addresses known across blocks", |n| {
            format!(
                "(func (param i32) {} {})",
                repeat(n, "local.get 0 i32.load local.tee 0 drop "),
                repeat(n, "block end local.get 0 if end ")
            )
        }),
        shape("addresses known across exits", |n| {
            format!(
                "(func (param i32) block {} {} end)",
                repeat(n, "local.get 0 i32.load local.set 0 "),
                repeat(n, "local.get 0 br_if 0 ")
            )
        }),
        shape("addresses known across loops", |n| {
            format!(
                "(func (param i32) {} {})",
                repeat(n, "local.get 0 i32.load local.set 0 "),
                repeat(n, "loop end ")
            )
        }),
        shape("addresses known across calls", |n| {
            format!(
                "(func $f) (func (param i32) {} {})",
                repeat(n, "local.get 0 i32.load local.set 0 "),
                repeat(n, "call $f ")
            )
        }),
        shape("globals and calls", |n| {
            format!(
                "{} (func $f) (func {})",
                repeat(n, "(global (mut i32) (i32.const 0)) "),
                repeat(n, "call $f ")
            )
        }),
        shape("globals and indirect calls", |n| {
            format!(
                "{} (type $t (func)) (func {})",
                repeat(n, "(global (mut v128) (v128.const i64x2 0 0)) "),
                repeat(n, "i32.const 0 call_indirect (type $t) ")
            )
        }),
        shape("a chain of definitions that are one", |n| {
            format!(
                "(func (param i32) {} {})",
                repeat(n / 10, "block local.get 0 br_if 0 end "),
                repeat(n, "local.get 0 local.get 0 i32.store ")
            )
        }),
        shape("values of a chain of blocks", |n| {
            format!(
                "(func (param i32) (local i32) {} )",
                repeat(
                    n,
                    "local.get 0 if (result i32) local.get 0 else i32.const 1 end local.set 0 "
                )
            )
        }),
        shape("a thousand results of a block with many exits", |n| {
            let types = repeat(1000, "i32 ");
            format!(
                "(func (param i32) block (result {types}) {} {} end {})",
                repeat(1000, "local.get 0 i32.load local.tee 0 "),
                repeat(n, "local.get 0 br_if 0 "),
                repeat(1000, "drop ")
            )
        }),
        shape("a thousand parameters of loops", |n| {
            let types = repeat(1000, "i32 ");
            format!(
                "(type $t (func (param {types}) (result {types}))) (func (param i32) {} {} {})",
                repeat(1000, "local.get 0 i32.load local.tee 0 "),
                repeat(n, "loop (type $t) local.get 0 br_if 0 end "),
                repeat(1000, "drop ")
            )
        }),
        shape("a thousand results of ifs", |n| {
            let types = repeat(1000, "i32 ");
            format!(
                "(type $t (func (param {types}) (result {types}))) (func (param i32) {} {} {})",
                repeat(1000, "local.get 0 i32.load local.tee 0 "),
                repeat(n, "local.get 0 if (type $t) else end "),
                repeat(1000, "drop ")
            )
        }),
        shape("a thousand values in a table of branches", |n| {
            let types = repeat(1000, "i32 ");
            format!(
                "(func (param i32) block (result {types}) {} local.get 0 br_table {} end {})",
                repeat(1000, "local.get 0 i32.load local.tee 0 "),
                repeat(n, "0 "),
                repeat(1000, "drop ")
            )
        }),
        shape("many results returned early", |n| {
            let types = repeat(1000, "i64 ");
            format!(
                "(func (param i32) (result {types}) {} {})",
                repeat(1000, "i64.const 1 "),
                repeat(n, "local.get 0 br_if 0 ")
            )
        }),
    ]
}
