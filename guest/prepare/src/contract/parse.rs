//! Reads a contract from text: a line for each part, its fields separated by tabs.
//!
//! ```text
//! world     NAME
//! export    INTERFACE  VERSION  required|optional
//! import    INTERFACE  VERSION
//! function  NAME  PARAMS  RESULTS  TYPE
//! resource  NAME
//! grant     MODULE  NAME
//! ```
//!
//! Functions and resources are of the interface before them. An interface without a name
//! has those of the world itself; a version may be empty. PARAMS and RESULTS are the types
//! of the core function, a letter each: `i` for i32, `I` for i64, `f` for f32, `F` for f64.
//! TYPE is the function's type in the component model, as [`component`](crate::component)
//! writes types. A grant is of a function that belongs to no interface.

use wasmparser::ValType;

use super::{Contract, EXPORT, Function, Import, Interface, ROOT, Signature};
use crate::Error;

/// The longest text that is read.
const MAX_TEXT: usize = 8 << 20;
/// How many parameters a core function has at most: 16, and the address of a result.
const MAX_PARAMS: usize = 17;

/// The interface that functions and resources are of.
enum Current {
    None,
    Export,
    Import { module: String, version: String },
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
            ["export", name, version, kind @ ("required" | "optional")] => {
                self.exports.push(Interface {
                    name: name.to_owned(),
                    version: version.to_owned(),
                    required: kind == "required",
                    functions: vec![],
                    resources: vec![],
                });
                *current = Current::Export;
            }
            ["import", name, version] => {
                *current = Current::Import {
                    module: module(name),
                    version: version.to_owned(),
                };
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
        let (given, returned) = wit.split_once(" -> ").unwrap_or((wit, ""));
        self.needs_memory |= has_lists(given) || has_lists(returned);
        match current {
            Current::None => return Err("a function of no interface".to_owned()),
            Current::Export => {
                self.needs_realloc |= has_lists(given);
                if let Some(interface) = self.exports.last_mut() {
                    interface.functions.push(Function {
                        name: name.to_owned(),
                        signature,
                        wit: wit.to_owned(),
                    });
                }
            }
            Current::Import { module, version } => {
                self.needs_realloc |= has_lists(returned);
                self.imports.push(Import {
                    module: module.clone(),
                    version: version.clone(),
                    name: name.to_owned(),
                    signature,
                    wit: wit.to_owned(),
                });
            }
        }
        Ok(())
    }

    fn resource(&mut self, name: &str, current: &Current) -> Result<(), String> {
        let (module, version, is_export) = match current {
            Current::None => return Err("a resource of no interface".to_owned()),
            Current::Import { module, version } => (module.clone(), version.clone(), false),
            Current::Export => {
                let Some(interface) = self.exports.last_mut() else {
                    return Ok(());
                };
                interface.resources.push(name.to_owned());
                let module = format!("{EXPORT}{}", module(&interface.name));
                (module, interface.version.clone(), true)
            }
        };
        for (function, results, only_export) in [
            ("drop", &[][..], false),
            ("new", &[ValType::I32], true),
            ("rep", &[ValType::I32], true),
        ] {
            if is_export || !only_export {
                self.imports.push(Import {
                    module: module.clone(),
                    version: version.clone(),
                    name: format!("[resource-{function}]{name}"),
                    signature: Signature {
                        params: vec![ValType::I32],
                        results: results.to_vec(),
                    },
                    wit: String::new(),
                });
            }
        }
        Ok(())
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

/// Whether the types in a part of a function's type have strings, lists or maps, which
/// are in memory of their own. Names of parameters, fields and cases can be the same
/// words.
fn has_lists(types: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '%';
    // Whether words are names, in what the braces and brackets around contain.
    let mut names = vec![];
    let mut last = "";
    let mut rest = types;
    while let Some(first) = rest.chars().next() {
        let end = match is_word(first) {
            true => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (token, after) = rest.split_at(end);
        rest = after;
        match token {
            "{" => names.push(matches!(last, "variant" | "enum" | "flags")),
            "(" | "<" => names.push(false),
            "}" | ")" | ">" => drop(names.pop()),
            "string" | "list" | "map" if names.last() != Some(&true) && !after.starts_with(':') => {
                return true;
            }
            _ => {}
        }
        if is_word(first) {
            last = token;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::has_lists;

    #[test]
    fn lists_are_told_from_names() {
        for types in [
            "func(a: string",
            "func(a: list<u8>)",
            "func(a: record { x: u8, y: option<string> })",
            "result<_, string>",
            "variant { none, some(map<u8, u8>) }",
            "func(string: list<f64>)",
            "variant { string(string) }",
        ] {
            assert!(has_lists(types), "{types}");
        }
        for types in [
            "",
            "func()",
            "func(string: u8, list: record { map: u8 })",
            "enum { string, list }",
            "option<flags { map }>",
            "variant { string, list(u8), map(tuple<u8, u8>) }",
            "func(a: own<string-builder>)",
        ] {
            assert!(!has_lists(types), "{types}");
        }
    }
}
