//! The WebAssembly features a module may use.

use wasmparser::{FrameKind, FrameStack, VisitOperator, VisitSimdOperator, WasmFeatures};

use crate::Error;
use crate::component::PREAMBLE;
use crate::harden::scan;

/// WebAssembly 2.0: what wazero runs unless it is told otherwise
/// (`api.CoreFeaturesV2`). Among what is left out: threads, tail calls,
/// garbage collection, memories of 64 bits, several memories, exceptions,
/// relaxed SIMD.
pub const ACCEPTED: WasmFeatures = WasmFeatures::WASM2;

/// Checks that `wasm` is a valid core module which uses only [`ACCEPTED`]
/// features. Linear in the size of the module.
pub fn validate(wasm: &[u8]) -> Result<(), Error> {
    scan::functions(wasm, |_| Ok(())).map(|_| ())
}

/// Says why `err`, met while validating `wasm`, refuses it: the module is broken, or
/// merely too new as far as it was looked at.
pub(crate) fn refusal(wasm: &[u8], err: &wasmparser::Error) -> Error {
    if wasm.starts_with(&PREAMBLE) {
        return Error::Component;
    }
    let (message, offset) = (err.message().to_owned(), err.offset());
    // The one feature whose errors wasmparser does not mark.
    if err.missing_wasm_feature().is_some() || message == "multiple memories" {
        Error::Unsupported { message, offset }
    } else {
        Error::Invalid { message, offset }
    }
}

/// A validator of instructions that sees those of [`ACCEPTED`] features alone. It would
/// refuse the others itself, but its code for them would be a tenth of the prepare module.
pub(crate) struct Accepted<V> {
    validator: V,
    /// The block, loop or `if` around the instruction.
    frame: Option<FrameKind>,
    /// The proposal of an instruction that was not shown to the validator.
    newer: Option<&'static str>,
}

impl<V> Accepted<V> {
    pub fn new(validator: V, frame: Option<FrameKind>) -> Self {
        Accepted {
            validator,
            frame,
            newer: None,
        }
    }

    #[inline(never)]
    fn refuse(&mut self, proposal: &'static str) -> Visited {
        self.newer = Some(proposal);
        Visited(Ok(()))
    }

    /// Whether the instruction that was visited at `offset` is accepted.
    pub fn result(self, offset: u64) -> Result<(), Error> {
        let name = match self.newer {
            None => return Ok(()),
            Some("relaxed_simd") => "relaxed SIMD",
            Some("tail_call") => "tail calls",
            Some(name) => name,
        };
        Err(Error::Unsupported {
            message: format!("{} support is not enabled", name.replace('_', " ")),
            offset,
        })
    }
}

/// What the validator says of an instruction. With a type of its own for that, the
/// compiler sees that wasmparser's reader of vector instructions calls this visitor
/// alone, and leaves out what such a visitor could be called for besides: a quarter of
/// the prepare module.
pub(crate) struct Visited(pub wasmparser::Result<()>);

macro_rules! accept {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(fn $visit(&mut self $($(, $arg: $ty)*)?) -> Self::Output {
            accept!(@$proposal self $visit ($($($arg),*)?))
        })*
    };
    (@mvp $self:ident $visit:ident $args:tt) => { accept!(do $self $visit $args) };
    (@sign_extension $self:ident $visit:ident $args:tt) => { accept!(do $self $visit $args) };
    (@saturating_float_to_int $self:ident $visit:ident $args:tt) => { accept!(do $self $visit $args) };
    (@bulk_memory $self:ident $visit:ident $args:tt) => { accept!(do $self $visit $args) };
    (@reference_types $self:ident $visit:ident $args:tt) => { accept!(do $self $visit $args) };
    (@simd $self:ident $visit:ident $args:tt) => { accept!(do $self $visit $args) };
    (do $self:ident $visit:ident ($($arg:ident),*)) => {
        Visited($self.validator.$visit($($arg),*))
    };
    (@$proposal:ident $self:ident $visit:ident ($($arg:ident),*)) => {{
        $(let _ = $arg;)*
        $self.refuse(stringify!($proposal))
    }};
}

impl<'a, V: VisitSimdOperator<'a, Output = wasmparser::Result<()>>> VisitOperator<'a>
    for Accepted<V>
{
    type Output = Visited;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = Self::Output>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(accept);
}

impl<'a, V: VisitSimdOperator<'a, Output = wasmparser::Result<()>>> VisitSimdOperator<'a>
    for Accepted<V>
{
    wasmparser::for_each_visit_simd_operator!(accept);
}

impl<V> FrameStack for Accepted<V> {
    fn current_frame(&self) -> Option<FrameKind> {
        self.frame
    }
}
