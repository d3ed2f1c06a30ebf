//! Finds miscompiled instructions while the module is validated.

use std::ops::Range;

use wasmparser::{
    FuncValidator, FuncValidatorAllocations, FunctionBody, Parser, Payload, ValType, ValidPayload,
    Validator, ValidatorResources,
};

use super::fresh::Recent;
use super::miscompiled::Kind;
use crate::body::Body;
use crate::features::{self, ACCEPTED, Accepted};
use crate::instruction::Instruction;
use crate::opcode::*;
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
    /// The miscompiled instructions in it, in order.
    pub sites: &'a [Site],
    /// What its instructions are of.
    pub proposals: Proposals,
}

/// A miscompiled instruction in a function.
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
    walk(wasm, &mut visit)
}

type Visit<'v> = &'v mut dyn FnMut(&Function<'_>) -> Result<(), Error>;

/// The one place where modules are validated.
fn walk(wasm: &[u8], visit: Visit<'_>) -> Result<Range<usize>, Error> {
    let refuse = |err| features::refusal(wasm, &err);
    let mut parser = Parser::new(0);
    parser.set_features(ACCEPTED);
    let mut validator = Validator::new_with_features(ACCEPTED);
    let mut allocations = FuncValidatorAllocations::default();
    let mut sites = vec![];
    let mut section = 0..0;
    let mut start = 0;
    for payload in parser.parse_all(wasm) {
        let payload = payload.map_err(refuse)?;
        if let Payload::CodeSectionStart {
            unchecked_range, ..
        } = &payload
        {
            section = unchecked_range.start as usize..unchecked_range.end as usize;
            let width = leb128::read_u32(&wasm[section.start..]).map_or(0, |(_, width)| width);
            start = section.start + width;
        }
        let ValidPayload::Func(function, body) = validator.payload(&payload).map_err(refuse)?
        else {
            continue;
        };
        let mut function = function.into_validator(allocations);
        sites.clear();
        let mut proposals = Proposals::default();
        body_sites(wasm, &body, &mut function, &mut sites, &mut proposals)?;
        let body = body.range().start as usize..body.range().end as usize;
        visit(&Function {
            index: function.index(),
            start,
            body: body.clone(),
            section: section.clone(),
            locals: function.len_locals(),
            sites: &sites,
            proposals,
        })?;
        start = body.end;
        allocations = function.into_allocations();
    }
    Ok(section)
}

/// Validates one body and collects its miscompiled instructions and proposals.
fn body_sites(
    wasm: &[u8],
    body: &FunctionBody<'_>,
    function: &mut FuncValidator<ValidatorResources>,
    sites: &mut Vec<Site>,
    proposals: &mut Proposals,
) -> Result<(), Error> {
    let refuse = |err| features::refusal(wasm, &err);
    let mut reader = body.get_binary_reader();
    reader.set_features(ACCEPTED);
    function.read_locals(&mut reader).map_err(refuse)?;
    // What follows reads the body without wasmparser, and wazero does so in its own
    // way. Where they could differ, code would run that nobody looked at.
    let whole = body.range().start as usize..body.range().end as usize;
    let code = reader.original_position();
    if whole.start + Body::new(&wasm[whole]).code != code as usize {
        return Err(Error::LongForm { offset: code });
    }
    let mut recent = Recent::default();
    while !reader.eof() {
        let start = reader.original_position();
        let frame = function.get_control_frame(0).map(|frame| frame.kind);
        let mut visitor = Accepted::new(function.simd_visitor(start), frame);
        let visited = reader.visit_operator(&mut visitor).map_err(refuse)?;
        visitor.result(start)?;
        visited.0.map_err(refuse)?;
        let range = start as usize..reader.original_position() as usize;
        let Some(instruction) = Instruction::read(&wasm[range.clone()])
            .filter(|read| read.bytes.len() == range.len() && read.is_short())
        else {
            return Err(Error::LongForm { offset: start });
        };
        proposals.add(Proposals::of_instruction(&instruction));
        // The type of a select's operands is that of its result, now on top of
        // the stack. It is unknown only in unreachable code.
        if let Some(kind) = kind(instruction.opcode, &recent, || {
            function.get_operand_type(0).flatten()
        }) {
            sites.push(Site { range, kind });
        }
        recent.push(instruction);
    }
    reader
        .finish_expression(&function.visitor(reader.original_position()))
        .map_err(refuse)
}

/// The kind that an instruction is after the `recent` ones.
fn kind(
    opcode: u16,
    recent: &Recent<'_>,
    result: impl FnOnce() -> Option<ValType>,
) -> Option<Kind> {
    let unless = |harmless: bool, kind: Kind| (!harmless).then_some(kind);
    match opcode {
        SELECT | TYPED_SELECT => match result()? {
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
        VECTOR.. => match opcode - VECTOR {
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
