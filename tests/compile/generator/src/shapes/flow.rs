//! Control flow.

use super::{Shape, each, function, repeat, shape};

pub fn all() -> Vec<Shape> {
    vec![
        shape("blocks in a row", |n| function(&repeat(n, "block end "))),
        shape("exits in a row", |n| {
            format!(
                "(func (param i32) {})",
                repeat(n, "block local.get 0 br_if 0 end ")
            )
        }),
        shape("nested blocks", |n| {
            function(&(repeat(n, "block ") + &repeat(n, "end ")))
        }),
        shape("nested blocks with exits", |n| {
            format!(
                "(func (param i32) {} {})",
                repeat(n, "block "),
                each(n, |i| format!("local.get 0 br_if {} end ", (n - 1 - i) / 2))
            )
        }),
        shape("many exits", |n| {
            format!(
                "(func (param i32) block {} end)",
                repeat(n, "local.get 0 br_if 0 ")
            )
        }),
        shape("ifs in a row", |n| {
            format!(
                "(func (param i32) {})",
                repeat(n, "local.get 0 if nop else nop end ")
            )
        }),
        shape("nested ifs", |n| {
            format!(
                "(func (param i32) {} {})",
                repeat(n, "local.get 0 if "),
                repeat(n, "end ")
            )
        }),
        shape("nested elses", |n| {
            format!(
                "(func (param i32) {} {})",
                repeat(n, "local.get 0 if else "),
                repeat(n, "end ")
            )
        }),
        shape("loops in a row", |n| function(&repeat(n, "loop end "))),
        shape("endless loops in a row", |n| {
            format!(
                "(func (param i32) {})",
                repeat(n, "loop local.get 0 br_if 0 end ")
            )
        }),
        shape("nested loops", |n| {
            function(&(repeat(n, "loop ") + &repeat(n, "end ")))
        }),
        shape("nested endless loops", |n| {
            format!(
                "(func (param i32) {} {})",
                repeat(n, "loop "),
                each(n, |i| format!("local.get 0 br_if {} end ", (n - 1 - i) / 2))
            )
        }),
        shape("a table of branches", |n| {
            format!(
                "(func (param i32) block local.get 0 br_table {} end)",
                repeat(n, "0 ")
            )
        }),
        shape("tables of branches", |n| {
            format!(
                "(func (param i32) {})",
                repeat(n, "block local.get 0 br_table 0 0 0 0 end ")
            )
        }),
        shape("a table of branches to everywhere", |n| {
            format!(
                "(func (param i32) {} local.get 0 br_table {} {})",
                repeat(n, "block "),
                each(n, |i| format!("{i} ")),
                repeat(n, "end ")
            )
        }),
        shape("a machine of states", |n| {
            format!(
                "(func (param i32) loop {} local.get 0 br_table {} {} end)",
                repeat(n, "block "),
                each(n, |i| format!("{i} ")),
                each(n, |i| format!(
                    "end local.get 0 i32.const 3 i32.mul local.set 0 br {} ",
                    n - i - 1
                ))
            )
        }),
        shape("traps that are skipped", |n| {
            format!(
                "(func (param i32) {})",
                repeat(n, "local.get 0 if unreachable end ")
            )
        }),
        shape("early returns", |n| {
            format!(
                "(func (param i32) {})",
                repeat(n, "local.get 0 if return end ")
            )
        }),
        shape("many exits, many locals", |n| {
            format!(
                "(func (param i32) (local {}) block {} end)",
                repeat(n, "i32 "),
                each(n, |i| format!(
                    "local.get 0 br_if 0 i32.const 1 local.set {} ",
                    1 + i
                ))
            )
        }),
        shape("locals and blocks", |n| {
            format!(
                "(func (local {}) {})",
                repeat(n, "i32 "),
                each(n, |i| format!(
                    "block local.get {i} br_if 0 i32.const 1 local.set {} end ",
                    (i * 7 + 1) % n
                ))
            )
        }),
        shape("locals in nested loops", |n| {
            format!(
                "(func (param i32) (local {}) {} {})",
                repeat(n, "i32 "),
                each(n, |i| format!(
                    "loop local.get {} i32.const 1 i32.add local.set {} ",
                    i + 1,
                    (i * 7 + 1) % n + 1
                )),
                repeat(n, "local.get 0 br_if 0 end ")
            )
        }),
    ]
}
