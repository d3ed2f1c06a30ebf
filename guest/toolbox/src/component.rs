//! A component as a list of what it defines (component model, Binary.md).
//!
//! Read by code of our own, not by wasmparser: its support for components would
//! double the toolbox, and this host runs nothing of a component but the core
//! module inside of it. So a component is not validated in full: its form, its
//! indices and the way its functions are made are looked at, and the core
//! module is validated as any other.

pub(crate) mod types;

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use crate::reader::{Reader, Result};
use types::Type;

/// Magic number and version of a component's first eight bytes.
pub(crate) const PREAMBLE: [u8; 8] = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];

/// How deep components may lie in each other.
const MAX_NESTING: u32 = 16;

/// Names of the sections by their ids.
pub(crate) const SECTIONS: [&str; 13] = [
    "custom",
    "core module",
    "core instance",
    "core type",
    "component",
    "instance",
    "alias",
    "type",
    "canonical function",
    "start",
    "import",
    "export",
    "value",
];

/// What a component defines. Index spaces are vectors; exports and aliases
/// repeat in them what they stand for.
#[derive(Debug, Default)]
pub(crate) struct Component<'a> {
    /// The bytes of the core modules inside; `None` for one that is imported or
    /// an alias.
    pub core_modules: Vec<Option<Range<usize>>>,
    pub core_instances: Vec<CoreInstance<'a>>,
    /// The name of what a core instance exports, or `None` for a function that
    /// the component model makes.
    pub core_functions: Vec<Option<&'a str>>,
    pub core_memories: Vec<Option<&'a str>>,
    pub components: Vec<Option<Rc<Nested<'a>>>>,
    pub types: Vec<Rc<Type<'a>>>,
    pub functions: Vec<Function<'a>>,
    pub instances: Vec<Rc<Instance<'a>>>,
    pub lifts: Vec<Lift<'a>>,
    pub imports: Vec<(String, Sort)>,
    pub exports: BTreeMap<&'a str, Item<'a>>,
    /// Names and sorts of the exports, in order.
    pub export_list: Vec<(String, Sort)>,
    /// What else it has that takes a component model to run: its start
    /// function, functions that the component model makes, …
    pub other: Vec<&'static str>,
}

/// A component inside of another.
#[derive(Debug)]
pub(crate) struct Nested<'a> {
    pub range: Range<usize>,
    pub component: Component<'a>,
}

#[derive(Debug)]
pub(crate) enum CoreInstance<'a> {
    /// Of a core module, with the names of what it is given.
    Module { given: Vec<&'a str> },
    /// A bundle of exports.
    Bundle,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Function<'a> {
    /// Index of a [`Lift`].
    Lifted(usize),
    /// An import of this name.
    Imported(&'a str),
    /// From an instance that cannot be looked into.
    Unknown,
}

#[derive(Debug)]
pub(crate) enum Instance<'a> {
    /// Of a component inside, given these things.
    Component(Rc<Nested<'a>>, BTreeMap<&'a str, Item<'a>>),
    /// A bundle of exports.
    Bundle(BTreeMap<&'a str, Item<'a>>),
    /// An import, or from an instance that cannot be looked into.
    Unknown,
}

/// A thing with a name.
#[derive(Debug, Clone)]
pub(crate) enum Item<'a> {
    Function(Function<'a>),
    Type(Rc<Type<'a>>),
    Instance(Rc<Instance<'a>>),
    Other,
}

/// A function that is a core function with the canonical ABI around it.
#[derive(Debug)]
pub(crate) struct Lift<'a> {
    pub core: Option<&'a str>,
    pub options: Options<'a>,
    pub kind: Rc<Type<'a>>,
}

#[derive(Debug, Default)]
pub(crate) struct Options<'a> {
    pub memory: Option<Option<&'a str>>,
    pub realloc: Option<Option<&'a str>>,
    pub post_return: Option<Option<&'a str>>,
    /// Those that this host does not know how to serve, by name.
    pub other: Vec<&'static str>,
}

/// What sort of thing a name or an index is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Core(u8),
    Function,
    Value,
    Type,
    Component,
    Instance,
}

impl Sort {
    pub fn name(self) -> &'static str {
        match self {
            Sort::Core(CORE_FUNCTION) => "core function",
            Sort::Core(CORE_MEMORY) => "core memory",
            Sort::Core(CORE_MODULE) => "core module",
            Sort::Core(_) => "core item",
            Sort::Function => "function",
            Sort::Value => "value",
            Sort::Type => "type",
            Sort::Component => "component",
            Sort::Instance => "instance",
        }
    }
}

const CORE_FUNCTION: u8 = 0x00;
const CORE_MEMORY: u8 = 0x02;
const CORE_MODULE: u8 = 0x11;

impl<'a> Instance<'a> {
    /// What the instance exports as `name`.
    pub fn export(&self, name: &str) -> Option<Item<'a>> {
        match self {
            Instance::Bundle(exports) => exports.get(name).cloned(),
            Instance::Unknown => None,
            Instance::Component(nested, given) => match nested.component.exports.get(name)? {
                Item::Function(Function::Imported(import)) => given.get(import).cloned(),
                // An index of the component's own, which nobody here knows.
                Item::Function(Function::Lifted(_)) => Some(Item::Function(Function::Unknown)),
                item => Some(item.clone()),
            },
        }
    }

    /// The names of all that the instance exports.
    pub fn names(&self) -> Vec<&'a str> {
        match self {
            Instance::Bundle(exports) => exports.keys().copied().collect(),
            Instance::Component(nested, _) => nested.component.exports.keys().copied().collect(),
            Instance::Unknown => vec![],
        }
    }
}

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

    fn has(&mut self, other: &'static str) {
        if !self.other.contains(&other) {
            self.other.push(other);
        }
    }

    fn core_instance(&mut self, reader: &mut Reader<'a>) -> Result<()> {
        let instance = match reader.byte()? {
            0 => {
                index(reader, self.core_modules.len(), "core module")?;
                let mut given = vec![];
                reader.each(|reader| {
                    given.push(reader.name()?);
                    reader.byte()?; // an instance, always
                    index(reader, self.core_instances.len(), "core instance").map(|_| ())
                })?;
                CoreInstance::Module { given }
            }
            1 => {
                reader.each(|reader| {
                    reader.name()?;
                    reader.byte()?;
                    reader.number().map(|_| ())
                })?;
                CoreInstance::Bundle
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
        reader.each(|reader| {
            let name = match kind {
                0 => reader.name()?,
                _ => extern_name(reader)?.name,
            };
            let sort = sort(reader)?;
            items.insert(name, self.item(reader, sort)?);
            Ok(())
        })?;
        self.instances.push(Rc::new(match nested {
            None => Instance::Bundle(items),
            Some(nested) => match &self.components[nested] {
                Some(nested) => Instance::Component(nested.clone(), items),
                None => Instance::Unknown,
            },
        }));
        Ok(())
    }

    /// Reads an index and looks up what it is of.
    fn item(&self, reader: &mut Reader<'a>, sort: Sort) -> Result<Item<'a>> {
        Ok(match sort {
            Sort::Function => {
                Item::Function(self.functions[index(reader, self.functions.len(), "function")?])
            }
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

    /// Adds what an import, an export or an alias stands for to its index
    /// space.
    fn push(&mut self, sort: Sort, item: Option<Item<'a>>, import: Option<&'a str>) {
        match (sort, item) {
            (Sort::Function, Some(Item::Function(function))) => self.functions.push(function),
            (Sort::Function, _) => self
                .functions
                .push(import.map_or(Function::Unknown, Function::Imported)),
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
                self.push(sort, item, None);
            }
            Alias::CoreExport(kind, instance, name) => {
                if instance as usize >= self.core_instances.len() {
                    return reader.fail(format!("there is no core instance {instance}"));
                }
                match kind {
                    CORE_FUNCTION => self.core_functions.push(Some(name)),
                    CORE_MEMORY => self.core_memories.push(Some(name)),
                    _ => {}
                }
            }
            Alias::Outer(sort) => self.push(sort, None, None),
        }
        Ok(())
    }

    fn import(&mut self, reader: &mut Reader<'a>) -> Result<()> {
        let name = extern_name(reader)?;
        let (sort, bound) = extern_type(reader)?;
        let item = match bound {
            Some(bound) => match self.types.get(bound as usize) {
                Some(found) => Some(Item::Type(found.clone())),
                None => return reader.fail(format!("there is no type {bound}")),
            },
            None => None,
        };
        self.push(sort, item, Some(name.name));
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
        self.push(sort, Some(item.clone()), None);
        self.exports.insert(name.name, item);
        self.export_list.push((name.full(), sort));
        Ok(())
    }

    fn canonical_function(&mut self, reader: &mut Reader<'a>) -> Result<()> {
        match reader.byte()? {
            0x00 => {
                reader.byte()?; // a function, always
                let core = index(reader, self.core_functions.len(), "core function")?;
                let lift = Lift {
                    core: self.core_functions[core],
                    options: self.options(reader)?,
                    kind: self.types[index(reader, self.types.len(), "type")?].clone(),
                };
                self.functions.push(Function::Lifted(self.lifts.len()));
                self.lifts.push(lift);
                return Ok(());
            }
            0x01 => {
                reader.byte()?; // a function, always
                index(reader, self.functions.len(), "function")?;
                self.options(reader)?;
                self.has("functions of others, lowered");
            }
            0x02..=0x04 => {
                reader.number()?;
                self.has("resources");
            }
            kind => {
                self.operands(reader, kind)?;
                self.has("asynchronous functions");
            }
        }
        self.core_functions.push(None);
        Ok(())
    }

    /// Passes over what follows the kind of a function for tasks, streams,
    /// futures, waitables or threads.
    fn operands(&mut self, reader: &mut Reader<'a>, kind: u8) -> Result<()> {
        match kind {
            0x05 | 0x0d | 0x1e | 0x1f | 0x22..=0x26 | 0x28 | 0x42 => {}
            0x06 | 0x0c | 0x29..=0x2d => {
                reader.byte()?;
            }
            0x0e | 0x13..=0x15 | 0x1a | 0x1b | 0x2e | 0x2f | 0x40 => {
                reader.number()?;
            }
            0x0a | 0x0b | 0x20 | 0x21 => {
                reader.byte()?;
                reader.number()?;
            }
            0x11 | 0x12 | 0x18 | 0x19 => {
                reader.number()?;
                reader.byte()?;
            }
            0x27 | 0x41 => {
                reader.number()?;
                reader.number()?;
            }
            0x09 => {
                types::result(reader)?;
                self.options(reader)?;
            }
            0x0f | 0x10 | 0x16 | 0x17 => {
                reader.number()?;
                self.options(reader)?;
            }
            0x1c | 0x1d => {
                self.options(reader)?;
            }
            _ => {
                return reader.fail(format!(
                    "a canonical function of an unknown kind, {kind:#04x}"
                ));
            }
        }
        Ok(())
    }

    fn options(&self, reader: &mut Reader<'a>) -> Result<Options<'a>> {
        let mut options = Options::default();
        let function = |reader: &mut Reader<'a>| {
            index(reader, self.core_functions.len(), "core function")
                .map(|index| Some(self.core_functions[index]))
        };
        reader.each(|reader| {
            match reader.byte()? {
                0x00 => {} // UTF-8
                0x01 => options.other.push("string-encoding=utf16"),
                0x02 => options.other.push("string-encoding=latin1+utf16"),
                0x03 => {
                    let index = index(reader, self.core_memories.len(), "core memory")?;
                    options.memory = Some(self.core_memories[index]);
                }
                0x04 => options.realloc = function(reader)?,
                0x05 => options.post_return = function(reader)?,
                0x06 => options.other.push("async"),
                0x07 => {
                    function(reader)?;
                    options.other.push("callback");
                }
                0x08 => {
                    reader.number()?;
                    options.other.push("core-type");
                }
                0x09 => options.other.push("gc"),
                byte => {
                    return reader.fail(format!("an option of an unknown kind, {byte:#04x}"));
                }
            }
            Ok(())
        })?;
        Ok(options)
    }
}

/// Reads an index into a space of `count` things.
fn index(reader: &mut Reader<'_>, count: usize, what: &str) -> Result<usize> {
    let start = reader.clone();
    let index = reader.number()? as usize;
    if index >= count {
        return start.fail(format!("there is no {what} {index}"));
    }
    Ok(index)
}

fn sort(reader: &mut Reader<'_>) -> Result<Sort> {
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
    fn full(&self) -> String {
        format!("{}{}", self.name, self.suffix)
    }
}

pub(crate) fn extern_name<'a>(reader: &mut Reader<'a>) -> Result<ExternName<'a>> {
    let kind = reader.byte()?;
    let name = reader.name()?;
    let mut suffix = "";
    match kind {
        0 | 1 => {}
        2 => reader.each(|reader| {
            let option = reader.byte()?;
            let text = reader.name()?;
            if option == 1 {
                suffix = text;
            }
            Ok(())
        })?,
        _ => return reader.fail(format!("a name of an unknown kind, {kind:#04x}")),
    }
    Ok(ExternName { name, suffix })
}

/// What an import or export is said to be: its sort, and of a type that is
/// equal to another the index of that one.
pub(crate) fn extern_type(reader: &mut Reader<'_>) -> Result<(Sort, Option<u32>)> {
    let sort = sort(reader)?;
    let bound = match sort {
        Sort::Type => match reader.byte()? {
            0 => Some(reader.number()?),
            _ => None, // a resource of its own
        },
        Sort::Value => {
            types::value(reader)?;
            None
        }
        _ => {
            reader.number()?;
            None
        }
    };
    Ok((sort, bound))
}

pub(crate) enum Alias<'a> {
    Export(Sort, u32, &'a str),
    CoreExport(u8, u32, &'a str),
    Outer(Sort),
}

pub(crate) fn alias<'a>(reader: &mut Reader<'a>) -> Result<Alias<'a>> {
    let sort = sort(reader)?;
    match (reader.byte()?, sort) {
        (0, _) => Ok(Alias::Export(sort, reader.number()?, reader.name()?)),
        (1, Sort::Core(kind)) => Ok(Alias::CoreExport(kind, reader.number()?, reader.name()?)),
        (2, _) => {
            reader.number()?;
            reader.number()?;
            Ok(Alias::Outer(sort))
        }
        (byte, _) => reader.fail(format!("an alias of an unknown kind, {byte:#04x}")),
    }
}
