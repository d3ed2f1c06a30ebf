//! What a module may import: the Go test provides these.

use wasm_encoder::{
    EntityType, GlobalType, ImportSection, MemoryType, Module, RefType, TableType, TypeSection,
    ValType,
};

/// An imported function.
#[derive(Clone, Copy)]
pub struct HostFunction {
    pub name: &'static str,
    pub params: &'static [ValType],
    pub results: &'static [ValType],
}

/// Module of the functions the host implements.
pub const HOST: &str = "host";
/// Module of the state that is made anew for every instance.
pub const SHARED: &str = "shared";

/// Functions the host implements. `reenter` calls the export `leaf` of the
/// module that called it, if there is one.
pub const HOST_FUNCTIONS: [HostFunction; 4] = [
    HostFunction {
        name: "mix",
        params: &[ValType::I32, ValType::I64],
        results: &[ValType::I64],
    },
    HostFunction {
        name: "note",
        params: &[ValType::I64],
        results: &[],
    },
    HostFunction {
        name: "swap",
        params: &[ValType::I32, ValType::I64],
        results: &[ValType::I64, ValType::I32],
    },
    HostFunction {
        name: "reenter",
        params: &[ValType::I32],
        results: &[ValType::I64],
    },
];

/// A module with all imports there are, the form in which wasm-smith wants to
/// be told.
pub fn module() -> Vec<u8> {
    let mut types = TypeSection::new();
    let mut imports = ImportSection::new();
    for (index, function) in HOST_FUNCTIONS.iter().enumerate() {
        types.ty().function(
            function.params.iter().copied(),
            function.results.iter().copied(),
        );
        imports.import(HOST, function.name, EntityType::Function(index as u32));
    }
    imports.import(SHARED, "limit", global(ValType::I32, false));
    imports.import(SHARED, "cell", global(ValType::I64, true));
    imports.import(SHARED, "table", table(10, 20));
    imports.import(SHARED, "memory", memory(1, 4));
    let mut module = Module::new();
    module.section(&types);
    module.section(&imports);
    module.finish()
}

/// The type of a table of functions.
pub fn table(minimum: u64, maximum: u64) -> TableType {
    TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum,
        maximum: Some(maximum),
        shared: false,
    }
}

/// The type of a memory.
pub fn memory(minimum: u64, maximum: u64) -> MemoryType {
    MemoryType {
        minimum,
        maximum: Some(maximum),
        memory64: false,
        shared: false,
        page_size_log2: None,
    }
}

/// The type of a global.
pub fn global(val_type: ValType, mutable: bool) -> GlobalType {
    GlobalType {
        val_type,
        mutable,
        shared: false,
    }
}
