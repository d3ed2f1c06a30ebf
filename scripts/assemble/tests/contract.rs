//! wit/contract.txt, which programs read, says what wit/ says.

use std::path::Path;

use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, TypeDefKind, WorldItem};

/// The letters of core types, as the file has them.
fn letters(types: &[WasmType]) -> String {
    let letter = |ty: &WasmType| match ty {
        WasmType::I64 | WasmType::PointerOrI64 => 'I',
        WasmType::F32 => 'f',
        WasmType::F64 => 'F',
        _ => 'i',
    };
    types.iter().map(letter).collect()
}

/// The interfaces and functions of a world, as the file has them, without what only the
/// host decides or what is a text of types.
fn world(wit: &Path, name: Option<&str>) -> Vec<String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit).unwrap();
    let id = resolve.select_world(&[package], name).unwrap();
    let world = &resolve.worlds[id];
    let mut lines = vec![format!(
        "world\t{}",
        resolve.id_of_name(package, &world.name)
    )];
    for item in world.exports.values() {
        let WorldItem::Interface { id, .. } = item else {
            panic!("the world exports more than interfaces");
        };
        let name = resolve.id_of(*id).unwrap();
        let (name, version) = name.split_once('@').unwrap();
        lines.push(format!("export\t{name}\t{version}"));
        let interface = &resolve.interfaces[*id];
        for function in interface.functions.values() {
            let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
            lines.push(format!(
                "function\t{}\t{}\t{}",
                function.name,
                letters(&signature.params),
                letters(&signature.results)
            ));
        }
        for id in interface.types.values() {
            if resolve.types[*id].kind == TypeDefKind::Resource {
                lines.push("resource".to_owned());
            }
        }
    }
    lines
}

#[test]
fn the_contract_is_the_world() {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let text = std::fs::read_to_string(wit.join("contract.txt")).unwrap();
    let mut lines = text.lines();
    // The last field is a text of types, or whether an interface is required.
    let mut committed = vec![lines.next().unwrap()];
    committed.extend(lines.map(|line| line.rsplit_once('\t').unwrap().0));
    let mut lines = world(&wit, None);
    let second = world(&wit.join("analytics-0.2"), Some("accumulating-engine"));
    lines.extend(second.into_iter().skip(1));
    assert_eq!(committed, lines);
}
