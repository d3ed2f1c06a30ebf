//! Requests for tests.

/// A request for a world of files: group, path and contents of each.
pub fn request(world: &str, files: &[(u32, &str, &str)]) -> Vec<u8> {
    let mut request = vec![];
    let mut field = |bytes: &[u8]| {
        request.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
        request.extend(bytes);
    };
    field(world.as_bytes());
    field(b"");
    for (group, path, contents) in files {
        field(group.to_string().as_bytes());
        field(path.as_bytes());
        field(contents.as_bytes());
    }
    request
}
