//! Reads a contract from text: a line for each part, its fields separated by tabs.
//!
//! ```text
//! world     NAME
//! export    INTERFACE  VERSION  required|optional|one-of
//! import    INTERFACE  VERSION
//! function  NAME  PARAMS  RESULTS  TYPE
//! resource  NAME
//! grant     MODULE  NAME
//! granted   INTERFACE  VERSION
//! withheld  INTERFACE  GRANT
//! ```
//!
//! Functions and resources are of the interface before them. An interface without a name
//! has those of the world itself; a version may be empty. PARAMS and RESULTS are the types
//! of the core function, a letter each: `i` for i32, `I` for i64, `f` for f32, `F` for f64.
//! TYPE is the function's type in the component model, as [`component`](crate::component)
//! writes types. Of an interface that is `one-of`, a module needs only one of the versions
//! that the contract has. A grant is of a function that belongs to no interface. A granted interface
//! is like an imported one, but what its functions need is needed only of a module that
//! imports them; of an interface that is withheld, or a part of which is, GRANT says what
//! would give it.

use wasmparser::ValType;

use super::{Contract, EXPORT, Function, Imports, Interface, Presence, ROOT, Signature, flat};
use crate::Error;

/// The longest text that is read.
const MAX_TEXT: usize = 8 << 20;
/// How many parameters a core function has at most: 16, and the address of a result.
const MAX_PARAMS: usize = 17;

/// What functions and resources are of: the last of the exports or of the imports.
enum Current {
    None,
    Export,
    Import,
}

impl Contract {
    /// Reads a contract.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidContract`] with the line that cannot be read.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_TEXT {
            let message = format!("it has {} bytes; at most {MAX_TEXT} are read", text.len());
            return Err(Error::InvalidContract { line: 1, message });
        }
        let mut contract = Contract::default();
        let mut current = Current::None;
        for (number, line) in text.lines().enumerate() {
            let fields: Vec<&str> = line.split('\t').collect();
            contract
                .line(&fields, &mut current)
                .map_err(|message| Error::InvalidContract {
                    line: number + 1,
                    message,
                })?;
        }
        Ok(contract)
    }

    fn line(&mut self, fields: &[&str], current: &mut Current) -> Result<(), String> {
        match *fields {
            ["world", _] => {}
            [
                "export",
                name,
                version,
                kind @ ("required" | "optional" | "one-of"),
            ] => {
                self.exports.push(Interface {
                    name: name.to_owned(),
                    version: version.to_owned(),
                    presence: match kind {
                        "required" => Presence::Required,
                        "optional" => Presence::Optional,
                        _ => Presence::OneOf,
                    },
                    functions: vec![],
                    resources: vec![],
                });
                *current = Current::Export;
            }
            [kind @ ("import" | "granted"), name, version] => {
                self.import(module(name), version.to_owned(), kind == "granted");
                *current = Current::Import;
            }
            ["withheld", name, grant] => {
                self.withheld.push((name.to_owned(), grant.to_owned()));
            }
            ["function", name, params, results, wit] => {
                let signature = Signature {
                    params: types(params, MAX_PARAMS)?,
                    results: types(results, 1)?,
                };
                self.function(name, signature, wit, current)?;
            }
            ["resource", name] => self.resource(name, current)?,
            ["grant", module, name] => self.grant(module, name),
            [kind, ..] => {
                return Err(format!(
                    "{kind:?} with {} fields is unknown",
                    fields.len() - 1
                ));
            }
            [] => {}
        }
        Ok(())
    }

    fn function(
        &mut self,
        name: &str,
        signature: Signature,
        wit: &str,
        current: &Current,
    ) -> Result<(), String> {
        let granted = matches!(current, Current::Import)
            && self.imports.last().is_some_and(|import| import.granted);
        let needs = match granted {
            true => flat::Needs::default(),
            false => flat::needs(wit),
        };
        self.needs_memory |= needs.params || needs.result;
        let functions = match current {
            Current::None => None,
            Current::Export => {
                self.needs_realloc |= needs.params;
                self.exports.last_mut().map(|export| &mut export.functions)
            }
            Current::Import => {
                self.needs_realloc |= needs.result_pointers;
                self.imports.last_mut().map(|import| &mut import.functions)
            }
        };
        let Some(functions) = functions else {
            return Err("a function of no interface".to_owned());
        };
        functions.push(Function {
            name: name.to_owned(),
            signature,
            wit: wit.to_owned(),
        });
        Ok(())
    }

    fn resource(&mut self, name: &str, current: &Current) -> Result<(), String> {
        let mut functions = &["drop"][..];
        if let (Current::Export, Some(export)) = (current, self.exports.last_mut()) {
            functions = &["drop", "new", "rep"];
            export.resources.push(name.to_owned());
            if export.resources.len() == 1 {
                let module = format!("{EXPORT}{}", module(&export.name));
                let version = export.version.clone();
                self.import(module, version, false);
            }
        }
        let (Some(import), false) = (self.imports.last_mut(), matches!(current, Current::None))
        else {
            return Err("a resource of no interface".to_owned());
        };
        for function in functions {
            import.functions.push(Function {
                name: format!("[resource-{function}]{name}"),
                signature: Signature {
                    params: vec![ValType::I32],
                    results: match *function {
                        "drop" => vec![],
                        _ => vec![ValType::I32],
                    },
                },
                wit: String::new(),
            });
        }
        Ok(())
    }

    fn import(&mut self, module: String, version: String, granted: bool) {
        self.imports.push(Imports {
            module,
            version,
            granted,
            functions: vec![],
        });
    }
}

fn module(interface: &str) -> String {
    match interface {
        "" => ROOT.to_owned(),
        name => name.to_owned(),
    }
}

fn types(letters: &str, most: usize) -> Result<Vec<ValType>, String> {
    if letters.len() > most {
        return Err(format!(
            "a function has {} values, not at most {most}",
            letters.len()
        ));
    }
    let types = letters.chars().map(|letter| match letter {
        'i' => Ok(ValType::I32),
        'I' => Ok(ValType::I64),
        'f' => Ok(ValType::F32),
        'F' => Ok(ValType::F64),
        _ => Err(format!("{letter:?} is no type of a core function")),
    });
    types.collect()
}
