//! Errors of this crate.

use std::fmt;

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
    /// The text of the contract cannot be read.
    InvalidContract {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
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
    /// The module exceeds a limit.
    Limit {
        /// The name of the limit, as the host has it (gohost/sandbox/limit_error.go).
        name: &'static str,
        /// The largest value that is allowed.
        max: u64,
        /// What was found, and what is allowed.
        message: String,
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
    /// The host made a mistake; it says nothing about the module.
    Host,
}

impl Class {
    /// The class as a number, for those who cannot see the error itself.
    pub fn status(self) -> i32 {
        match self {
            Class::Invalid => 1,
            Class::Contract => 2,
            Class::Limit => 3,
            Class::Host => 4,
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
            Error::InvalidContract { .. } => Class::Host,
            Error::Limit { .. } => Class::Limit,
        }
    }

    /// The error as a text for a program: a line for each problem with the
    /// contract; for a limit a line with its name and value, separated by a tab,
    /// and then the text of the error.
    pub fn report(&self) -> String {
        match self {
            Error::Contract(problems) => {
                let lines: Vec<_> = problems.iter().map(|p| p.replace('\n', "\\n")).collect();
                lines.join("\n")
            }
            Error::Limit { name, max, .. } => format!("{name}\t{max}\n{self}"),
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
            Error::InvalidContract { line, message } => {
                write!(f, "line {line} of the contract cannot be read: {message}")
            }
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
            Error::Limit { message, .. } => f.write_str(message),
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
    use super::Error;

    #[test]
    fn a_report_has_a_line_for_each_problem_and_for_a_limit() {
        let problems = vec!["it lacks; this".to_owned(), "and \n that".to_owned()];
        let limit = Error::Limit {
            name: "start",
            max: 7,
            message: "too slow".to_owned(),
        };
        for (error, report) in [
            (Error::Contract(problems), "it lacks; this\nand \\n that"),
            (limit, "start\t7\ntoo slow"),
            (Error::Component, &Error::Component.to_string()),
        ] {
            assert_eq!(error.report(), report);
        }
    }
}
