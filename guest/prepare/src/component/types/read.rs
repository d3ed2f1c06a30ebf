//! Reads types.

use std::rc::Rc;

use super::{Exports, Kind, MAX_DEPTH, Type};
use crate::component::external::{Alias, ExternType, alias, extern_name, extern_type};
use crate::component::{Sort, name};
use crate::reader::{Reader, Result};

/// Reads the definition of a type. `known` are the types before it.
pub(crate) fn read<'a>(reader: &mut Reader<'a>, known: &[Rc<Type<'a>>]) -> Result<Rc<Type<'a>>> {
    let scope = Scope {
        types: known,
        outer: None,
    };
    scope.read(reader, 0)
}

/// Types by index, in what they are defined in.
struct Scope<'s, 'a> {
    types: &'s [Rc<Type<'a>>],
    outer: Option<&'s Scope<'s, 'a>>,
}

impl<'a> Scope<'_, 'a> {
    /// The type with the index, so many scopes further out. `None` if it is not known.
    fn outer(&self, count: u32, index: u32) -> Option<Rc<Type<'a>>> {
        let mut scope = self;
        for _ in 0..count {
            scope = scope.outer?;
        }
        scope.types.get(index as usize).cloned()
    }

    fn read(&self, reader: &mut Reader<'a>, nesting: u32) -> Result<Rc<Type<'a>>> {
        let mut definition = Definition {
            scope: Some(self),
            depth: 0,
            nesting,
        };
        let kind = definition.kind(reader)?;
        if definition.depth > MAX_DEPTH {
            return reader.fail("types are nested too deep");
        }
        Ok(Rc::new(Type {
            kind,
            depth: definition.depth,
        }))
    }
}

/// Reads a type for its form alone.
fn form<'a>(nesting: u32) -> Definition<'static, 'a> {
    Definition {
        scope: None,
        depth: 0,
        nesting,
    }
}

struct Definition<'k, 'a> {
    /// The types that an index may mean; `None` where only the form counts.
    scope: Option<&'k Scope<'k, 'a>>,
    depth: u32,
    nesting: u32,
}

impl<'a> Definition<'_, 'a> {
    fn kind(&mut self, reader: &mut Reader<'a>) -> Result<Kind<'a>> {
        let byte = reader.byte()?;
        if let Some(name) = primitive(byte) {
            return Ok(Kind::Primitive(name));
        }
        Ok(match byte {
            0x72 => Kind::Record(self.fields(reader)?),
            0x71 => {
                let mut cases = vec![];
                reader.each(|reader| {
                    cases.push((name::label(reader)?, self.optional(reader)?));
                    match reader.byte()? {
                        0 => Ok(()),
                        _ => reader.fail("a case refines another, which is not possible"),
                    }
                })?;
                Kind::Variant(cases)
            }
            0x70 => Kind::Of("list", vec![self.value(reader)?]),
            0x6f => {
                let mut values = vec![];
                reader.each(|reader| {
                    values.push(self.value(reader)?);
                    Ok(())
                })?;
                Kind::Of("tuple", values)
            }
            0x6e => Kind::Names("flags", names(reader)?),
            0x6d => Kind::Names("enum", names(reader)?),
            0x6b => Kind::Of("option", vec![self.value(reader)?]),
            0x6a => Kind::Result(self.optional(reader)?, self.optional(reader)?),
            0x69 => Kind::Of("own", vec![self.index(reader)?]),
            0x68 => Kind::Of("borrow", vec![self.index(reader)?]),
            0x67 => Kind::Array(self.value(reader)?, reader.number()?),
            0x66 => Kind::Of("stream", self.optional(reader)?.into_iter().collect()),
            0x65 => Kind::Of("future", self.optional(reader)?.into_iter().collect()),
            0x63 => Kind::Of("map", vec![self.value(reader)?, self.value(reader)?]),
            0x40 | 0x43 => Kind::Function {
                is_async: byte == 0x43,
                parameters: self.fields(reader)?,
                result: self.result(reader)?,
            },
            0x3f => {
                reader.byte()?; // its representation
                let dtor = match reader.byte()? {
                    0 => None,
                    _ => Some(reader.number()?),
                };
                Kind::Resource {
                    import: None,
                    dtor,
                    of: None,
                }
            }
            0x41 => {
                declarations(reader, self.nesting)?;
                Kind::Other("component type")
            }
            0x42 => match self.scope {
                Some(scope) => Kind::Instance(self.instance(reader, scope)?),
                None => {
                    declarations(reader, self.nesting)?;
                    Kind::Other("instance type")
                }
            },
            _ => return reader.fail(format!("a type of an unknown kind, {byte:#04x}")),
        })
    }

    /// Reads the type of an instance. Its types are a scope of their own.
    fn instance(&mut self, reader: &mut Reader<'a>, outer: &Scope<'_, 'a>) -> Result<Exports<'a>> {
        if self.nesting >= MAX_DEPTH {
            return reader.fail("types are nested too deep");
        }
        let mut types: Vec<Rc<Type<'a>>> = vec![];
        let mut exports = Exports::default();
        reader.each(|reader| {
            match reader.byte()? {
                0x00 => core_type(reader)?,
                0x01 => {
                    let scope = Scope {
                        types: &types,
                        outer: Some(outer),
                    };
                    let kind = scope.read(reader, self.nesting + 1)?;
                    self.depth = self.depth.max(kind.depth + 1);
                    types.push(kind);
                }
                0x02 => match alias(reader)? {
                    // 0 is this scope.
                    Alias::Outer(Sort::Type, count, index) => {
                        let found = match count.checked_sub(1) {
                            Some(count) => outer.outer(count, index),
                            None => types.get(index as usize).cloned(),
                        };
                        let found = found.unwrap_or_else(|| Type::other("type"));
                        self.depth = self.depth.max(found.depth + 1);
                        types.push(found);
                    }
                    Alias::Export(Sort::Type, ..) => types.push(Type::other("type")),
                    _ => {}
                },
                0x04 => {
                    let name = extern_name(reader)?.name;
                    let ExternType { sort, index } = extern_type(reader)?;
                    let kind = match (sort, index) {
                        (Sort::Type | Sort::Function, Some(index)) => {
                            match types.get(index as usize) {
                                Some(found) => found.clone(),
                                None => return reader.fail(format!("there is no type {index}")),
                            }
                        }
                        (Sort::Type, None) => Type::resource(None, None),
                        _ => Type::other("type"),
                    };
                    if sort == Sort::Type {
                        types.push(kind.clone());
                    }
                    exports.has_values |= sort != Sort::Type;
                    exports.names.insert(name, exports.items.len());
                    exports.items.push((sort, kind));
                }
                byte => {
                    return reader.fail(format!("a declaration of an unknown kind, {byte:#04x}"));
                }
            }
            Ok(())
        })?;
        Ok(exports)
    }

    fn fields(&mut self, reader: &mut Reader<'a>) -> Result<Vec<(&'a str, Rc<Type<'a>>)>> {
        let mut fields = vec![];
        reader.each(|reader| {
            fields.push((name::label(reader)?, self.value(reader)?));
            Ok(())
        })?;
        Ok(fields)
    }

    fn result(&mut self, reader: &mut Reader<'a>) -> Result<Option<Rc<Type<'a>>>> {
        match (reader.byte()?, reader.peek()) {
            (0, _) => self.value(reader).map(Some),
            (1, Some(0)) => reader.byte().map(|_| None),
            _ => reader.fail("several results, which is not possible"),
        }
    }

    fn optional(&mut self, reader: &mut Reader<'a>) -> Result<Option<Rc<Type<'a>>>> {
        match reader.byte()? {
            0 => Ok(None),
            _ => self.value(reader).map(Some),
        }
    }

    /// A primitive type, or the index of a type.
    fn value(&mut self, reader: &mut Reader<'a>) -> Result<Rc<Type<'a>>> {
        if let Some(name) = reader.peek().and_then(primitive) {
            reader.byte()?;
            self.depth = self.depth.max(1);
            return Ok(Rc::new(Type {
                kind: Kind::Primitive(name),
                depth: 0,
            }));
        }
        self.index(reader)
    }

    fn index(&mut self, reader: &mut Reader<'a>) -> Result<Rc<Type<'a>>> {
        let index = reader.number()?;
        let Some(scope) = self.scope else {
            return Ok(Type::other("type"));
        };
        let Some(found) = scope.types.get(index as usize) else {
            return reader.fail(format!("there is no type {index}"));
        };
        self.depth = self.depth.max(found.depth + 1);
        Ok(found.clone())
    }
}

fn names<'a>(reader: &mut Reader<'a>) -> Result<Vec<&'a str>> {
    let mut names = vec![];
    reader.each(|reader| {
        names.push(name::label(reader)?);
        Ok(())
    })?;
    Ok(names)
}

fn primitive(byte: u8) -> Option<&'static str> {
    Some(match byte {
        0x7f => "bool",
        0x7e => "s8",
        0x7d => "u8",
        0x7c => "s16",
        0x7b => "u16",
        0x7a => "s32",
        0x79 => "u32",
        0x78 => "s64",
        0x77 => "u64",
        0x76 => "f32",
        0x75 => "f64",
        0x74 => "char",
        0x73 => "string",
        0x64 => "error-context",
        _ => return None,
    })
}

/// Passes over the type of a value.
pub(crate) fn value(reader: &mut Reader<'_>) -> Result<()> {
    form(0).value(reader).map(|_| ())
}

/// Passes over the type of a function's result.
pub(crate) fn result(reader: &mut Reader<'_>) -> Result<()> {
    form(0).result(reader).map(|_| ())
}

/// Passes over the declarations of a component type or an instance type. What
/// they define is a space of its own, which nobody here asks for; only their
/// form counts.
fn declarations(reader: &mut Reader<'_>, nesting: u32) -> Result<()> {
    if nesting >= MAX_DEPTH {
        return reader.fail("types are nested too deep");
    }
    reader.each(|reader| match reader.byte()? {
        0x00 => core_type(reader),
        0x01 => form(nesting + 1).kind(reader).map(|_| ()),
        0x02 => alias(reader).map(|_| ()),
        0x03 | 0x04 => {
            extern_name(reader)?;
            extern_type(reader).map(|_| ())
        }
        byte => reader.fail(format!("a declaration of an unknown kind, {byte:#04x}")),
    })
}

fn core_type(reader: &mut Reader<'_>) -> Result<()> {
    match reader.byte()? {
        0x60 => {
            reader.sized()?; // one byte for each parameter
            reader.sized().map(|_| ())
        }
        byte => reader.fail(format!("a core type of an unknown kind, {byte:#04x}")),
    }
}
