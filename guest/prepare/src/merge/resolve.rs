//! What the imports of an instance are.

use std::collections::BTreeMap;
use std::fmt::Display;

use wasmparser::{GlobalType, Import, MemoryType, TableType, TypeRef};

use super::layout::{Function, Instance, Layout};
use super::part::Part;
use super::{MAX_ALIASES, limit, problem};
use crate::Error;
use crate::component::{
    CORE_FUNCTION, CORE_GLOBAL, CORE_MEMORY, CORE_TABLE, CoreExport, CoreFunction, CoreInstance,
    Names,
};
use crate::contract::quoted;
use crate::text;

/// What has a name in a core instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Function(Function),
    /// A core function of the component that the component model makes.
    Made(usize),
    Table(u32),
    Memory,
    Global(u32),
}

/// What an export is: found, or an export of another core instance.
enum Step<'a> {
    Found(Option<Found>),
    Alias(CoreExport<'a>),
}

/// What was found, by the sort and the place of a name, and how many core instances that
/// took.
pub(super) type Known = BTreeMap<(u8, usize, usize), (Option<Found>, u64)>;

impl<'c, 'a> Layout<'c, 'a> {
    /// Adds an import to the indices of an instance.
    pub fn import(
        &mut self,
        instance: &mut Instance,
        part: &'c Part<'a>,
        import: &Import<'a>,
        given: &Names<'a>,
    ) -> Result<(), Error> {
        let Import { module, name, ty } = *import;
        let place = format!(
            "core instance {}, of core module {}, imports",
            instance.number, instance.part
        );
        let wrong = |what: &dyn Display| {
            problem(format!(
                "{place} {} {}, {what}",
                quoted(module),
                quoted(name)
            ))
        };
        let sort = match ty {
            TypeRef::Func(_) => CORE_FUNCTION,
            TypeRef::Table(_) => CORE_TABLE,
            TypeRef::Memory(_) => CORE_MEMORY,
            TypeRef::Global(_) => CORE_GLOBAL,
            TypeRef::FuncExact(_) | TypeRef::Tag(_) => {
                return wrong(&"which is nothing of WebAssembly 2.0");
            }
        };
        let Some(&from) = given.get(module) else {
            return wrong(&"and is given no core instance of that name");
        };
        let export = CoreExport {
            instance: from,
            name,
        };
        let Some(found) = self.find(sort, export)? else {
            let kind = text::import_kind(import);
            return wrong(&format!(
                "and core instance {from} has no {kind} of that name"
            ));
        };
        match (ty, found) {
            (TypeRef::Func(kind), found @ (Found::Function(_) | Found::Made(_))) => {
                let kinds = &self.types.of_parts[instance.part];
                let Some(&kind) = kinds.get(kind as usize) else {
                    return Err(part.invalid("an index is of nothing", 0));
                };
                let function = match found {
                    Found::Made(index) => match self.make(index, kind) {
                        Ok(number) => Function::Import(number),
                        Err(what) => return wrong(&format!("and gets {what}")),
                    },
                    Found::Function(function) => function,
                    _ => return wrong(&"which is something else"),
                };
                let is = self.kind(function);
                if is != kind {
                    return wrong(&mismatch(&self.kind_text(kind), &self.kind_text(is)));
                }
                instance.functions.push(function);
            }
            (TypeRef::Table(wanted), Found::Table(index)) => {
                let table = self.tables[index as usize];
                if !table_fits(&wanted, &table) {
                    let [wanted, is] = [&wanted, &table].map(text::table_text);
                    return wrong(&mismatch(&wanted, &is));
                }
                instance.tables.push(index);
            }
            (TypeRef::Memory(wanted), Found::Memory) => {
                let memory = self.memory.map(|(memory, _)| memory);
                if let Some(memory) = memory
                    && !memory_fits(&wanted, &memory)
                {
                    let [wanted, is] = [&wanted, &memory].map(text::memory_text);
                    return wrong(&mismatch(&wanted, &is));
                }
                instance.memories += 1;
            }
            (TypeRef::Global(wanted), Found::Global(index)) => {
                let (global, _) = self.globals[index as usize];
                if !global_fits(&wanted, &global) {
                    let [wanted, is] = [&wanted, &global].map(text::global_text);
                    return wrong(&mismatch(&wanted, &is));
                }
                instance.globals.push(index);
            }
            _ => return wrong(&"which is something else"),
        }
        Ok(())
    }

    /// Finds what a core instance before the one at hand exports, of one of the first four
    /// core sorts. Each export is looked for once: its name may be long, and what uses it
    /// short.
    pub fn find(&self, sort: u8, export: CoreExport<'a>) -> Result<Option<Found>, Error> {
        let mut known = self.known.borrow_mut();
        let mut passed = vec![];
        let mut next = export;
        let (found, mut instances) = loop {
            // A name is a part of the component, so that where it stands says which it is.
            let place = (sort, next.instance, next.name.as_ptr() as usize);
            if let Some(known) = known.get(&place) {
                break *known;
            }
            if passed.len() as u64 == MAX_ALIASES {
                break (None, MAX_ALIASES);
            }
            passed.push(place);
            match self.step(sort, next) {
                Step::Found(found) => break (found, 0),
                Step::Alias(alias) => next = alias,
            }
        };
        for place in passed.into_iter().rev() {
            instances += 1;
            known.insert(place, (found, instances));
        }
        if instances <= MAX_ALIASES {
            return Ok(found);
        }
        limit(
            "aliases",
            MAX_ALIASES,
            format!(
                "{} passes through more than {MAX_ALIASES} core instances to where it is used, \
                 the most that are allowed",
                quoted(export.name)
            ),
        )
    }

    /// What an export is by the core instance that has it.
    fn step(&self, sort: u8, export: CoreExport<'a>) -> Step<'a> {
        let component = self.component;
        let index = match &component.core_instances[export.instance] {
            CoreInstance::Module { .. } => return Step::Found(self.exported(sort, export)),
            CoreInstance::Bundle(bundle) => bundle.get(sort, export.name),
        };
        let Some(index) = index else {
            return Step::Found(None);
        };
        Step::Alias(match sort {
            CORE_FUNCTION => match &component.core_functions[index] {
                CoreFunction::Export(next) => *next,
                _ => return Step::Found(Some(Found::Made(index))),
            },
            CORE_TABLE => component.core_tables[index],
            CORE_MEMORY => component.core_memories[index],
            _ => component.core_globals[index],
        })
    }

    /// Finds a core function of the component.
    pub fn core_function(&self, index: usize) -> Result<Option<Found>, Error> {
        match &self.component.core_functions[index] {
            CoreFunction::Export(export) => self.find(CORE_FUNCTION, *export),
            _ => Ok(Some(Found::Made(index))),
        }
    }

    /// What an instance of a core module exports.
    fn exported(&self, sort: u8, export: CoreExport<'a>) -> Option<Found> {
        let instance = self.instances.get(*self.positions.get(export.instance)?)?;
        let part = self.part(instance);
        let export = &part.module.exports[*part.exports.get(export.name)?];
        let index = export.index as usize;
        let found = match sort_of(export.kind) {
            CORE_FUNCTION => Found::Function(*instance.functions.get(index)?),
            CORE_TABLE => Found::Table(*instance.tables.get(index)?),
            CORE_MEMORY => (index < instance.memories).then_some(Found::Memory)?,
            CORE_GLOBAL => Found::Global(*instance.globals.get(index)?),
            _ => return None,
        };
        (sort_of(export.kind) == sort).then_some(found)
    }

    fn kind_text(&self, kind: u32) -> String {
        let kind = self.types.list[kind as usize];
        text::type_text(kind.params(), kind.results())
    }
}

/// The core sort of an export.
fn sort_of(kind: wasmparser::ExternalKind) -> u8 {
    use wasmparser::ExternalKind;
    match kind {
        ExternalKind::Func => CORE_FUNCTION,
        ExternalKind::Table => CORE_TABLE,
        ExternalKind::Memory => CORE_MEMORY,
        ExternalKind::Global => CORE_GLOBAL,
        ExternalKind::FuncExact | ExternalKind::Tag => u8::MAX,
    }
}

fn mismatch(wanted: &str, is: &str) -> String {
    format!("with the type {wanted}, and gets one of the type {is}")
}

fn table_fits(wanted: &TableType, is: &TableType) -> bool {
    wanted.element_type == is.element_type
        && fits((wanted.initial, wanted.maximum), (is.initial, is.maximum))
}

fn memory_fits(wanted: &MemoryType, is: &MemoryType) -> bool {
    fits((wanted.initial, wanted.maximum), (is.initial, is.maximum))
}

/// Whether limits are within others.
fn fits(wanted: (u64, Option<u64>), is: (u64, Option<u64>)) -> bool {
    is.0 >= wanted.0
        && match (wanted.1, is.1) {
            (None, _) => true,
            (Some(wanted), Some(is)) => is <= wanted,
            (Some(_), None) => false,
        }
}

fn global_fits(wanted: &GlobalType, is: &GlobalType) -> bool {
    wanted.content_type == is.content_type && wanted.mutable == is.mutable
}
