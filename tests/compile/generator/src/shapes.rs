//! Shapes of modules that are hard to compile, each a text that grows with a
//! number.

/// A shape.
#[derive(Clone, Copy)]
pub struct Shape {
    /// What it is.
    pub name: &'static str,
    /// The fields of the module for a size.
    pub fields: fn(usize) -> String,
}

/// All shapes.
pub fn all() -> Vec<Shape> {
    [straight(), live(), flow(), many()].concat()
}

/// The module of a shape, as bytes.
///
/// # Panics
///
/// When the shape's text is wrong.
pub fn module(shape: &Shape, n: usize) -> Vec<u8> {
    let text = format!(
        "(module (memory 1) (table 10 funcref) {})",
        (shape.fields)(n)
    );
    wat::parse_str(&text).unwrap_or_else(|err| panic!("{}: {err}", shape.name))
}

fn repeat(n: usize, text: &str) -> String {
    text.repeat(n)
}

fn each(n: usize, text: impl Fn(usize) -> String) -> String {
    (0..n).map(text).collect()
}

fn function(body: &str) -> String {
    format!("(func {body})")
}

/// `n` times the same instructions in a row; local 0 is of the type, and the
/// result.
fn row(n: usize, ty: &str, text: &str) -> String {
    format!(
        "(func (param {ty} i32 i32) (result {ty}) {} local.get 0)",
        text.repeat(n)
    )
}

const fn shape(name: &'static str, fields: fn(usize) -> String) -> Shape {
    Shape { name, fields }
}

/// Straight lines of one sort of instruction: linear, but some take much more
/// than others for a byte.
fn straight() -> Vec<Shape> {
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

/// Values that live long.
fn live() -> Vec<Shape> {
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

/// Control flow.
fn flow() -> Vec<Shape> {
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

/// Many of something in the module.
fn many() -> Vec<Shape> {
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
        shape("types", |n| format!("{} (func)", each(n, |i| type_of(i)))),
        shape("types and functions", |n| {
            format!("{} {}", each(n, |i| type_of(i)), repeat(n, "(func) "))
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
