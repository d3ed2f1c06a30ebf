//! Shapes of modules that are hard to compile, each a text that grows with a
//! number. They stand in `shapes.txt`.

/// A shape.
#[derive(Clone, Copy)]
pub struct Shape {
    /// What it is.
    pub name: &'static str,
    /// The fields of the module, to be expanded for a size.
    fields: &'static str,
}

/// All shapes.
pub fn all() -> Vec<Shape> {
    let lines: Vec<&str> = include_str!("shapes.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with(";;"))
        .collect();
    lines
        .chunks(2)
        .map(|lines| Shape {
            name: lines[0],
            fields: lines[1].trim_start(),
        })
        .collect()
}

/// The module of a shape, as bytes.
///
/// # Panics
///
/// When the shape's text is wrong.
pub fn module(shape: &Shape, n: usize) -> Vec<u8> {
    let mut text = "(module (memory 1) (table 10 funcref) ".to_owned();
    expand(shape.fields, n, 0, &mut text);
    text.push(')');
    wat::parse_str(&text).unwrap_or_else(|err| panic!("{}: {err}", shape.name))
}

/// Appends `text` with its repetitions for the size `n`, and its numbers for the index
/// `i` of the repetition that it is in.
fn expand(mut text: &str, n: usize, i: usize, out: &mut String) {
    while let Some(at) = text.find(['[', '{']) {
        out.push_str(&text[..at]);
        let end = at + closing(&text[at..]);
        let inner = &text[at + 1..end];
        if text[at..].starts_with('{') {
            out.push_str(&number(inner, n, i));
        } else {
            let (times, repeated) = match inner.find([':', '[']) {
                Some(colon) if inner[colon..].starts_with(':') => {
                    (count(&inner[..colon], n), &inner[colon + 1..])
                }
                _ => (n, inner),
            };
            for i in 0..times {
                expand(repeated, n, i, out);
                out.push(' ');
            }
        }
        text = &text[end + 1..];
    }
    out.push_str(text);
}

/// Where the bracket that `text` begins with is closed.
fn closing(text: &str) -> usize {
    let mut depth = 0;
    text.find(|c| {
        depth += i32::from(matches!(c, '[' | '{')) - i32::from(matches!(c, ']' | '}'));
        depth == 0
    })
    .unwrap_or_else(|| panic!("{text:?} is not closed"))
}

fn count(text: &str, n: usize) -> usize {
    match text {
        "n-1" => n - 1,
        "n/10" => n / 10,
        "min(n,100000)" => n.min(100_000),
        _ => text
            .parse()
            .unwrap_or_else(|_| panic!("{text:?} is no count")),
    }
}

fn number(text: &str, n: usize, i: usize) -> String {
    let number = match text {
        "i" => i,
        "i+1" => i + 1,
        "i+2" => i + 2,
        "n-i-1" => n - i - 1,
        "(n-1-i)/2" => (n - 1 - i) / 2,
        "(i*7+1)%n" => (i * 7 + 1) % n,
        "(i*7+1)%n+1" => (i * 7 + 1) % n + 1,
        "i%60000" => i % 60_000,
        // The bits of i, as types.
        "bits" => {
            let ty = |bit: usize| if i >> bit & 1 == 1 { "i32 " } else { "i64 " };
            return (0..20).map(ty).collect();
        }
        _ => panic!("{text:?} is no number"),
    };
    number.to_string()
}
