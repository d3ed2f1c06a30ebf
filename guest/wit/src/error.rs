//! Errors, with their place in a file.

use compute_pipeline_prepare::json::Json;
use wit_parser::{ParseError, ResolveError, ResolveErrorKind, SourceMap, Span};

/// Why a world cannot be described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The reason, on one line.
    pub message: String,
    /// The file, as the request names it; empty if it is none in particular.
    pub file: String,
    /// Line and column (in bytes), from 1; 0 if unknown.
    pub line: u64,
    /// The column.
    pub column: u64,
}

impl Error {
    /// An error of a file, at no particular place.
    pub fn of(file: &str, message: impl AsRef<str>) -> Self {
        Error {
            message: one_line(message.as_ref()),
            file: file.to_owned(),
            line: 0,
            column: 0,
        }
    }

    /// An error at a place, or of `file` if the place is unknown, as it is in
    /// what was decoded from a component.
    pub fn at(map: &SourceMap, span: Span, file: &str, message: impl AsRef<str>) -> Self {
        let mut error = Self::of(file, message);
        if span.is_known() {
            let place = map.render_location(span);
            let mut parts = place.rsplitn(3, ':');
            let mut number = || parts.next().and_then(|part| part.parse().ok());
            if let (Some(column), Some(line)) = (number(), number()) {
                error.column = column;
                error.line = line;
                error.file = parts.next().unwrap_or(file).to_owned();
            }
        }
        error
    }

    /// An error of the parser.
    pub fn parse(map: &SourceMap, error: &ParseError, file: &str) -> Self {
        Self::at(map, error.kind().span(), file, error.to_string())
    }

    /// An error of resolving names.
    pub fn resolve(map: &SourceMap, error: &ResolveError, file: &str) -> Self {
        let mut message = error.to_string();
        if let ResolveErrorKind::DuplicatePackage { span2, .. } = error.kind() {
            message += &format!("; the other is {}", map.render_location(*span2));
        }
        Self::at(map, error.kind().span(), file, message)
    }

    /// The error as a JSON object.
    pub fn json(&self) -> String {
        let mut json = Json::default();
        json.object(|json| {
            json.key("error").string(&self.message);
            json.key("file").string(&self.file);
            json.key("line").number(self.line);
            json.key("column").number(self.column);
        });
        json.finish()
    }
}

/// What cannot be bound, and where it is written.
#[derive(Debug)]
pub struct Refusal {
    /// Why.
    pub reason: String,
    /// Where; unknown in what was decoded.
    pub span: Span,
}

impl Refusal {
    /// A refusal, as an error.
    pub fn new<T>(reason: impl Into<String>, span: Span) -> Result<T, Self> {
        Err(Refusal {
            reason: reason.into(),
            span,
        })
    }

    /// The refusal of what a host without the asynchronous ABI cannot do.
    pub fn asynchronous<T>(what: &str, span: Span) -> Result<T, Self> {
        let reason =
            "needs the asynchronous part of the component model, which the host does not implement";
        Self::new(format!("{what} {reason}"), span)
    }
}

/// The longest message.
const MAX_MESSAGE: usize = 2000;

/// Joins the lines of a message, and cuts one that is too long.
fn one_line(message: &str) -> String {
    let mut text = String::new();
    for (i, line) in message.lines().map(str::trim).enumerate() {
        match i {
            0 => {}
            1 => text.push(' '),
            _ => text.push_str(", "),
        }
        text.push_str(line);
    }
    if text.len() > MAX_MESSAGE {
        text.truncate(text.floor_char_boundary(MAX_MESSAGE));
        text.push('…');
    }
    text
}
