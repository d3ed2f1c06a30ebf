//! Many of something in the module.

use super::{Shape, each, repeat, shape};

pub fn all() -> Vec<Shape> {
    vec![
        shape("empty functions", |n| repeat(n, "(func) ")),
        shape("functions", |n| {
            repeat(
                n,
                "(func (param i32) (result i32) local.get 0 i32.load i32.load) ",
            )
        }),
        shape("functions that call each other", |n| {
            format!(
                "(func $f call $g) (func $g call $f) {}",
                repeat(n, "(func call $f) ")
            )
        }),
        shape("functions with locals", |n| {
            repeat(n, &format!("(func (local {})) ", repeat(2000, "i64 ")))
        }),
        shape("types", |n| format!("{} (func)", each(n, type_of))),
        shape("types and functions", |n| {
            format!("{} {}", each(n, type_of), repeat(n, "(func) "))
        }),
        shape("long types", |n| {
            format!(
                "{} (func)",
                each(n, |i| format!(
                    "(type (func (param {} {})))",
                    repeat(900, "i32 "),
                    bits(i)
                ))
            )
        }),
        shape("globals of a module", |n| {
            format!("{} (func)", repeat(n, "(global i32 (i32.const 0)) "))
        }),
        shape("globals and functions", |n| {
            format!(
                "{} {}",
                repeat(n, "(global i32 (i32.const 0)) "),
                repeat(n, "(func) ")
            )
        }),
        shape("mutable globals and functions", |n| {
            format!(
                "{} {}",
                repeat(n, "(global (mut i32) (i32.const 0)) "),
                repeat(n, "(func) ")
            )
        }),
        shape("exports", |n| {
            format!(
                "(func $f) {}",
                each(n, |i| format!("(export \"{i}\" (func $f))"))
            )
        }),
        shape("exports and functions", |n| {
            each(n, |i| format!("(func (export \"{i}\"))"))
        }),
        shape("element segments", |n| {
            format!("(func $f) {}", repeat(n, "(elem func $f) "))
        }),
        shape("data segments", |n| {
            format!("(func) {}", repeat(n.min(100_000), "(data \"abc\") "))
        }),
        shape("a long element segment", |n| {
            format!("(func $f) (elem func {})", repeat(n, "$f "))
        }),
    ]
}

fn type_of(i: usize) -> String {
    format!("(type (func (param {}))) ", bits(i))
}

fn bits(i: usize) -> String {
    each(20, |bit| {
        (if i >> bit & 1 == 1 { "i32 " } else { "i64 " }).into()
    })
}
