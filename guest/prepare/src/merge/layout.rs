//! Where everything of the instances is in the merged module.

use std::cell::RefCell;

use wasmparser::{FuncType, GlobalType, MemoryType, TableType};

use super::canonical::{self, Import, Resource};
use super::constant::{self, Value};
use super::part::Part;
use super::resolve::Known;
use super::{MAX_FUNCTIONS, MAX_INSTANCES, limit, problem};
use crate::component::{Component, CoreInstance, Names};
use crate::contract::Contract;
use crate::start::MAX_STEPS;
use crate::{Error, text};

/// A function of the merged module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// The import with this number.
    Import(u32),
    /// The body with this number.
    Own(u32),
}

/// An instance of a core module, with what its indices are in the merged module.
pub(super) struct Instance {
    /// Its number in the component.
    pub number: usize,
    /// The number of its core module.
    pub part: usize,
    pub functions: Vec<Function>,
    pub tables: Vec<u32>,
    /// How many memories it has: all are the one.
    pub memories: usize,
    pub globals: Vec<u32>,
    /// The numbers of its first segments.
    pub elements: u32,
    pub data: u32,
}

/// The types of functions in all core modules, each once.
pub(super) struct Types<'p> {
    indices: Names<'p>,
    pub list: Vec<&'p FuncType>,
    /// For each core module, where its types are in the list.
    pub of_parts: Vec<Vec<u32>>,
}

impl<'p> Types<'p> {
    /// `texts` are the types of the core modules as [`texts`] has them.
    pub fn new(parts: &'p [Option<Part<'_>>], texts: &'p [Vec<String>]) -> Self {
        let mut types = Types {
            indices: Names::new(),
            list: vec![],
            of_parts: vec![],
        };
        for (part, texts) in parts.iter().zip(texts) {
            let kinds = part
                .iter()
                .flat_map(|part| part.module.types.iter().flatten());
            let indices = kinds.zip(texts).map(|(kind, text)| types.add(kind, text));
            let indices = indices.collect();
            types.of_parts.push(indices);
        }
        types
    }

    /// The index of a type.
    pub fn add(&mut self, kind: &'p FuncType, text: &'p str) -> u32 {
        let index = *self.indices.entry(text).or_insert(self.list.len());
        if index == self.list.len() {
            self.list.push(kind);
        }
        index as u32
    }
}

/// The types of each core module as texts, which are equal if the types are.
pub(super) fn texts(parts: &[Option<Part<'_>>]) -> Vec<Vec<String>> {
    let texts = parts.iter().map(|part| {
        let kinds = part
            .iter()
            .flat_map(|part| part.module.types.iter().flatten());
        kinds
            .map(|kind| text::type_text(kind.params(), kind.results()))
            .collect()
    });
    texts.collect()
}

/// All that the instances define.
pub(super) struct Layout<'c, 'a> {
    pub component: &'c Component<'a>,
    pub contract: &'c Contract,
    /// The core modules by number; those without an instance are not read.
    pub parts: &'c [Option<Part<'a>>],
    pub types: Types<'c>,
    pub instances: Vec<Instance>,
    /// For each core instance of the component, how many instances of core modules there
    /// are before it.
    pub positions: Vec<usize>,
    pub imports: Vec<Import>,
    /// The types of resources that the component exports.
    pub resources: Vec<Resource<'a>>,
    /// For each core function of the component, the number of the import that it is.
    pub made: Vec<Option<u32>>,
    /// The types of the functions with a body.
    pub functions: Vec<u32>,
    pub tables: Vec<TableType>,
    /// The one memory, and the number of the instance that has it.
    pub memory: Option<(MemoryType, usize)>,
    pub globals: Vec<(GlobalType, Value<'a>)>,
    pub elements: u32,
    pub data: u32,
    /// The position of the first instance that starts with a function.
    pub starts: Option<usize>,
    /// The imports that are called through functions of the merger ([`super::added`]), and
    /// for each import its number among them.
    pub wrapped: Vec<u32>,
    pub wrappers: Vec<Option<u32>>,
    /// How much an instance of all of them does when it starts.
    steps: u64,
    /// What exports are, as far as they were looked for.
    pub known: RefCell<Known>,
}

impl<'c, 'a> Layout<'c, 'a> {
    pub fn new(
        component: &'c Component<'a>,
        contract: &'c Contract,
        parts: &'c [Option<Part<'a>>],
        types: Types<'c>,
    ) -> Result<Self, Error> {
        let mut layout = Layout {
            component,
            contract,
            parts,
            types,
            instances: vec![],
            positions: vec![],
            imports: vec![],
            resources: canonical::resources(component, contract),
            made: vec![None; component.core_functions.len()],
            functions: vec![],
            tables: vec![],
            memory: None,
            globals: vec![],
            elements: 0,
            data: 0,
            starts: None,
            wrapped: vec![],
            wrappers: vec![],
            steps: 0,
            known: RefCell::default(),
        };
        for (number, instance) in component.core_instances.iter().enumerate() {
            layout.positions.push(layout.instances.len());
            if let CoreInstance::Module { module, given } = instance {
                layout.add(number, *module, given)?;
            }
        }
        Ok(layout)
    }

    /// Adds an instance of a core module, which is given these core instances.
    fn add(&mut self, number: usize, module: usize, given: &Names<'a>) -> Result<(), Error> {
        let Some(part) = &self.parts[module] else {
            return problem(format!(
                "core instance {number} is of core module {module}, which is not in the component"
            ));
        };
        let mut instance = Instance {
            number,
            part: module,
            functions: vec![],
            tables: vec![],
            memories: 0,
            globals: vec![],
            elements: self.elements,
            data: self.data,
        };
        for import in &part.module.imports {
            self.import(&mut instance, part, import, given)?;
        }
        self.define(instance, part)
    }

    /// Adds what an instance has of its own.
    fn define(&mut self, mut instance: Instance, part: &'c Part<'a>) -> Result<(), Error> {
        let module = &part.module;
        let at = module.code.start;
        let index = || part.invalid("an index is of nothing", at);
        for kind in &module.functions[module.imported as usize..] {
            let own = self.functions.len() as u32;
            instance.functions.push(Function::Own(own));
            let kinds = &self.types.of_parts[part.number];
            let kind = kinds.get(*kind as usize).ok_or_else(index)?;
            self.functions.push(*kind);
        }
        if self.functions.len() as u64 > MAX_FUNCTIONS {
            return limit(
                "functions",
                MAX_FUNCTIONS,
                format!(
                    "the core modules of the component have more than {MAX_FUNCTIONS} functions \
                     together, the most that are allowed"
                ),
            );
        }
        for table in &module.tables[instance.tables.len()..] {
            instance.tables.push(self.tables.len() as u32);
            self.tables.push(*table);
        }
        for memory in &module.memories[instance.memories..] {
            if let Some((_, other)) = self.memory {
                return problem(format!(
                    "core instances {other} and {} have memories of their own, and this host \
                     runs core modules that share one",
                    instance.number
                ));
            }
            self.memory = Some((*memory, instance.number));
            instance.memories += 1;
        }
        self.steps += u64::from(module.element_segments)
            + u64::from(module.data_segments)
            + module.elements
            + module.globals.len() as u64;
        if self.steps > MAX_STEPS {
            return limit(
                "start",
                MAX_STEPS,
                format!(
                    "its instances would take too long to start: the elements, segments and \
                     globals of its core modules are more than {MAX_STEPS} together, the most \
                     that are allowed"
                ),
            );
        }
        for global in part.globals()? {
            let value = constant::value(
                &global.init_expr,
                module.wasm,
                &instance.functions,
                &instance.globals,
                &self.globals,
            );
            let at = global.init_expr.get_binary_reader().original_position() as usize;
            let value = value.ok_or_else(|| part.not_constant(at))?;
            instance.globals.push(self.globals.len() as u32);
            self.globals.push((global.ty, value));
        }
        self.elements += module.element_segments;
        self.data += module.data_segments;
        if module.start.is_some() && self.starts.is_none() {
            self.starts = Some(self.instances.len());
        }
        self.instances.push(instance);
        if self.instances.len() as u64 > MAX_INSTANCES {
            return limit(
                "instances",
                MAX_INSTANCES,
                format!(
                    "the component has more than {MAX_INSTANCES} instances of core modules, the \
                     most that are allowed"
                ),
            );
        }
        Ok(())
    }

    /// The core module of an instance.
    pub fn part(&self, instance: &Instance) -> &'c Part<'a> {
        // An instance is of a module that was read.
        self.parts[instance.part].as_ref().expect("it was read")
    }

    /// The index of a function in the merged module.
    pub fn index(&self, function: Function) -> u32 {
        match function {
            Function::Import(number) => match self.wrappers.get(number as usize) {
                Some(Some(wrapper)) => self.added() + wrapper,
                _ => number,
            },
            Function::Own(number) => self.imports.len() as u32 + number,
        }
    }

    /// The index of the first function of the merger.
    pub fn added(&self) -> u32 {
        (self.imports.len() + self.functions.len()) as u32
    }

    /// The type of a function.
    pub fn kind(&self, function: Function) -> u32 {
        match function {
            Function::Import(number) => self.imports[number as usize].kind,
            Function::Own(number) => self.functions[number as usize],
        }
    }
}
