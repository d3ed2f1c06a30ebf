//! Values in a form of their own, which has nothing to do with the canonical ABI,
//! for the program on the other side.
//!
//! A value is a letter for what it is, and then:
//!
//! | letter | |
//! | --- | --- |
//! | `?` | bool: a byte |
//! | `b` `B` `h` `H` `i` `I` `q` `Q` | s8, u8, s16 .. u64: the bytes, the lowest first |
//! | `f` `d` | f32, f64: their bits, the lowest byte first |
//! | `c` | char: u32 |
//! | `s` | string: u32 length, UTF-8 |
//! | `l` `a` | list, fixed-length list: u32 length, values |
//! | `m` | map: u32 length, a key and a value each |
//! | `o` | option: a byte 0, or 1 and the value |
//! | `r` | result: a byte 0 if ok, 1 if an error; a byte 1 and the value, or 0 without one |
//! | `t` | record or tuple: u32 length, values |
//! | `v` | variant: u32 case; a byte 1 and the value, or 0 without one |
//! | `e` | enum: u32 number of cases, u32 case |
//! | `T` | a thing, owned or borrowed: u32 number |
//! | `g` | flags: u32 number of flags, u32 bits |

use wasmtime::component::Val;

use crate::things;
use crate::world::{Body, Type};

/// Appends the value of the type to the bytes.
///
/// # Panics
///
/// If the value is of another type.
pub fn encode(ty: &Type, value: &Val, out: &mut Vec<u8>) {
    let ty = match ty {
        Type::Named(_, body) => return declared(body, value, out),
        ty => ty,
    };
    match (ty, value) {
        (Type::Thing(_), value) => {
            let number = things::number(value).expect("a thing has a number");
            length(b'T', number as usize, out);
        }
        (Type::Scalar(_), value) => scalar(value, out),
        (Type::List(item), Val::List(values)) => {
            length(b'l', values.len(), out);
            values.iter().for_each(|value| encode(item, value, out));
        }
        (Type::FixedList(item, _), Val::FixedLengthList(values)) => {
            length(b'a', values.len(), out);
            values.iter().for_each(|value| encode(item, value, out));
        }
        (Type::Map(key, item), Val::Map(pairs)) => {
            length(b'm', pairs.len(), out);
            for (with, value) in pairs {
                encode(&Type::Scalar(*key), with, out);
                encode(item, value, out);
            }
        }
        (Type::Option(some), Val::Option(value)) => {
            out.push(b'o');
            maybe(Some(some), value.as_deref(), out);
        }
        (Type::Result(ok, _), Val::Result(Ok(value))) => {
            out.extend([b'r', 0]);
            maybe(ok.as_deref(), value.as_deref(), out);
        }
        (Type::Result(_, err), Val::Result(Err(value))) => {
            out.extend([b'r', 1]);
            maybe(err.as_deref(), value.as_deref(), out);
        }
        (Type::Tuple(types), Val::Tuple(values)) => {
            length(b't', values.len(), out);
            for (ty, value) in types.iter().zip(values) {
                encode(ty, value, out);
            }
        }
        (ty, value) => panic!("{value:?} is no {ty}"),
    }
}

fn declared(body: &Body, value: &Val, out: &mut Vec<u8>) {
    match (body, value) {
        (Body::Alias(ty), value) => encode(ty, value, out),
        (Body::Record(fields), Val::Record(values)) => {
            length(b't', values.len(), out);
            for ((_, ty), (_, value)) in fields.iter().zip(values) {
                encode(ty, value, out);
            }
        }
        (Body::Variant(cases), Val::Variant(name, value)) => {
            let case = position(cases.iter().map(|(name, _)| name), name);
            length(b'v', case, out);
            maybe(cases[case].1.as_ref(), value.as_deref(), out);
        }
        (Body::Enum(cases), Val::Enum(name)) => {
            length(b'e', cases.len(), out);
            number(position(cases.iter(), name), out);
        }
        (Body::Flags(flags), Val::Flags(set)) => {
            length(b'g', flags.len(), out);
            number(
                set.iter()
                    .map(|name| 1 << position(flags.iter(), name))
                    .sum(),
                out,
            );
        }
        (body, value) => panic!("{value:?} is no {body:?}"),
    }
}

fn scalar(value: &Val, out: &mut Vec<u8>) {
    let mut put = |letter, bytes: &[u8]| {
        out.push(letter);
        out.extend(bytes);
    };
    match value {
        Val::Bool(value) => put(b'?', &[u8::from(*value)]),
        Val::S8(value) => put(b'b', &value.to_le_bytes()),
        Val::U8(value) => put(b'B', &value.to_le_bytes()),
        Val::S16(value) => put(b'h', &value.to_le_bytes()),
        Val::U16(value) => put(b'H', &value.to_le_bytes()),
        Val::S32(value) => put(b'i', &value.to_le_bytes()),
        Val::U32(value) => put(b'I', &value.to_le_bytes()),
        Val::S64(value) => put(b'q', &value.to_le_bytes()),
        Val::U64(value) => put(b'Q', &value.to_le_bytes()),
        Val::Float32(value) => put(b'f', &value.to_bits().to_le_bytes()),
        Val::Float64(value) => put(b'd', &value.to_bits().to_le_bytes()),
        Val::Char(value) => put(b'c', &u32::from(*value).to_le_bytes()),
        Val::String(text) => {
            length(b's', text.len(), out);
            out.extend(text.as_bytes());
        }
        value => panic!("{value:?} has parts"),
    }
}

fn maybe(ty: Option<&Type>, value: Option<&Val>, out: &mut Vec<u8>) {
    out.push(u8::from(value.is_some()));
    if let Some(value) = value {
        encode(ty.expect("a value has a type"), value, out);
    }
}

fn length(letter: u8, length: usize, out: &mut Vec<u8>) {
    out.push(letter);
    number(length, out);
}

fn number(number: usize, out: &mut Vec<u8>) {
    let number = u32::try_from(number).expect("numbers have 32 bits");
    out.extend(number.to_le_bytes());
}

fn position<'a>(mut names: impl Iterator<Item = &'a String>, name: &str) -> usize {
    names
        .position(|other| other == name)
        .expect("the type has the name")
}
