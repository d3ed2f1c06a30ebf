//! Reads a component, section by section.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::external::{Alias, ExternType, alias, extern_name, extern_type, index, sort};
use super::types::{self, MAX_DEPTH, Type};
use super::{
    Bundle, CORE_FUNCTION, CORE_GLOBAL, CORE_MEMORY, CORE_MODULE, CORE_TABLE, Component,
    CoreExport, CoreFunction, CoreInstance, Function, Instance, Item, MAX_NESTING, Names, Nested,
    PREAMBLE, SECTIONS, Sort,
};
use crate::reader::{Reader, Result};

/// Reads a component that begins with [`PREAMBLE`]. Linear in its size, times
/// the logarithm of how many names it has.
pub(crate) fn read(wasm: &[u8]) -> Result<Component<'_>> {
    component(wasm, 0, 0)
}

fn component(wasm: &[u8], base: usize, nesting: u32) -> Result<Component<'_>> {
    let mut reader = Reader::new(wasm, base);
    if nesting > MAX_NESTING {
        return reader.fail(format!("components are nested deeper than {MAX_NESTING}"));
    }
    if !wasm.starts_with(&PREAMBLE) {
        return reader.fail("expected the first eight bytes of a component");
    }
    reader.bytes(PREAMBLE.len())?;
    let mut component = Component::default();
    while !reader.is_at_end() {
        let start = reader.clone();
        let id = reader.byte()?;
        let mut section = reader.sized()?;
        component.section(id, &mut section, nesting)?;
        if !section.is_at_end() {
            return start.fail(match SECTIONS.get(id as usize) {
                Some(name) => format!("the {name} section is longer than what it holds"),
                None => format!("a section of an unknown kind, {id:#04x}"),
            });
        }
    }
    Ok(component)
}

impl<'a> Component<'a> {
    fn section(&mut self, id: u8, reader: &mut Reader<'a>, nesting: u32) -> Result<()> {
        match id {
            0 => {
                reader.name()?;
                reader.rest();
            }
            1 => {
                let start = reader.offset();
                let module = reader.rest();
                self.core_modules.push(Some(start..start + module.len()));
            }
            2 => reader.each(|reader| self.core_instance(reader))?,
            // Nothing here asks for the types of a core module.
            3 => {
                reader.rest();
            }
            4 => {
                let start = reader.offset();
                let inner = reader.rest();
                self.components.push(Some(Rc::new(Nested {
                    range: start..start + inner.len(),
                    component: component(inner, start, nesting + 1)?,
                })));
            }
            5 => reader.each(|reader| self.instance(reader))?,
            6 => reader.each(|reader| {
                let item = alias(reader)?;
                self.alias(reader, item)
            })?,
            7 => reader.each(|reader| {
                let definition = types::read(reader, &self.types)?;
                self.types.push(definition);
                Ok(())
            })?,
            8 => reader.each(|reader| self.canonical_function(reader))?,
            9 => {
                self.has("a start function");
                reader.rest();
            }
            10 => reader.each(|reader| self.import(reader))?,
            11 => reader.each(|reader| self.export(reader))?,
            12 => {
                self.has("values");
                reader.rest();
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn has(&mut self, other: &'static str) {
        if !self.other.contains(&other) {
            self.other.push(other);
        }
    }

    fn core_instance(&mut self, reader: &mut Reader<'a>) -> Result<()> {
        let instance = match reader.byte()? {
            0 => {
                let module = index(reader, self.core_modules.len(), "core module")?;
                let mut given = Names::new();
                reader.each(|reader| {
                    let name = reader.name()?;
                    reader.byte()?; // an instance, always
                    given.insert(
                        name,
                        index(reader, self.core_instances.len(), "core instance")?,
                    );
                    Ok(())
                })?;
                CoreInstance::Module { module, given }
            }
            1 => {
                let mut bundle = Bundle::default();
                reader.each(|reader| {
                    let name = reader.name()?;
                    let kind = reader.byte()?;
                    let count = match kind {
                        CORE_FUNCTION => self.core_functions.len(),
                        CORE_TABLE => self.core_tables.len(),
                        CORE_MEMORY => self.core_memories.len(),
                        CORE_GLOBAL => self.core_globals.len(),
                        _ => return reader.number().map(drop),
                    };
                    bundle.insert(name, kind, index(reader, count, "core item")?);
                    Ok(())
                })?;
                CoreInstance::Bundle(bundle)
            }
            byte => return reader.fail(format!("a core instance of an unknown kind, {byte:#04x}")),
        };
        self.core_instances.push(instance);
        Ok(())
    }

    fn instance(&mut self, reader: &mut Reader<'a>) -> Result<()> {
        let kind = reader.byte()?;
        let nested = match kind {
            0 => Some(index(reader, self.components.len(), "component")?),
            1 => None,
            byte => return reader.fail(format!("an instance of an unknown kind, {byte:#04x}")),
        };
        let mut items = BTreeMap::new();
        let mut depth = 1;
        reader.each(|reader| {
            let name = match kind {
                0 => reader.name()?,
                _ => extern_name(reader)?.name,
            };
            let sort = sort(reader)?;
            let item = self.item(reader, sort)?;
            if let Item::Instance(held) = &item {
                depth = depth.max(held.depth() + 1);
            }
            items.insert(name, item);
            Ok(())
        })?;
        if depth > MAX_DEPTH {
            return reader.fail("instances are nested too deep");
        }
        self.instances.push(Rc::new(match nested {
            None => Instance::Bundle(items, depth),
            Some(nested) => match &self.components[nested] {
                Some(nested) => Instance::Component(nested.clone(), items, depth),
                None => Instance::Unknown,
            },
        }));
        Ok(())
    }

    /// Reads an index and looks up what it is of.
    fn item(&self, reader: &mut Reader<'a>, sort: Sort) -> Result<Item<'a>> {
        Ok(match sort {
            Sort::Function => Item::Function(
                self.functions[index(reader, self.functions.len(), "function")?].clone(),
            ),
            Sort::Type => Item::Type(self.types[index(reader, self.types.len(), "type")?].clone()),
            Sort::Instance => Item::Instance(
                self.instances[index(reader, self.instances.len(), "instance")?].clone(),
            ),
            Sort::Component => {
                index(reader, self.components.len(), "component")?;
                Item::Other
            }
            Sort::Value | Sort::Core(_) => {
                reader.number()?;
                Item::Other
            }
        })
    }

    /// Adds an item to its index space; `None` for one that cannot be looked into.
    fn push(&mut self, sort: Sort, item: Option<Item<'a>>) {
        match (sort, item) {
            (Sort::Function, Some(Item::Function(function))) => self.functions.push(function),
            (Sort::Function, _) => self.functions.push(Function::Unknown),
            (Sort::Type, Some(Item::Type(definition))) => self.types.push(definition),
            (Sort::Type, _) => self.types.push(Type::other("type")),
            (Sort::Instance, Some(Item::Instance(instance))) => self.instances.push(instance),
            (Sort::Instance, _) => self.instances.push(Rc::new(Instance::Unknown)),
            (Sort::Component, _) => self.components.push(None),
            (Sort::Core(CORE_MODULE), _) => self.core_modules.push(None),
            (Sort::Core(_) | Sort::Value, _) => {}
        }
    }

    fn alias(&mut self, reader: &Reader<'a>, alias: Alias<'a>) -> Result<()> {
        match alias {
            Alias::Export(sort, instance, name) => {
                let Some(instance) = self.instances.get(instance as usize) else {
                    return reader.fail(format!("there is no instance {instance}"));
                };
                let item = instance.export(name);
                self.push(sort, item);
            }
            Alias::CoreExport(kind, instance, name) => {
                let instance = instance as usize;
                if instance >= self.core_instances.len() {
                    return reader.fail(format!("there is no core instance {instance}"));
                }
                let export = CoreExport { instance, name };
                match kind {
                    CORE_FUNCTION => self.core_functions.push(CoreFunction::Export(export)),
                    CORE_TABLE => self.core_tables.push(export),
                    CORE_MEMORY => self.core_memories.push(export),
                    CORE_GLOBAL => self.core_globals.push(export),
                    _ => {}
                }
            }
            Alias::Outer(sort, ..) => self.push(sort, None),
        }
        Ok(())
    }

    fn import(&mut self, reader: &mut Reader<'a>) -> Result<()> {
        let name = extern_name(reader)?;
        let ExternType { sort, index } = extern_type(reader)?;
        let found = match (sort, index) {
            (Sort::Type | Sort::Function | Sort::Instance, Some(index)) => {
                match self.types.get(index as usize) {
                    Some(found) => Some(found),
                    None => return reader.fail(format!("there is no type {index}")),
                }
            }
            _ => None,
        };
        let item = match (sort, found) {
            (Sort::Type, Some(found)) => Item::Type(found.clone()),
            (Sort::Type, None) => Item::Type(Type::resource(Some(name.name), None)),
            (Sort::Function, found) => {
                Item::Function(Function::Imported(name.name, found.cloned()))
            }
            (Sort::Instance, Some(found)) => Item::Instance(Rc::new(Instance::Imported(
                name.full().into(),
                found.clone(),
            ))),
            _ => Item::Other,
        };
        self.push(sort, Some(item));
        self.imports.push((name.full(), sort));
        Ok(())
    }

    fn export(&mut self, reader: &mut Reader<'a>) -> Result<()> {
        let name = extern_name(reader)?;
        let sort = sort(reader)?;
        let item = self.item(reader, sort)?;
        if reader.byte()? == 1 {
            extern_type(reader)?;
        }
        self.push(sort, Some(item.clone()));
        self.exports.insert(name.name, item);
        self.export_list.push((name.full(), sort));
        Ok(())
    }
}
