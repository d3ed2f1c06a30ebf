//! Holds what is said of instructions to wasmparser.

use wasmparser::{
    BinaryReader, BlockType, ContType, FrameKind, FuncType, ModuleArity, Operator, OperatorsReader,
    RefType, SubType, WasmFeatures,
};

use super::*;
use crate::code::Code;

/// Tells nothing: no instruction that needs it is asked for.
struct Unstructured;

impl ModuleArity for Unstructured {
    fn sub_type_at(&self, _: u32) -> Option<&SubType> {
        None
    }
    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }
    fn type_index_of_function(&self, _: u32) -> Option<u32> {
        None
    }
    fn func_type_of_cont_type(&self, _: &ContType) -> Option<&FuncType> {
        None
    }
    fn sub_type_of_ref_type(&self, _: &RefType) -> Option<&SubType> {
        None
    }
    fn control_stack_height(&self) -> u32 {
        0
    }
    fn label_block(&self, _: u32) -> Option<(BlockType, FrameKind)> {
        None
    }
}

/// Every instruction of WebAssembly 2.0, as wasmparser reads it, but those that need a
/// block around them.
fn all() -> Vec<(Vec<u8>, Operator<'static>)> {
    let mut found = vec![];
    let pages = [
        UNREACHABLE..=ELSE,
        END..=CALL_INDIRECT,
        DROP..=TYPED_SELECT,
        LOCAL_GET..=TABLE_SET,
        I32_LOAD..=0xc4,
        REF_NULL..=REF_FUNC,
        BULK..=TABLE_FILL,
        VECTOR..=VECTOR + 0xff,
    ];
    for opcode in pages.into_iter().flatten() {
        let mut code = Code::default();
        // Immediates that need two bytes, where they can; then enough of one byte.
        for start in [&[0x81, 0x00][..], &[0x40], &[0x70], &[0x01, 0x7f], &[0x00]] {
            code.0.clear();
            code.raw(&[opcode]).bytes(start).bytes(&[0; 20]);
            let bytes: &'static [u8] = code.0.clone().leak();
            let reader = BinaryReader::new_features(bytes, 0, WasmFeatures::WASM2);
            let mut reader = OperatorsReader::new(reader);
            if let Ok((op, 0)) = reader.read_with_offset() {
                let end = reader.original_position() as usize;
                found.push((bytes[..end].to_vec(), op));
            }
        }
    }
    found
}

#[test]
fn instructions_are_as_long_as_they_are() {
    let all = all();
    assert!(all.len() > 1_000, "{}", all.len());
    for (bytes, op) in all {
        let longer = [&bytes[..], &[0xff; 4]].concat();
        let instruction = Instruction::read(&longer).expect("wasmparser reads it");
        assert_eq!(instruction.bytes, bytes, "{op:?}");
        for end in 0..bytes.len() {
            assert!(
                Instruction::read(&bytes[..end]).is_none(),
                "{op:?} cut at {end}"
            );
        }
    }
}

#[test]
fn operands_and_results_are_as_many_as_they_are() {
    for (bytes, op) in all() {
        let instruction = Instruction::read(&bytes).expect("wasmparser reads it");
        // What those of control take depends on the module, and is in `heights`.
        if instruction.opcode > CALL_INDIRECT
            // A select of several values is read, and never valid.
            && !matches!(op, Operator::TypedSelectMulti { .. })
            && let Some(arity) = op.operator_arity(&Unstructured)
        {
            assert_eq!(instruction.arity(), arity, "{op:?}");
        }
    }
}

#[test]
fn immediates_are_what_they_are() {
    let read = |code: &mut Code| {
        let bytes: &'static [u8] = code.0.clone().leak();
        Instruction::read(bytes).expect("an instruction")
    };
    let mut code = Code::default();
    assert_eq!(read(code.i64(-300)).constant(), -300);
    let mut code = Code::default();
    let table = read(code.op(BR_TABLE, 2).bytes(&[5, 0x86, 0x00, 7]));
    assert_eq!(table.targets().collect::<Vec<_>>(), [5, 6, 7]);
    let mut code = Code::default();
    assert_eq!(read(code.op(CALL, 300)).index(), 300);
    for (bytes, ty) in [
        (&[0x40][..], BlockType::Empty),
        (&[0x7b], BlockType::Type(ValType::I32)),
        (&[0xbf, 0x00], BlockType::FuncType(63)),
        (&[0x05], BlockType::FuncType(5)),
    ] {
        let mut code = Code::default();
        assert_eq!(read(code.raw(&[LOOP]).bytes(bytes)).block_type(), ty);
    }
}

#[test]
fn accesses_end_where_they_do() {
    let mut accesses = 0;
    for (bytes, op) in all() {
        let access = Instruction::read(&bytes)
            .expect("wasmparser reads it")
            .access();
        let text = format!("{op:?}");
        let is_access = text.contains("memarg") && !text.starts_with("Memory");
        assert_eq!(access.is_some(), is_access, "{op:?}");
        let Some(access) = access else { continue };
        accesses += 1;
        assert_eq!(access.stores, text.contains("Store"), "{op:?}");
        // The largest alignment is the size.
        let (_, rest) = text.split_once("max_align: ").expect("a memarg has it");
        let align: u32 = rest[..1].parse().expect("a digit");
        let (_, rest) = text.split_once(" offset: ").expect("a memarg has it");
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let offset: u64 = digits.parse().expect("a number");
        assert_eq!(access.end, offset + (1 << align), "{op:?}");
    }
    assert!(accesses > 45, "{accesses}");
}
