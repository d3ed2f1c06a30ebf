//! Values as docs/vectors.md writes them, by their WIT types.

use anyhow::{Context as _, Result, bail, ensure};
use compute_pipeline_runner::{hex, unhex};
use serde_json::{Map, Value, json};
use wasmtime::component::{Type, Val};

/// The value of a type that the JSON stands for.
pub fn read(ty: &Type, json: &Value) -> Result<Val> {
    let value = match ty {
        Type::Bool => json.as_bool().map(Val::Bool),
        Type::S8 => number(json).map(Val::S8),
        Type::U8 => number(json).map(Val::U8),
        Type::S16 => number(json).map(Val::S16),
        Type::U16 => number(json).map(Val::U16),
        Type::S32 => number(json).map(Val::S32),
        Type::U32 => number(json).map(Val::U32),
        Type::S64 => text(json).and_then(|t| t.parse().ok()).map(Val::S64),
        Type::U64 => text(json).and_then(|t| t.parse().ok()).map(Val::U64),
        Type::Float32 => bits(json, 8).map(|b| Val::Float32(f32::from_bits(b as u32))),
        Type::Float64 => bits(json, 16).map(|b| Val::Float64(f64::from_bits(b))),
        Type::Char => text(json).and_then(|t| t.parse().ok()).map(Val::Char),
        Type::String => text(json).map(|t| Val::String(t.into())),
        Type::List(list) if list.ty() == Type::U8 => {
            let bytes = unhex(json["hex"].as_str().context("bytes without hex")?)?;
            Some(Val::List(bytes.into_iter().map(Val::U8).collect()))
        }
        Type::List(list) => {
            let ty = list.ty();
            let items = json.as_array().context("expected a list")?;
            let items = items.iter().map(|item| read(&ty, item));
            Some(Val::List(items.collect::<Result<_>>()?))
        }
        Type::Tuple(tuple) => {
            let items = json.as_array().context("a tuple that is no list")?;
            ensure!(items.len() == tuple.types().len(), "a tuple of {json}");
            let items = tuple.types().zip(items).map(|(ty, item)| read(&ty, item));
            Some(Val::Tuple(items.collect::<Result<_>>()?))
        }
        Type::Record(record) => {
            let object = json.as_object().context("a record that is no object")?;
            ensure!(object.len() == record.fields().len(), "a record of {json}");
            let fields = record.fields().map(|field| {
                let value = object.get(field.name).context("a field is missing")?;
                Ok((field.name.to_owned(), read(&field.ty, value)?))
            });
            Some(Val::Record(fields.collect::<Result<_>>()?))
        }
        Type::Enum(_) => text(json).map(|t| Val::Enum(t.into())),
        Type::Flags(_) => {
            let names = json.as_array().context("flags that are no list")?;
            let names = names.iter().map(|n| text(n).map(str::to_owned));
            names.collect::<Option<_>>().map(Val::Flags)
        }
        Type::Option(_) if json.is_null() => Some(Val::Option(None)),
        Type::Option(option) => {
            let json = match option.ty() {
                Type::Option(_) => &json["some"],
                _ => json,
            };
            Some(Val::Option(Some(Box::new(read(&option.ty(), json)?))))
        }
        Type::Variant(variant) => {
            let (name, payload) = named(json).context("expected a variant")?;
            let case = variant.cases().find(|case| case.name == name);
            let case = case.context("an unknown case")?;
            Some(Val::Variant(name.into(), maybe(case.ty, payload)?))
        }
        Type::Result(result) => Some(Val::Result(match named(json) {
            Some(("ok", payload)) => Ok(maybe(result.ok(), payload)?),
            Some(("err", payload)) => Err(maybe(result.err(), payload)?),
            _ => bail!("a result of {json}"),
        })),
        _ => bail!("no notation for {ty:?}"),
    };
    value.with_context(|| format!("{json:.80} is no {ty:?}"))
}

/// A payload, if the type has one.
fn maybe(ty: Option<Type>, json: &Value) -> Result<Option<Box<Val>>> {
    ty.map(|ty| read(&ty, json).map(Box::new)).transpose()
}

/// The case of a variant, and the payload.
fn named(json: &Value) -> Option<(&str, &Value)> {
    if let Value::String(name) = json {
        return Some((name, &Value::Null));
    }
    let object = json.as_object().filter(|object| object.len() == 1)?;
    object
        .iter()
        .next()
        .map(|(name, value)| (name.as_str(), value))
}

fn number<T: TryFrom<i64>>(json: &Value) -> Option<T> {
    json.as_i64().and_then(|n| n.try_into().ok())
}

fn text(json: &Value) -> Option<&str> {
    json.as_str()
}

fn bits(json: &Value, digits: usize) -> Option<u64> {
    let text = text(json).filter(|text| text.len() == digits)?;
    u64::from_str_radix(text, 16).ok()
}

/// The JSON of a value of a type.
pub fn write(ty: &Type, value: &Val) -> Value {
    match (ty, value) {
        (_, Val::Bool(b)) => json!(b),
        (_, Val::S8(n)) => json!(n),
        (_, Val::U8(n)) => json!(n),
        (_, Val::S16(n)) => json!(n),
        (_, Val::U16(n)) => json!(n),
        (_, Val::S32(n)) => json!(n),
        (_, Val::U32(n)) => json!(n),
        (_, Val::S64(n)) => json!(n.to_string()),
        (_, Val::U64(n)) => json!(n.to_string()),
        (_, Val::Float32(x)) => json!(format!("{:08x}", x.to_bits())),
        (_, Val::Float64(x)) => json!(format!("{:016x}", x.to_bits())),
        (_, Val::Char(c)) => json!(c),
        (_, Val::String(text) | Val::Enum(text)) => json!(text),
        (_, Val::Flags(names)) => json!(names),
        (Type::List(list), Val::List(items)) if list.ty() == Type::U8 => {
            let byte = |item: &Val| match item {
                Val::U8(byte) => *byte,
                other => unreachable!("{other:?} in a list of bytes"),
            };
            json!({"hex": hex(&items.iter().map(byte).collect::<Vec<_>>())})
        }
        (Type::List(list), Val::List(items)) => {
            let ty = list.ty();
            items.iter().map(|item| write(&ty, item)).collect()
        }
        (Type::Tuple(tuple), Val::Tuple(items)) => tuple
            .types()
            .zip(items)
            .map(|(ty, item)| write(&ty, item))
            .collect(),
        (Type::Record(record), Val::Record(values)) => {
            let fields = record.fields().zip(values);
            let fields =
                fields.map(|(field, (name, value))| (name.clone(), write(&field.ty, value)));
            Value::Object(fields.collect())
        }
        (_, Val::Option(None)) => Value::Null,
        (Type::Option(option), Val::Option(Some(some))) => {
            let json = write(&option.ty(), some);
            match option.ty() {
                Type::Option(_) => json!({ "some": json }),
                _ => json,
            }
        }
        (_, Val::Variant(name, None)) => json!(name),
        (Type::Variant(variant), Val::Variant(name, Some(payload))) => {
            let case = variant.cases().find(|case| case.name == name);
            let ty = case.and_then(|case| case.ty).expect("a case of the type");
            one(name, write(&ty, payload))
        }
        (Type::Result(result), Val::Result(value)) => {
            let (name, ty, payload) = match value {
                Ok(payload) => ("ok", result.ok(), payload),
                Err(payload) => ("err", result.err(), payload),
            };
            let json = ty.zip(payload.as_ref()).map(|(ty, p)| write(&ty, p));
            one(name, json.unwrap_or(Value::Null))
        }
        _ => unreachable!("{value:?} of the type {ty:?}"),
    }
}

fn one(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}
