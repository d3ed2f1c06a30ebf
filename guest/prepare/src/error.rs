//! Errors of this crate.

use std::fmt;

use crate::complexity::Excess;
use crate::reader::Malformed;

/// Why a module was refused. The text says what was found, where, and what was
/// expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The bytes are a component; a core module is expected.
    Component,
    /// The bytes are not a component that can be read.
    InvalidComponent {
        /// What is wrong.
        message: String,
        /// Where, in bytes from the start of the component.
        offset: u64,
    },
    /// The module is valid but not an implementation of the contract.
    Contract(Vec<String>),
    /// The tables of the module start with more entries than are allowed.
    TooManyTableEntries {
        /// The largest number allowed.
        limit: u32,
    },
    /// An instance would take too long to start: the module has too many elements,
    /// segments, globals and exports.
    SlowStart {
        /// How many they are together.
        steps: u64,
        /// The largest number allowed.
        limit: u64,
    },
    /// The bytes are not a valid WebAssembly module.
    Invalid {
        /// What is wrong, in the validator's words.
        message: String,
        /// Where, in bytes from the start of the module.
        offset: u64,
    },
    /// The module is valid but needs a feature beyond WebAssembly 2.0, which is
    /// all that wazero runs by default.
    Unsupported {
        /// What the module uses, in the validator's words.
        message: String,
        /// Where, in bytes from the start of the module.
        offset: u64,
    },
    /// An instruction or a type has a longer form than it needs. wazero reads some of
    /// them as other code.
    LongForm {
        /// Where, in bytes from the start of the module.
        offset: u64,
    },
    /// The module has a name that only metering gives out.
    ReservedName {
        /// What the module does with the name.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// The rewritten function would need more locals than engines accept.
    TooManyLocals {
        /// Index of the function in the module's function index space.
        function: u32,
        /// Number of locals, parameters included, after rewriting.
        locals: u32,
        /// The largest number allowed.
        limit: u32,
    },
    /// The rewritten function would be larger than engines accept.
    FunctionTooLarge {
        /// Index of the function in the module's function index space.
        function: u32,
        /// Size of its body in bytes after rewriting.
        size: usize,
        /// The largest size allowed.
        limit: usize,
    },
    /// Compiling the module would take too much time or memory, or it would keep
    /// too much.
    TooComplex(Excess),
    /// The rewritten module would not fit in the format's 32-bit sizes.
    ModuleTooLarge {
        /// Size of the code section in bytes after rewriting.
        size: usize,
    },
    /// The debug information cannot be read or converted.
    Dwarf {
        /// What is wrong, in the converter's words.
        message: String,
    },
}

/// What sort of refusal an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The module is not valid, or not one that can be run.
    Invalid,
    /// The module is not an implementation of the contract.
    Contract,
    /// The module exceeds a limit.
    Limit,
}

impl Class {
    /// The class as a number, for those who cannot see the error itself.
    pub fn status(self) -> i32 {
        match self {
            Class::Invalid => 1,
            Class::Contract => 2,
            Class::Limit => 3,
        }
    }
}

impl Error {
    /// What sort of refusal it is.
    pub fn class(&self) -> Class {
        match self {
            Error::Component
            | Error::InvalidComponent { .. }
            | Error::Invalid { .. }
            | Error::Unsupported { .. }
            | Error::LongForm { .. }
            | Error::Dwarf { .. } => Class::Invalid,
            Error::Contract(_) | Error::ReservedName { .. } => Class::Contract,
            Error::TooManyTableEntries { .. }
            | Error::SlowStart { .. }
            | Error::TooManyLocals { .. }
            | Error::FunctionTooLarge { .. }
            | Error::TooComplex(_)
            | Error::ModuleTooLarge { .. } => Class::Limit,
        }
    }

    /// The limit that is exceeded, by the name that the host has for it
    /// (gohost/sandbox/limit_error.go), and its value. `None` for an error of another class.
    pub fn limit(&self) -> Option<(&'static str, u64)> {
        Some(match self {
            Error::TooManyTableEntries { limit } => ("table entries", u64::from(*limit)),
            Error::SlowStart { limit, .. } => ("start", *limit),
            Error::TooManyLocals { limit, .. } => ("locals", u64::from(*limit)),
            Error::FunctionTooLarge { limit, .. } => ("function size", *limit as u64),
            Error::TooComplex(excess) => (excess.resource.limit(), excess.limit),
            Error::ModuleTooLarge { .. } => ("module size", u64::from(u32::MAX)),
            _ => return None,
        })
    }

    /// The error as a text for a program: a line for each problem with the
    /// contract; for a limit a line with its name and value, separated by a tab,
    /// and then the text of the error.
    pub fn report(&self) -> String {
        match (self, self.limit()) {
            (Error::Contract(problems), _) => {
                let lines: Vec<_> = problems.iter().map(|p| p.replace('\n', "\\n")).collect();
                lines.join("\n")
            }
            (_, Some((name, value))) => format!("{name}\t{value}\n{self}"),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Component => f.write_str("this is a component; a core module is expected"),
            Error::InvalidComponent { message, offset } => {
                write!(
                    f,
                    "not a valid component: {message} (at offset {offset:#x})"
                )
            }
            Error::Contract(problems) => f.write_str(&problems.join("; ")),
            Error::TooManyTableEntries { limit } => {
                write!(f, "its tables start with more than {limit} entries")
            }
            Error::SlowStart { steps, limit } => write!(
                f,
                "its instances would take too long to start: its elements, segments, globals and \
                 exports are {steps} together; at most {limit} are allowed"
            ),
            Error::Invalid { message, offset } => {
                write!(
                    f,
                    "not a valid WebAssembly module: {message} (at offset {offset:#x})"
                )
            }
            Error::Unsupported { message, offset } => write!(
                f,
                "the module needs a feature beyond WebAssembly 2.0: {message} (at offset {offset:#x})"
            ),
            Error::LongForm { offset } => write!(
                f,
                "the module has an instruction or a type in a longer form than it needs, which \
                 runtimes read differently (at offset {offset:#x})"
            ),
            Error::ReservedName { kind, name } => write!(
                f,
                "the module {kind} {name:?}; names that begin with {:?} are reserved for metering, \
                 so this may be a module that is metered already",
                crate::meter::RESERVED
            ),
            Error::TooManyLocals {
                function,
                locals,
                limit,
            } => write!(
                f,
                "function {function} would need {locals} locals after rewriting; at most {limit} are allowed"
            ),
            Error::FunctionTooLarge {
                function,
                size,
                limit,
            } => write!(
                f,
                "function {function} would be {size} bytes long after rewriting; at most {limit} are allowed"
            ),
            Error::TooComplex(excess) => write!(f, "{excess}"),
            Error::ModuleTooLarge { size } => write!(
                f,
                "the code section would be {size} bytes long after rewriting; at most {} are allowed",
                u32::MAX
            ),
            Error::Dwarf { message } => {
                write!(f, "cannot convert the debug information: {message}")
            }
        }
    }
}

impl std::error::Error for Error {}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Error::InvalidComponent {
            message: malformed.message,
            offset: malformed.offset as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Class, Error};
    use crate::complexity::{Excess, Resource};

    #[test]
    fn a_report_has_a_line_for_each_problem() {
        let problems = vec!["it lacks; this".to_owned(), "and \n that".to_owned()];
        assert_eq!(
            Error::Contract(problems).report(),
            "it lacks; this\nand \\n that"
        );
    }

    #[test]
    fn every_limit_has_a_name_and_a_value() {
        let excess = |resource| {
            Error::TooComplex(Excess {
                resource,
                function: 0,
                of_function: 1,
                alone: false,
                amount: 9,
                limit: 8,
            })
        };
        for (error, name, value) in [
            (Error::TooManyTableEntries { limit: 7 }, "table entries", 7),
            (Error::SlowStart { steps: 2, limit: 1 }, "start", 1),
            (excess(Resource::Time), "compile time", 8),
            (excess(Resource::Memory), "compile memory", 8),
            (excess(Resource::Kept), "code memory", 8),
        ] {
            assert_eq!(error.class(), Class::Limit);
            assert_eq!(error.limit(), Some((name, value)));
            assert_eq!(error.report(), format!("{name}\t{value}\n{error}"));
        }
        assert_eq!(Error::Component.limit(), None);
        assert_eq!(Error::Component.report(), Error::Component.to_string());
    }
}
