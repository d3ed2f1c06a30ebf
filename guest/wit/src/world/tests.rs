//! Layouts and core types against those of wit-parser.

use std::fs;

use compute_pipeline_prepare::contract::{Contract, check};
use wit_parser::abi::{AbiVariant, FlatTypes, WasmType};
use wit_parser::{LiveTypes, Resolve, SizeAlign, Type, WorldId};

use super::{Direction, Interface, Signature, Writer};
use crate::types::{Ref, Types};

const CORPORA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../gohost/cmd/pipeline/internal/bind/testdata/corpora/"
);

fn letters(types: &[WasmType]) -> String {
    let letter = |ty: &WasmType| match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => 'i',
        WasmType::I64 | WasmType::PointerOrI64 => 'I',
        WasmType::F32 => 'f',
        WasmType::F64 => 'F',
    };
    types.iter().map(letter).collect()
}

#[derive(Default)]
struct Count {
    worlds: usize,
    functions: usize,
    types: usize,
}

/// Whether a host requires memory of a module for the function.
fn needs_memory(signature: &Signature<'_>, direction: Direction) -> bool {
    let interface = match direction {
        Direction::Import => "import\ta:b/c\t",
        Direction::Export => "export\ta:b/c\t\toptional",
    };
    let Signature {
        core_params,
        core_results,
        text,
        ..
    } = signature;
    let contract = format!("{interface}\nfunction\tf\t{core_params}\t{core_results}\t{text}");
    let problems = check(b"\0asm\x01\0\0\0", &Contract::parse(&contract).unwrap()).unwrap();
    problems.iter().any(|problem| problem.contains("memory"))
}

/// Compares a world, unless it is refused.
fn compare(mut resolve: Resolve, world: WorldId, count: &mut Count) {
    resolve.generate_nominal_type_ids(world);
    let mut writer = Writer {
        resolve: &resolve,
        types: Types::new(&resolve),
        functions: 0,
        text: 0,
    };
    let definition = &resolve.worlds[world];
    for (items, direction, variant) in [
        (
            &definition.imports,
            Direction::Import,
            AbiVariant::GuestImport,
        ),
        (
            &definition.exports,
            Direction::Export,
            AbiVariant::GuestExport,
        ),
    ] {
        let Ok(interfaces) = writer.interfaces(items, direction) else {
            return;
        };
        for signature in interfaces.iter().flat_map(|i: &Interface| &i.functions) {
            let want = resolve.wasm_signature(variant, signature.function);
            let name = &signature.function.name;
            assert_eq!(signature.core_params, letters(&want.params), "{name}");
            assert_eq!(signature.core_results, letters(&want.results), "{name}");
            assert_eq!(signature.params_in_memory, want.indirect_params, "{name}");
            assert_eq!(signature.result_in_memory, want.retptr, "{name}");
            let needs_memory = needs_memory(signature, direction);
            assert!(
                needs_memory || !want.indirect_params && !want.retptr,
                "{name}"
            );
            count.functions += 1;
        }
    }
    let mut sizes = SizeAlign::default();
    sizes.fill(&resolve).unwrap();
    let mut live = LiveTypes::default();
    live.add_world(&resolve, world);
    for id in live.iter() {
        let index = writer.types.add_id(id).unwrap();
        if writer.types.is_resource(writer.types.actual(index)) {
            continue;
        }
        let layout = writer.types.layout(Ref::Index(index));
        let ty = Type::Id(id);
        assert_eq!(layout.size, sizes.size(&ty).size_wasm32() as u64);
        assert_eq!(layout.align, sizes.align(&ty).align_wasm32() as u64);
        let mut storage = [WasmType::I32; crate::layout::MAX_FLAT];
        let mut flat = FlatTypes::new(&mut storage);
        let fits = resolve.push_flat(&ty, &mut flat);
        assert_eq!(layout.flat, fits.then(|| letters(&flat.to_vec())));
        count.types += 1;
    }
    count.worlds += 1;
}

#[test]
fn as_wit_parser_has_them() {
    let mut count = Count::default();
    for name in ["wasmtime", "wit-bindgen", "wit-parser"] {
        let corpus = fs::read_to_string(format!("{CORPORA}{name}.txtar")).unwrap();
        for part in corpus.split("\n-- ").skip(1) {
            let (path, text) = part.split_once(" --\n").unwrap();
            let mut resolve = Resolve::default();
            let Ok(package) = resolve.push_source(path, text) else {
                continue;
            };
            for world in resolve.packages[package].worlds.values() {
                compare(resolve.clone(), *world, &mut count);
            }
        }
    }
    assert!(
        count.worlds > 250 && count.functions > 1500 && count.types > 1000,
        "{} worlds, {} functions, {} types",
        count.worlds,
        count.functions,
        count.types
    );
}
