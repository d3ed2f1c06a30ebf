//! The texts that are committed with their modules.

use std::fs;
use std::path::{Path, PathBuf};

use compute_pipeline_assemble::text;

#[test]
fn every_module_is_the_one_its_text_describes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let texts = text::texts_below(&root).unwrap();
    assert!(texts.len() > 250, "only {} texts found", texts.len());
    let stale: Vec<PathBuf> = texts
        .into_iter()
        .filter(|wat| text::is_stale(wat).unwrap())
        .collect();
    assert!(stale.is_empty(), "run `make testdata` for {stale:?}");
}

#[test]
fn a_change_of_either_is_found() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tree");
    let below = dir.join("below");
    fs::create_dir_all(&below).unwrap();
    fs::create_dir_all(dir.join("target")).unwrap();
    let wat = below.join("one.wat");
    fs::write(&wat, "(module (func (export \"f\")))").unwrap();
    fs::write(dir.join("target/other.wat"), "(module)").unwrap();
    assert_eq!(text::texts_below(&dir).unwrap(), [wat.as_path()]);

    text::assemble(&wat).unwrap();
    assert!(!text::is_stale(&wat).unwrap());
    fs::write(&wat, "(module (func (export \"g\")))").unwrap();
    assert!(text::is_stale(&wat).unwrap(), "another text");
    text::assemble(&wat).unwrap();
    assert!(!text::is_stale(&wat).unwrap());
    let wasm = wat.with_extension("wasm");
    let mut bytes = fs::read(&wasm).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&wasm, bytes).unwrap();
    assert!(text::is_stale(&wat).unwrap(), "another module");
    fs::remove_file(&wasm).unwrap();
    assert!(text::is_stale(&wat).is_err(), "no module");
}
