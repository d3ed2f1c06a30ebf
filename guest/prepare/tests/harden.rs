//! What hardening changes, what it leaves, and what it refuses.

use compute_pipeline_prepare::Error;
use compute_pipeline_prepare::features;
use compute_pipeline_prepare::harden::{Kind, harden, miscompiled};

fn wasm(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).expect("the test's own WAT")
}

/// All kinds, typed and untyped selects, a function without any in front,
/// between and behind, and locals that are already there.
const ALL_KINDS: &str = r#"
(module
  (memory (export "memory") 1)
  (func $plain (param i32) (result i32) (select (local.get 0) (i32.const 7) (local.get 0)))
  (func (export "f32") (param f32 f32 i32) (result f32) (local i32 i64)
    (f32.copysign
      (select (local.get 0) (local.get 1) (local.get 2))
      (select (result f32) (local.get 1) (local.get 0) (local.get 2))))
  (func (export "f64") (param f64 f64 i32) (result f64) (local f32)
    (f64.copysign
      (select (local.get 0) (local.get 1) (local.get 2))
      (select (result f64) (local.get 1) (local.get 0) (local.get 2))))
  (func $between (param i64) (result i64) (select (local.get 0) (i64.const 7) (i32.const 0)))
  (func (export "v128") (param f64 f64 i32) (result f64)
    (f64x2.extract_lane 1
      (v128.bitselect
        (select (f64x2.splat (local.get 0)) (f64x2.splat (local.get 1)) (local.get 2))
        (select (result v128) (f64x2.splat (local.get 1)) (f64x2.splat (local.get 0)) (local.get 2))
        (v128.const i64x2 0xff 0xff00))))
  (func (export "vectors") (param v128 v128 f32 f64 i32) (result v128)
    local.get 0 local.get 2 f32x4.replace_lane 3 local.set 0
    local.get 0 local.get 3 f64x2.replace_lane 1 local.set 1
    (local.set 4 (i64x2.bitmask (local.get 1)))
    (local.set 0 (f32x4.min (f32x4.max (local.get 0) (local.get 1)) (local.get 1)))
    (local.set 0 (f64x2.min (f64x2.max (local.get 0) (local.get 1)) (local.get 1)))
    (local.set 1 (i64x2.mul (i32x4.dot_i16x8_s (local.get 0) (local.get 1)) (local.get 1)))
    (local.set 0 (i8x16.narrow_i16x8_s (i8x16.narrow_i16x8_u (local.get 0) (local.get 1)) (local.get 1)))
    (local.set 1 (i16x8.narrow_i32x4_s (i16x8.narrow_i32x4_u (local.get 0) (local.get 1)) (local.get 1)))
    (i8x16.popcnt (local.get 0)))
  (func (export "integers") (param i32 i64 f32 f64)
    (local.set 0 (i32.rem_s (i32.rem_u (local.get 0) (local.get 0)) (local.get 0)))
    (local.set 1 (i64.rem_s (i64.rem_u (local.get 1) (local.get 1)) (local.get 1)))
    (local.set 2 (f32.convert_i64_u (local.get 1)))
    (local.set 3 (f64.convert_i64_u (local.tee 1 (i64.const 3))))
    (local.set 0 (i32.clz (local.get 0)))
    (local.set 0 (i32.ctz (local.get 0)))
    (local.set 1 (i64.clz (local.get 1)))
    (local.set 1 (i64.ctz (call $between (local.get 1)))))
  (func $behind (result funcref) (select (result funcref) (ref.null func) (ref.func $plain) (i32.const 1)))
  (elem declare func $plain)
  (data (i32.const 0) "data"))
"#;

#[test]
fn every_kind_is_found_and_rewritten() {
    let original = wasm(ALL_KINDS);
    let found = miscompiled(&original).unwrap();
    let kinds: Vec<Kind> = found.iter().map(|site| site.kind).collect();
    assert_eq!(
        format!("{kinds:?}"),
        "[SelectF32, SelectF32, CopysignF32, SelectF64, SelectF64, CopysignF64, SelectV128, \
         SelectV128, Bitselect, ReplaceLaneF32x4, ReplaceLaneF64x2, BitmaskI64x2, MinMaxVector, \
         MinMaxVector, MinMaxVector, MinMaxVector, DotI16x8, MulI64x2, Narrow, Narrow, Narrow, \
         Narrow, PopcntI8x16, RemI32U, RemI32S, RemI64U, RemI64S, ConvertI64U, ConvertI64U, \
         CountZerosI32, CountZerosI32, CountZerosI64, CountZerosI64]"
    );
    assert_eq!(
        found.iter().map(|site| site.function).collect::<Vec<_>>(),
        [[1; 3].as_slice(), &[2; 3], &[4; 3], &[5; 14], &[6; 10]].concat()
    );
    assert_eq!(
        original[found[2].offset as usize], 0x98,
        "the offset is that of f32.copysign"
    );

    let hardened = harden(&original).unwrap();
    features::validate(&hardened.wasm).unwrap();
    assert_eq!(miscompiled(&hardened.wasm).unwrap(), []);
    for kind in Kind::ALL {
        let expected = kinds.iter().filter(|&&k| k == kind).count() as u64;
        assert_eq!(hardened.report.rewritten.of(kind), expected, "{kind}");
    }
    assert_eq!(hardened.report.rewritten.total(), 33);
}

#[test]
fn a_hardened_module_comes_back_unchanged() {
    let once = harden(&wasm(ALL_KINDS)).unwrap();
    let twice = harden(&once.wasm).unwrap();
    assert_eq!(twice.wasm, once.wasm);
    assert_eq!(twice.report.rewritten.total(), 0);
}

#[test]
fn a_module_without_miscompiled_instructions_comes_back_with_all_its_sections() {
    let mut original = wasm(
        r#"(module (func (export "f") (result i32) (i32.const 1)) (@custom ".debug_line" "x"))"#,
    );
    // A size in a longer form than needed is legal and must survive too.
    original.extend_from_slice(&[0, 0x83, 0x80, 0x00, 1, b'x', b'y']);
    let hardened = harden(&original).unwrap();
    assert_eq!(hardened.wasm, original);
    assert_eq!(hardened.report, Default::default());
}

#[test]
fn only_functions_with_miscompiled_instructions_change() {
    let original = wasm(ALL_KINDS);
    let hardened = harden(&original).unwrap().wasm;
    let (before, after) = (sections(&original), sections(&hardened));
    assert_eq!(before.len(), after.len());
    for ((id, old), (new_id, new)) in before.iter().zip(&after) {
        assert_eq!(id, new_id);
        if *id == 10 {
            let (old, new) = (bodies(old), bodies(new));
            for function in [0, 3, 7] {
                assert_eq!(old[function], new[function], "function {function}");
            }
            for function in [1, 2, 4, 5, 6] {
                assert_ne!(old[function], new[function], "function {function}");
            }
        } else {
            assert_eq!(old, new, "section {id}");
        }
    }
}

/// Id and payload of each section.
fn sections(wasm: &[u8]) -> Vec<(u8, Vec<u8>)> {
    wasmparser::Parser::new(0)
        .parse_all(wasm)
        .filter_map(|payload| payload.unwrap().as_section())
        .map(|(id, range)| (id, wasm[range.start as usize..range.end as usize].to_vec()))
        .collect()
}

fn bodies(code: &[u8]) -> Vec<Vec<u8>> {
    let reader = wasmparser::BinaryReader::new(code, 0);
    let reader = wasmparser::CodeSectionReader::new(reader).unwrap();
    reader
        .into_iter()
        .map(|body| body.unwrap().as_bytes().to_vec())
        .collect()
}

#[test]
fn sections_with_code_offsets_are_dropped_and_others_kept() {
    let wat = r#"
      (module
        (@custom "before" (before first) "kept")
        (func (export "f") (param f64 f64) (result f64) (f64.copysign (local.get 0) (local.get 1)))
        (@custom ".debug_line" "x") (@custom "metadata.code.branch_hint" "\00") (@custom "reloc.CODE" "x")
        (@custom "sourceMappingURL" "\01x") (@custom "producers" "\00") (@custom "mine" "kept"))"#;
    let hardened = harden(&wasm(wat)).unwrap();
    assert_eq!(
        hardened.report.dropped.join(" "),
        ".debug_line metadata.code.branch_hint reloc.CODE sourceMappingURL"
    );
    let mut kept = sections(&hardened.wasm);
    kept.retain(|(id, _)| *id == 0);
    let kept = kept.iter().map(|(_, payload)| &payload[..]);
    assert_eq!(
        kept.collect::<Vec<_>>(),
        [&b"\x06beforekept"[..], b"\x09producers\0", b"\x04minekept"]
    );
}

/// A module with one function, whose body is `code` behind the declarations of locals
/// that it begins with.
fn with_body(code: &[u8]) -> Vec<u8> {
    let sized = |bytes: &[u8]| [&[u8::try_from(bytes.len()).unwrap()], bytes].concat();
    let types = sized(b"\x01\x60\x00\x00");
    let body = sized(&[&[1][..], &sized(code)].concat());
    [
        b"\0asm\x01\0\0\0\x01",
        &types[..],
        b"\x03\x02\x01\x00\x0a",
        &body[..],
    ]
    .concat()
}

/// What wasmparser takes for one instruction and wazero for several, or the prepare module's
/// own reader for a shorter one, would hide code from all that follows.
#[test]
fn longer_forms_of_instructions_and_types_are_refused() {
    let constant = |opcode: &[u8]| [b"\0\xfd", opcode, &[1; 16], b"\x1a\x0b"].concat();
    let add = |opcode: &[u8]| {
        let zero = [b"\xfd\x0c", &[0; 16][..]].concat();
        [b"\0", &zero[..], &zero, b"\xfd", opcode, b"\x1a\x0b"].concat()
    };
    let truncate = |opcode: &[u8]| [b"\0\x43\0\0\0\0\xfc", opcode, b"\x1a\x0b"].concat();
    let locals = |ty: &[u8]| [b"\x02\x01", ty, b"\x01\x7f\x0b"].concat();
    let block = |ty: &[u8]| [b"\0\x02", ty, b"\xd0\x70\x0b\x1a\x0b"].concat();
    let select = |ty: &[u8]| [b"\0\xd0\x70\xd0\x70\x41\0\x1c\x01", ty, b"\x1a\x0b"].concat();
    for (short, longer) in [
        (constant(b"\x0c"), constant(b"\x8c\x00")),
        (constant(b"\x0c"), constant(b"\x8c\x80\x80\x80\x00")),
        (add(b"\xae\x01"), add(b"\xae\x81\x00")),
        (truncate(b"\x00"), truncate(b"\x80\x00")),
        // Types: of locals, blocks and selects.
        (b"\x01\x01\x70\x0b".into(), b"\x01\x01\x63\x70\x0b".into()),
        (locals(b"\x6f"), locals(b"\x63\x6f")),
        (block(b"\x70"), block(b"\x63\x70")),
        (select(b"\x70"), select(b"\x63\x70")),
    ] {
        features::validate(&with_body(&short)).unwrap();
        for refused in [
            features::validate(&with_body(&longer)),
            harden(&with_body(&longer)).map(drop),
        ] {
            assert!(
                matches!(refused, Err(Error::LongForm { .. })),
                "{longer:x?}: {refused:?}"
            );
        }
    }
}

/// What the instruction right before made has no other use.
#[test]
fn an_operand_that_was_just_made_is_not_miscompiled() {
    let made = [
        "(i64.clz (i64.add (local.get 0) (local.get 0)))",
        "(i64.clz (i64.load (local.get 1)))",
        "(i64.clz (i64.trunc_sat_f64_u (f64.const 1)))",
        "(i64.ctz (i64x2.extract_lane 0 (local.get 2)))",
        "(i64.ctz (i64.extend_i32_u (i32.clz (i32.wrap_i64 (local.get 0)))))",
        "(i64.reinterpret_f64 (f64.convert_i64_u (i64.extend8_s (local.get 0))))",
        "(i64x2.extract_lane 0 (i8x16.popcnt (v128.not (local.get 2))))",
        "(i64x2.extract_lane 0 (i8x16.popcnt (v128.load (local.get 1))))",
        "(i64x2.extract_lane 0 (i64x2.mul (v128.or (local.get 2) (local.get 3)) (v128.or (local.get 2) (local.get 2))))",
    ];
    let used_again = [
        // Variables, and what may be one: results of blocks, calls, globals,
        // selects, shifts by 0.
        "(i64.clz (local.get 0))",
        "(i64.clz (local.tee 0 (i64.const 1)))",
        "(i64.clz (block (result i64) (i64.add (local.get 0) (local.get 0))))",
        "(i64.clz (call 0 (local.get 0) (local.get 1) (local.get 2)))",
        "(i64.clz (global.get 0))",
        "(i64.clz (select (local.get 0) (local.get 0) (local.get 1)))",
        "(i64.clz (i64.shl (local.get 0) (i64.const 0)))",
        "(i64.clz (i64.shr_s (local.get 0) (i64.const 0)))",
        "(i64.clz (i64.shr_u (local.get 0) (i64.const 0)))",
        "(local.get 0) (i64.store (local.get 1) (local.get 0)) (i64.clz)",
        "(i64x2.extract_lane 0 (i8x16.popcnt (local.get 2)))",
        "(local.get 2) (v128.store (local.get 1) (local.get 2)) (i8x16.popcnt) (i64x2.extract_lane 0)",
        "(local.get 2) (v128.store8_lane 0 (local.get 1) (local.get 2)) (i8x16.popcnt) (i64x2.extract_lane 0)",
        // Both operands have to be made in the way hardening makes them.
        "(i64x2.extract_lane 0 (i64x2.mul (v128.not (local.get 2)) (v128.not (local.get 2))))",
        "(i64x2.extract_lane 0 (i64x2.mul (local.get 2) (v128.or (local.get 2) (local.get 2))))",
        "(i64x2.extract_lane 0 (i64x2.mul (v128.or (local.get 2) (local.get 2)) (v128.or (local.get 2) (local.get 3))))",
    ];
    for (body, rewritten) in made
        .map(|body| (body, 0))
        .into_iter()
        .chain(used_again.map(|body| (body, 1)))
    {
        let original = wasm(&format!(
            "(module (memory 1) (global i64 (i64.const 0))
               (func (param i64 i32 v128) (result i64) (local v128) {body}))"
        ));
        assert_eq!(miscompiled(&original).unwrap().len(), rewritten, "{body}");
        let hardened = harden(&original).unwrap().wasm;
        assert_eq!(miscompiled(&hardened).unwrap(), [], "{body}");
    }
}

/// In unreachable code operands may be missing, and types unknown.
#[test]
fn unreachable_code_stays_valid() {
    for (body, rewritten) in [
        // Nothing is known: a select of anything, left alone.
        ("unreachable select drop", 0),
        ("unreachable i32.const 0 select drop", 0),
        // One operand tells the type.
        ("unreachable f64.const 1 i32.const 0 select drop", 1),
        (
            "unreachable f32.const 1 f32.const 1 i32.const 0 select drop",
            1,
        ),
        ("unreachable i64.const 1 i32.const 0 select drop", 0),
        ("unreachable select (result f64) drop", 1),
        ("unreachable select (result i64) drop", 0),
        ("unreachable f64.copysign drop", 1),
        ("unreachable f32.copysign drop", 1),
        ("unreachable v128.bitselect drop", 1),
        ("unreachable f32x4.replace_lane 0 drop", 1),
        ("unreachable f64x2.replace_lane 0 drop", 1),
        ("unreachable i64x2.bitmask drop", 1),
        ("unreachable i32.rem_s i32.rem_u drop", 2),
        ("unreachable i64.rem_s i64.rem_u drop", 2),
        ("unreachable f32x4.min f64x2.max i64x2.mul drop", 3),
        ("unreachable i32x4.dot_i16x8_s i8x16.narrow_i16x8_u drop", 2),
        ("unreachable i8x16.popcnt drop", 1),
        ("unreachable i64.clz drop", 1),
        ("unreachable i32.ctz drop", 1),
        ("unreachable f64.convert_i64_u drop", 1),
        // What lies on the stack below the block is no operand of the select.
        (
            "f64.const 1 f64.const 2 i32.const 3 (block unreachable select drop) drop drop drop",
            0,
        ),
        (
            "f64.const 1 (block (result i32) unreachable select) drop drop",
            0,
        ),
        ("(block (result f32) unreachable select) drop", 0),
        ("(loop br 0 f64.copysign i32.const 0 select drop)", 2),
        ("return select f64.copysign drop", 1),
    ] {
        let original = wasm(&format!("(module (func {body}))"));
        let hardened = harden(&original).unwrap_or_else(|err| panic!("{body}: {err}"));
        features::validate(&hardened.wasm).unwrap_or_else(|err| panic!("{body}: {err}"));
        assert_eq!(hardened.report.rewritten.total(), rewritten, "{body}");
        assert_eq!(miscompiled(&hardened.wasm).unwrap(), [], "{body}");
    }
}

#[test]
fn locals_beyond_one_byte_indices() {
    for locals in [126, 127, 128, 16_383, 16_384, 49_900] {
        let original = wasm(&format!(
            "(module (func (param f64 f64 i32) (result f64) (local {}) (local f32)
               (f64.copysign (select (local.get 0) (local.get 1) (local.get 2)) (local.get 1))))",
            "i32 ".repeat(locals)
        ));
        let hardened = harden(&original).unwrap();
        features::validate(&hardened.wasm).unwrap();
    }
}

#[test]
fn too_many_locals_are_an_error() {
    let with = |locals: usize| {
        wasm(&format!(
            "(module (import \"m\" \"f\" (func)) (func (local {}) (drop (f64.copysign (f64.const 1) (f64.const 2)))))",
            "i32 ".repeat(locals)
        ))
    };
    features::validate(&harden(&with(49_999)).unwrap().wasm).unwrap();
    assert_eq!(
        harden(&with(50_000)),
        Err(Error::Limit {
            name: "locals",
            max: 50_000,
            message:
                "function 1 would need 50001 locals after rewriting; at most 50000 are allowed"
                    .to_owned()
        })
    );
}

#[test]
fn a_function_that_grows_too_large_is_an_error() {
    let body = "f64.copysign ".repeat(400_000);
    let original = wasm(&format!("(module (func unreachable {body} drop))"));
    assert_eq!(
        harden(&original),
        Err(Error::Limit {
            name: "function size",
            max: 7_654_321,
            message: "function 0 would be 12800006 bytes long after rewriting; \
                      at most 7654321 are allowed"
                .to_owned()
        })
    );
}

#[test]
fn modules_beyond_wasm_2_are_refused_with_the_reason() {
    for (wat, expected) in [
        (
            "(module (memory i64 1))",
            "memory64 must be enabled for 64-bit memories",
        ),
        ("(module (memory 1) (memory 1))", "multiple memories"),
        (
            "(module (memory 1 1 shared))",
            "threads must be enabled for shared memories",
        ),
        (
            "(module (func $f return_call $f))",
            "tail calls support is not enabled",
        ),
        ("(module (tag))", "exceptions proposal not enabled"),
        ("(module (type (struct)))", "gc"),
        (
            "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))",
            "constant expression required",
        ),
        (
            "(module (func (drop (f32x4.relaxed_min (v128.const i64x2 0 0) (v128.const i64x2 0 0)))))",
            "relaxed SIMD support is not enabled",
        ),
    ] {
        match harden(&wasm(wat)).unwrap_err() {
            Error::Unsupported { message, .. } => {
                assert!(
                    message.contains(expected),
                    "{wat}: {message:?} should say {expected:?}"
                );
            }
            err => panic!("{wat}: {err}"),
        }
    }
}

#[test]
fn what_is_no_module_is_refused_with_the_reason() {
    assert_eq!(harden(&wasm("(component)")).unwrap_err(), Error::Component);
    let err = harden(b"not wasm at all").unwrap_err();
    assert!(matches!(&err, Error::Invalid { offset: 0, .. }), "{err}");
    let err = harden(&wasm("(module (func (result f64) (i32.const 0)))")).unwrap_err();
    assert_eq!(
        err.to_string(),
        "not a valid WebAssembly module: type mismatch: expected f64, found i32 (at offset 0x1a)"
    );
}

#[test]
fn any_prefix_and_any_change_of_a_module_is_answered_without_a_panic() {
    let original = wasm(ALL_KINDS);
    for end in 0..original.len() {
        // Up to the preamble alone, a prefix is a module only by cutting
        // between sections; functions without code are refused.
        if let Ok(hardened) = harden(&original[..end]) {
            features::validate(&hardened.wasm).unwrap();
        }
        assert_eq!(
            miscompiled(&original[..end]).is_ok(),
            features::validate(&original[..end]).is_ok()
        );
    }
    let mut refused = 0;
    for at in 0..original.len() {
        for value in 0..=u8::MAX {
            let mut changed = original.clone();
            changed[at] = value;
            match harden(&changed) {
                Ok(hardened) => {
                    features::validate(&hardened.wasm)
                        .unwrap_or_else(|err| panic!("byte {at:#x} set to {value:#x}: {err}"));
                    assert_eq!(miscompiled(&hardened.wasm).unwrap(), []);
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 0);
}
