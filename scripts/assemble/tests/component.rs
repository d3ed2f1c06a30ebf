//! Components of small core modules.

use std::path::{Path, PathBuf};

use compute_pipeline_assemble::component;
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const WIT: &str = "
package test:worlds@0.1.0;
interface one { f: func() -> u32; }
interface two { g: func() -> u32; }
interface there { h: func(); }
world exact { export one; }
world other { export two; }
world both { export one; export two; }
world needs { import there; export one; }
";

const ONE: &str = r#"(func (export "test:worlds/one@0.1.0#f") (result i32) i32.const 1)"#;
const TWO: &str = r#"(func (export "test:worlds/two@0.1.0#g") (result i32) i32.const 2)"#;
const THERE: &str = r#"(func (import "test:worlds/there@0.1.0" "h"))"#;

/// The core module of `fields`, which says that it is one of `world`.
fn core(world: &str, fields: &[&str]) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("worlds.wit", WIT).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let mut wasm = wat::parse_str(format!("(module {})", fields.join(" "))).unwrap();
    embed_component_metadata(&mut wasm, &resolve, world, StringEncoding::UTF8).unwrap();
    wasm
}

/// A directory with [`WIT`].
fn wit_dir(test: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("worlds.wit"), WIT).unwrap();
    dir
}

#[test]
fn a_component_of_the_world_and_no_more_passes() {
    let wit = wit_dir("exact");
    let encoded = component::encode(&core("exact", &[ONE])).unwrap();
    let own = component::check_world(&encoded, &[&wit], "exact").unwrap();
    assert!(own.contains("  export test:worlds/one@0.1.0;\n"), "{own}");
    assert!(own.contains("f: func() -> u32;"), "{own}");
}

#[test]
fn a_component_can_have_a_part_of_what_its_module_has() {
    let wit = wit_dir("part");
    let part = component::described(&core("both", &[ONE, TWO]), &wit, "exact").unwrap();
    let encoded = component::encode(&part).unwrap();
    component::check_world(&encoded, &[&wit], "exact").unwrap();
    assert!(component::described(b"", &wit, "exact").is_err());
    assert!(component::described(&part, &wit, "none").is_err());
}

#[test]
fn other_components_are_refused() {
    let wit = wit_dir("refused");
    for (made, fields, reason) in [
        ("other", vec![TWO], "does not fit the world exact"),
        ("both", vec![ONE, TWO], "the component exports"),
        ("needs", vec![THERE, ONE], "missing import named"),
    ] {
        let encoded = component::encode(&core(made, &fields)).unwrap();
        let error = component::check_world(&encoded, &[&wit], "exact").unwrap_err();
        assert!(format!("{error:#}").contains(reason), "{made}: {error:#}");
    }
    let error = component::encode(&core("both", &[ONE])).unwrap_err();
    assert!(format!("{error:#}").contains("two"), "{error:#}");
}

#[test]
fn only_debug_information_is_left_out() {
    let kept = r#"(func) (@custom "kept" (after code) "a")"#;
    let debug = r#"(@custom ".debug_info" (after code) "b")"#;
    let plain = wat::parse_str(format!("(module $named {kept})")).unwrap();
    let whole = wat::parse_str(format!("(module $named {debug} {kept} {debug})")).unwrap();
    assert_ne!(whole, plain);
    assert_eq!(component::without_debug_information(&whole).unwrap(), plain);
    assert_eq!(component::without_debug_information(&plain).unwrap(), plain);
    assert!(component::without_debug_information(b"\0asm").is_err());
}
