//! Types as text.

use std::rc::Rc;

use super::{Kind, Type};

/// How many bytes of a type's text messages have at most.
const MAX_SHOWN: usize = 2000;

impl<'a> Type<'a> {
    /// The type as WIT writes it, with every name replaced by what it stands for.
    /// `None` if it has more than `most` bytes: types are shared, so a few bytes can
    /// mean a text without end.
    pub fn text(&self, most: usize) -> Option<String> {
        let mut out = String::new();
        self.write(&mut out, most);
        (out.len() <= most).then_some(out)
    }

    /// The text for a message, which is cut if it is too long to be read.
    pub(crate) fn shown(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, MAX_SHOWN);
        cut(out)
    }

    /// Whether the type has the text, of any length.
    pub fn is(&self, text: &str) -> bool {
        self.text(text.len()).is_some_and(|found| found == text)
    }

    /// Writes the text. Stops behind `most` bytes, with the name that ends there.
    fn write(&self, out: &mut String, most: usize) {
        if out.len() > most {
            return;
        }
        let optional = |out: &mut String, value: &Option<Rc<Type<'a>>>| match value {
            Some(value) => value.write(out, most),
            None => out.push('_'),
        };
        match &self.kind {
            Kind::Primitive(name) | Kind::Other(name) => out.push_str(name),
            Kind::Resource { .. } => out.push_str("resource"),
            Kind::Instance(_) => out.push_str("instance type"),
            Kind::Record(fields) => {
                out.push_str("record { ");
                write_fields(out, fields, most);
                out.push_str(" }");
            }
            Kind::Variant(cases) => {
                out.push_str("variant { ");
                write_list(out, cases, most, |out, (name, value)| {
                    out.push_str(name);
                    if let Some(value) = value {
                        out.push('(');
                        value.write(out, most);
                        out.push(')');
                    }
                });
                out.push_str(" }");
            }
            Kind::Of(name, parameters) => {
                out.push_str(name);
                if !parameters.is_empty() {
                    out.push('<');
                    write_list(out, parameters, most, |out, value| value.write(out, most));
                    out.push('>');
                }
            }
            Kind::Array(value, length) => {
                out.push_str("list<");
                value.write(out, most);
                out.push_str(&format!(", {length}>"));
            }
            Kind::Names(name, names) => {
                out.push_str(name);
                out.push_str(" { ");
                write_list(out, names, most, |out, name| out.push_str(name));
                out.push_str(" }");
            }
            Kind::Result(None, None) => out.push_str("result"),
            Kind::Result(ok, None) => {
                out.push_str("result<");
                optional(out, ok);
                out.push('>');
            }
            Kind::Result(ok, err) => {
                out.push_str("result<");
                optional(out, ok);
                out.push_str(", ");
                optional(out, err);
                out.push('>');
            }
            Kind::Function {
                is_async,
                parameters,
                result,
            } => {
                out.push_str(if *is_async { "async func(" } else { "func(" });
                write_fields(out, parameters, most);
                out.push(')');
                if let Some(result) = result {
                    out.push_str(" -> ");
                    result.write(out, most);
                }
            }
        }
    }
}

fn write_fields(out: &mut String, fields: &[(&str, Rc<Type<'_>>)], most: usize) {
    write_list(out, fields, most, |out, (name, value)| {
        out.push_str(name);
        out.push_str(": ");
        value.write(out, most);
    });
}

fn write_list<T>(out: &mut String, list: &[T], most: usize, write: impl Fn(&mut String, &T)) {
    for (i, item) in list.iter().enumerate() {
        if out.len() > most {
            return;
        }
        if i > 0 {
            out.push_str(", ");
        }
        write(out, item);
    }
}

/// Cuts a type's text where it is too long to be read.
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > MAX_SHOWN {
        let end = (0..=MAX_SHOWN).rev().find(|&at| text.is_char_boundary(at));
        text.truncate(end.unwrap_or(0));
        text.push('…');
    }
    text
}
