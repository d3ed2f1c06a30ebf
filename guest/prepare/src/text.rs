//! Types of a module in the text format.

use std::fmt::Write;

use wasmparser::{
    Export, ExternalKind, GlobalType, Import, MemoryType, RefType, TableType, TypeRef, ValType,
};

use crate::module::Module;

impl Module<'_> {
    /// The type of an export as the text format writes it.
    pub fn export_text(&self, export: &Export<'_>) -> String {
        let at = export.index as usize;
        match export.kind {
            ExternalKind::Func | ExternalKind::FuncExact => self.function_text(export.index),
            ExternalKind::Table => self.tables.get(at).map_or_else(unknown, table_text),
            ExternalKind::Memory => self.memories.get(at).map_or_else(unknown, memory_text),
            ExternalKind::Global => self.globals.get(at).map_or_else(unknown, global_text),
            ExternalKind::Tag => "(tag)".to_owned(),
        }
    }

    /// The type of an import as the text format writes it.
    pub fn import_text(&self, import: &Import<'_>) -> String {
        match &import.ty {
            TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                match self.types.get(*index as usize) {
                    Some(Some(function)) => type_text(function.params(), function.results()),
                    _ => unknown(),
                }
            }
            TypeRef::Table(table) => table_text(table),
            TypeRef::Memory(memory) => memory_text(memory),
            TypeRef::Global(global) => global_text(global),
            TypeRef::Tag(_) => "(tag)".to_owned(),
        }
    }

    fn function_text(&self, index: u32) -> String {
        self.function(index).map_or_else(unknown, |function| {
            type_text(function.params(), function.results())
        })
    }
}

/// Stands for what an index into nothing means.
fn unknown() -> String {
    "(unknown)".to_owned()
}

/// What an import is of, in a word.
pub(crate) fn import_kind(import: &Import<'_>) -> &'static str {
    match import.ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => "function",
        TypeRef::Table(_) => "table",
        TypeRef::Memory(_) => "memory",
        TypeRef::Global(_) => "global",
        TypeRef::Tag(_) => "tag",
    }
}

/// What an export is of, in a word.
pub(crate) fn export_kind(export: &Export<'_>) -> &'static str {
    match export.kind {
        ExternalKind::Func | ExternalKind::FuncExact => "function",
        ExternalKind::Table => "table",
        ExternalKind::Memory => "memory",
        ExternalKind::Global => "global",
        ExternalKind::Tag => "tag",
    }
}

/// A function's type as the text format writes it. Complexity: linear.
pub(crate) fn type_text(params: &[ValType], results: &[ValType]) -> String {
    let mut text = "(func".to_owned();
    for (kind, types) in [("param", params), ("result", results)] {
        if types.is_empty() {
            continue;
        }
        text.push_str(" (");
        text.push_str(kind);
        for value in types {
            text.push(' ');
            text.push_str(value_name(*value));
        }
        text.push(')');
    }
    text.push(')');
    text
}

fn value_name(value: ValType) -> &'static str {
    match value {
        ValType::I32 => "i32",
        ValType::I64 => "i64",
        ValType::F32 => "f32",
        ValType::F64 => "f64",
        ValType::V128 => "v128",
        ValType::Ref(reference) => reference_name(reference),
    }
}

/// The name of a reference type of WebAssembly 2.0; others are a reference.
pub(crate) fn reference_name(reference: RefType) -> &'static str {
    if reference == RefType::FUNCREF {
        "funcref"
    } else if reference == RefType::EXTERNREF {
        "externref"
    } else {
        "ref"
    }
}

fn limits_text(text: &mut String, least: u64, most: Option<u64>) {
    let _ = write!(text, " {least}");
    if let Some(most) = most {
        let _ = write!(text, " {most}");
    }
}

pub(crate) fn memory_text(memory: &MemoryType) -> String {
    let mut text = "(memory".to_owned();
    if memory.memory64 {
        text.push_str(" i64");
    }
    limits_text(&mut text, memory.initial, memory.maximum);
    if memory.shared {
        text.push_str(" shared");
    }
    text.push(')');
    text
}

pub(crate) fn table_text(table: &TableType) -> String {
    let mut text = "(table".to_owned();
    if table.table64 {
        text.push_str(" i64");
    }
    limits_text(&mut text, table.initial, table.maximum);
    text.push(' ');
    text.push_str(reference_name(table.element_type));
    text.push(')');
    text
}

pub(crate) fn global_text(global: &GlobalType) -> String {
    let value = value_name(global.content_type);
    if global.mutable {
        format!("(global (mut {value}))")
    } else {
        format!("(global {value})")
    }
}
