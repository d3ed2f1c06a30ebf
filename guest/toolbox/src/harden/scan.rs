//! Finds hazards while the module is validated.

use std::ops::Range;

use wasmparser::{
    FuncValidator, FuncValidatorAllocations, FunctionBody, Parser, Payload, ValType, ValidPayload,
    Validator, ValidatorResources, WasmFeatures,
};

use super::fresh::Recent;
use super::hazard::Kind;
use crate::features::{self, ACCEPTED};
use crate::proposals::Proposals;
use crate::{Error, leb128};

/// A function with a body. Ranges are in bytes from the start of the module.
pub(crate) struct Function<'a> {
    /// Index in the function index space.
    pub index: u32,
    /// Where the entry starts, with the size of the body.
    pub start: usize,
    /// The body: declarations of locals, then instructions.
    pub body: Range<usize>,
    /// Payload of the code section.
    pub section: Range<usize>,
    /// Number of locals, parameters included.
    pub locals: u32,
    /// The hazards in it, in order.
    pub sites: &'a [Site],
    /// What its instructions are of.
    pub proposals: Proposals,
}

/// A hazard in a function.
pub(crate) struct Site {
    /// The bytes of the instruction.
    pub range: Range<usize>,
    pub kind: Kind,
}

/// Validates the module and shows each function to `visit` as soon as it is
/// known to be valid. Returns the range of the code section's payload, empty
/// when there is none.
pub(crate) fn functions(
    wasm: &[u8],
    mut visit: impl FnMut(&Function<'_>) -> Result<(), Error>,
) -> Result<Range<usize>, Error> {
    walk(wasm, ACCEPTED, &mut visit).map_err(|failure| match failure {
        Failure::Invalid(err) => features::refusal(wasm, &err),
        Failure::Refused(err) => err,
    })
}

/// Whether the module is valid with other features than those that are
/// accepted.
pub(crate) fn is_valid(wasm: &[u8], features: WasmFeatures) -> bool {
    walk(wasm, features, &mut |_| Ok(())).is_ok()
}

/// Why a walk ended early.
enum Failure {
    /// The module is not valid.
    Invalid(wasmparser::Error),
    /// The visitor refused it.
    Refused(Error),
}

impl From<wasmparser::Error> for Failure {
    fn from(err: wasmparser::Error) -> Self {
        Failure::Invalid(err)
    }
}

type Visit<'v> = &'v mut dyn FnMut(&Function<'_>) -> Result<(), Error>;

/// The one place where modules are validated.
fn walk(wasm: &[u8], features: WasmFeatures, visit: Visit<'_>) -> Result<Range<usize>, Failure> {
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut validator = Validator::new_with_features(features);
    let mut allocations = FuncValidatorAllocations::default();
    let mut sites = vec![];
    let mut section = 0..0;
    let mut start = 0;
    for payload in parser.parse_all(wasm) {
        let payload = payload?;
        if let Payload::CodeSectionStart {
            unchecked_range, ..
        } = &payload
        {
            section = unchecked_range.start as usize..unchecked_range.end as usize;
            let width = leb128::read_u32(&wasm[section.start..]).map_or(0, |(_, width)| width);
            start = section.start + width;
        }
        let ValidPayload::Func(function, body) = validator.payload(&payload)? else {
            continue;
        };
        let mut function = function.into_validator(allocations);
        sites.clear();
        let mut proposals = Proposals::default();
        body_sites(
            wasm,
            features,
            &body,
            &mut function,
            &mut sites,
            &mut proposals,
        )?;
        let body = body.range().start as usize..body.range().end as usize;
        visit(&Function {
            index: function.index(),
            start,
            body: body.clone(),
            section: section.clone(),
            locals: function.len_locals(),
            sites: &sites,
            proposals,
        })
        .map_err(Failure::Refused)?;
        start = body.end;
        allocations = function.into_allocations();
    }
    Ok(section)
}

/// Validates one body and collects its hazards and proposals.
fn body_sites(
    wasm: &[u8],
    features: WasmFeatures,
    body: &FunctionBody<'_>,
    function: &mut FuncValidator<ValidatorResources>,
    sites: &mut Vec<Site>,
    proposals: &mut Proposals,
) -> wasmparser::Result<()> {
    let mut reader = body.get_binary_reader();
    reader.set_features(features);
    function.read_locals(&mut reader)?;
    let mut recent = Recent::default();
    while !reader.eof() {
        let start = reader.original_position();
        reader.visit_operator(&mut function.visitor(start))??;
        let range = start as usize..reader.original_position() as usize;
        proposals.add(Proposals::of_instruction(&wasm[range.clone()]));
        // The type of a select's operands is that of its result, now on top of
        // the stack. It is unknown only in unreachable code.
        let instruction = &wasm[range.clone()];
        if let Some(kind) = kind(instruction, &recent, || {
            function.get_operand_type(0).flatten()
        }) {
            sites.push(Site { range, kind });
        }
        recent.push(instruction);
    }
    reader.finish_expression(&function.visitor(reader.original_position()))
}

/// The hazard that an instruction, given as its bytes, is after the `recent`
/// ones.
fn kind<'a>(
    instruction: &'a [u8],
    recent: &Recent<'a>,
    result: impl FnOnce() -> Option<ValType>,
) -> Option<Kind> {
    let unless = |harmless: bool, kind: Kind| (!harmless).then_some(kind);
    match *instruction.first()? {
        // select, and select with a type
        0x1b | 0x1c => match result()? {
            ValType::F32 => Some(Kind::SelectF32),
            ValType::F64 => Some(Kind::SelectF64),
            ValType::V128 => Some(Kind::SelectV128),
            ValType::I32 | ValType::I64 | ValType::Ref(_) => None,
        },
        0x67 | 0x68 => unless(recent.operand_is_fresh(), Kind::CountZerosI32),
        0x6f => Some(Kind::RemI32S),
        0x70 => Some(Kind::RemI32U),
        0x79 | 0x7a => unless(recent.operand_is_fresh(), Kind::CountZerosI64),
        0x81 => Some(Kind::RemI64S),
        0x82 => Some(Kind::RemI64U),
        0x98 => Some(Kind::CopysignF32),
        0xa6 => Some(Kind::CopysignF64),
        0xb5 | 0xba => unless(recent.operand_is_fresh(), Kind::ConvertI64U),
        // The SIMD opcode after the prefix is a LEB128 and need not be in its
        // shortest form.
        0xfd => match leb128::read_u32(&instruction[1..])?.0 {
            0x20 => Some(Kind::ReplaceLaneF32x4),
            0x22 => Some(Kind::ReplaceLaneF64x2),
            0x52 => Some(Kind::Bitselect),
            0x62 => unless(recent.operand_is_fresh(), Kind::PopcntI8x16),
            0x65 | 0x66 | 0x85 | 0x86 => unless(recent.operands_are_fresh(), Kind::Narrow),
            0xba => unless(recent.operands_are_fresh(), Kind::DotI16x8),
            0xc4 => Some(Kind::BitmaskI64x2),
            0xd5 => unless(recent.operands_are_fresh(), Kind::MulI64x2),
            0xe8 | 0xe9 | 0xf4 | 0xf5 => unless(recent.operands_are_fresh(), Kind::MinMaxVector),
            _ => None,
        },
        _ => None,
    }
}
