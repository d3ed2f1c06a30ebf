//! Shapes of modules that are hard to compile, each a text that grows with a
//! number.

mod flow;
mod live;
mod many;
mod straight;

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
    [straight::all(), live::all(), flow::all(), many::all()].concat()
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
