//! Names, sorts and indices by which things in a component refer to each other.

use super::{Sort, name, types};
use crate::reader::{Reader, Result};

/// Reads an index into a space of `count` things.
pub(super) fn index(reader: &mut Reader<'_>, count: usize, what: &str) -> Result<usize> {
    let start = reader.clone();
    let index = reader.number()? as usize;
    if index >= count {
        return start.fail(format!("there is no {what} {index}"));
    }
    Ok(index)
}

pub(super) fn sort(reader: &mut Reader<'_>) -> Result<Sort> {
    Ok(match reader.byte()? {
        0 => Sort::Core(reader.byte()?),
        1 => Sort::Function,
        2 => Sort::Value,
        3 => Sort::Type,
        4 => Sort::Component,
        5 => Sort::Instance,
        byte => return reader.fail(format!("a thing of an unknown sort, {byte:#04x}")),
    })
}

/// The name of an import or export.
pub(crate) struct ExternName<'a> {
    pub name: &'a str,
    /// The end of its version, where that stands apart.
    suffix: &'a str,
}

impl ExternName<'_> {
    pub fn full(&self) -> String {
        format!("{}{}", self.name, self.suffix)
    }
}

pub(crate) fn extern_name<'a>(reader: &mut Reader<'a>) -> Result<ExternName<'a>> {
    let kind = reader.byte()?;
    if kind > 2 {
        return reader.fail(format!("a name of an unknown kind, {kind:#04x}"));
    }
    let name = name::item(reader)?;
    let mut suffix = "";
    if kind == 2 {
        reader.each(|reader| {
            let option = reader.byte()?;
            let text = reader.name()?;
            if option == 1 {
                suffix = text;
            }
            Ok(())
        })?;
    }
    Ok(ExternName { name, suffix })
}

/// What an import or export is declared as.
#[derive(Clone, Copy)]
pub(crate) struct ExternType {
    pub sort: Sort,
    /// The type: of a function or an instance its own, of a type the one that it equals.
    /// `None` for a type that is a resource of its own, and for a value.
    pub index: Option<u32>,
}

pub(crate) fn extern_type(reader: &mut Reader<'_>) -> Result<ExternType> {
    let sort = sort(reader)?;
    let index = match sort {
        Sort::Type => match reader.byte()? {
            0 => Some(reader.number()?),
            _ => None,
        },
        Sort::Value => {
            types::value(reader)?;
            None
        }
        _ => Some(reader.number()?),
    };
    Ok(ExternType { sort, index })
}

pub(crate) enum Alias<'a> {
    Export(Sort, u32, &'a str),
    CoreExport(u8, u32, &'a str),
    /// Of the scope so many scopes further out, the thing with this index.
    Outer(Sort, u32, u32),
}

pub(crate) fn alias<'a>(reader: &mut Reader<'a>) -> Result<Alias<'a>> {
    let sort = sort(reader)?;
    match (reader.byte()?, sort) {
        (0, _) => Ok(Alias::Export(sort, reader.number()?, reader.name()?)),
        (1, Sort::Core(kind)) => Ok(Alias::CoreExport(kind, reader.number()?, reader.name()?)),
        (2, _) => Ok(Alias::Outer(sort, reader.number()?, reader.number()?)),
        (byte, _) => reader.fail(format!("an alias of an unknown kind, {byte:#04x}")),
    }
}
