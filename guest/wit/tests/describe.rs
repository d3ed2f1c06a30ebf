//! What a world is described as: the same as by the module (see TestDescribe in Go).

mod common;

use std::fs;
use std::path::Path;

use compute_pipeline_wit::describe;

/// The test data of the module.
const DATA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../gohost/cmd/pipeline/internal/bind/wit/testdata"
);

/// A request for a world of files of the test data, by group.
fn request(world: &str, files: &[(u32, &str)]) -> Vec<u8> {
    let read = |path: &str| fs::read_to_string(Path::new(DATA).join(path)).unwrap();
    let texts: Vec<_> = files.iter().map(|(_, path)| read(path)).collect();
    let files = files.iter().zip(&texts);
    let files: Vec<_> = files
        .map(|(&(group, path), text)| (group, path, text.as_str()))
        .collect();
    common::request(world, &files)
}

/// JSON without the space between its parts.
fn compact(json: &str) -> String {
    let mut text = String::new();
    let (mut quoted, mut escaped) = (false, false);
    for c in json.chars() {
        if quoted || !c.is_whitespace() {
            text.push(c);
        }
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
    }
    text
}

#[test]
fn as_the_module_does() {
    let files = [(0, "filter/filter.wit"), (1, "filter/deps/units/si.wit")];
    let json = describe(&request("plugin", &files)).unwrap();
    let golden = fs::read_to_string(Path::new(DATA).join("filter.json")).unwrap();
    assert_eq!(json, compact(&golden));
}

#[test]
fn requests_that_no_host_makes() {
    let good = request("plugin", &[(0, "filter/filter.wit")]);
    for end in 0..good.len() {
        let error = describe(&good[..end]).unwrap_err();
        assert_eq!(error.message, "the request is malformed", "{end}");
    }
    let files = [(1, "filter/filter.wit"), (0, "filter/deps/units/si.wit")];
    let error = describe(&request("plugin", &files)).unwrap_err();
    assert_eq!(error.message, "the request is malformed");
}
