//! Reads WIT and describes a world of it as JSON, from which Go bindings are
//! generated.
//!
//! - [`request`]: what the host passes: files, the world's name.
//! - [`load`]: reads the files and finds the world.
//! - [`world`]: the world's interfaces and functions, as JSON.
//! - [`types`]: its types, each once and after those that it is made of.
//! - [`layout`]: their sizes and core types.
//! - [`error`]: errors, with their place in a file.
//!
//! # The JSON
//!
//! Members are always there, and in this order.
//!
//! ```text
//! { "package": "ex:filter", "version": "1.0.0" or "", "world": "plugin", "docs": "",
//!   "types": [TYPE], "imports": [INTERFACE], "exports": [INTERFACE] }
//!
//! INTERFACE { "interface": "ex:kv/store", "version": "1.0.0" or "", "docs": "",
//!   "types": [index], "resources": [index], "functions": [FUNCTION] }
//!
//! FUNCTION { "name": "[method]bucket.get", "kind": "function", "method", "static" or "constructor",
//!   "resource": index or null, "params": [{ "name": "key", "type": REF }], "result": REF or null, "docs": "",
//!   "coreParams": "iI", "coreResults": "i", "paramsInMemory": false, "resultInMemory": false,
//!   "type": "func(key: string) -> option<u64>" }
//!
//! TYPE { "kind": "record", "name": "point" or null, "owner": "ex:filter/data@1.0.0", "" (the world) or null (anonymous),
//!   "docs": "", "size": 16, "align": 8, "flat": "If" or null (more than 16), and by kind:
//!   record      "fields": [{ "name", "type": REF, "docs" }]
//!   variant     "cases": [{ "name", "type": REF or null, "docs" }]
//!   enum        "cases": [{ "name", "docs" }]
//!   flags       "flags": [{ "name", "docs" }]
//!   tuple       "types": [REF]
//!   list        "type": REF
//!   fixed-list  "type": REF, "length": 4
//!   map         "key": REF, "value": REF
//!   option      "type": REF
//!   result      "ok": REF or null, "err": REF or null
//!   own, borrow "resource": index
//!   alias       "type": REF
//!   resource }
//! ```
//!
//! A REF is the name of a primitive type, such as `"u32"`, or the index of a type.
//! A type comes after all that it refers to. Types that are equal, by name, owner
//! and contents, are there once, so an interface that is both imported and
//! exported has its types once, but for its resources and what refers to them:
//! these are two.
//!
//! The first interface may have the name `""`: it has the functions and types of
//! the world itself. The interface of an `import name: interface { .. }` has the name
//! `name`.
//!
//! In `coreParams`, `coreResults` and `flat`, `i` is i32, `I` i64, `f` f32 and `F`
//! f64. `coreParams` of an import has the address for a result in memory.
//! `resource` is never an alias. `type` is the text that the host compares with the
//! type in a component.

pub mod error;
pub mod layout;
pub mod load;
pub mod request;
pub mod types;
#[cfg(feature = "module")]
mod wasm;
pub mod world;

pub use error::Error;

/// Describes the world that a request is for.
pub fn describe(request: &[u8]) -> Result<String, Error> {
    let request = request::Request::parse(request)?;
    let (resolve, world) = load::load(&request)?;
    world::describe(resolve, world, &request)
}
