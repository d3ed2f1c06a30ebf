//! Reads the files and finds the world.

use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{PackageId, Resolve, SourceMap, UnresolvedPackageGroup, WorldId};

use crate::Error;
use crate::request::{File, Request};

/// Reads the files of a request and finds the world that it names.
pub fn load(request: &Request) -> Result<(Resolve, WorldId), Error> {
    let mut resolve = Resolve::default();
    resolve
        .features
        .extend(request.features.iter().map(|name| (*name).to_owned()));
    let mut dependencies = vec![];
    let mut groups = request.files.chunk_by(|a, b| a.group == b.group);
    let main = groups.next().unwrap_or_default();
    for files in groups {
        if let Some(decoded) = decoded(files)? {
            let DecodedWasm::WitPackage(other, _) = decoded else {
                return Err(Error::of(
                    files[0].path,
                    "this is a component, not a package of WIT",
                ));
            };
            merge(&mut resolve, other, files[0].path)?;
        } else {
            dependencies.push(parse(files)?);
        }
    }
    let package = match decoded(main)? {
        Some(DecodedWasm::Component(resolve, world)) => {
            // A component says nothing of its world's name: it takes the one that is
            // asked for.
            return named(resolve, world, request);
        }
        Some(DecodedWasm::WitPackage(other, package)) => {
            let remap = resolve
                .merge(other)
                .map_err(|err| Error::of(main[0].path, format!("{err:#}")))?;
            remap.packages[package.index()]
        }
        None => {
            let main = parse(main)?;
            resolve
                .push_groups(main, dependencies)
                .map_err(|err| Error::resolve(&resolve.source_map, &err, request.path()))?
        }
    };
    let world = select(&resolve, package, request)?;
    Ok((resolve, world))
}

fn merge(resolve: &mut Resolve, other: Resolve, path: &str) -> Result<(), Error> {
    match resolve.merge(other) {
        Ok(_) => Ok(()),
        Err(err) => Err(Error::of(path, format!("{err:#}"))),
    }
}

/// Decodes a group that is one binary file.
fn decoded(files: &[File]) -> Result<Option<DecodedWasm>, Error> {
    let [File { path, contents, .. }] = files else {
        return Ok(None);
    };
    if !contents.starts_with(b"\0asm") {
        return Ok(None);
    }
    if contents.get(4..8) == Some(&[1, 0, 0, 0]) {
        return Err(Error::of(
            path,
            "this is a core module, which does not say what its WIT is; a component does",
        ));
    }
    match decode(contents) {
        Ok(decoded) => Ok(Some(decoded)),
        Err(err) => Err(Error::of(path, format!("{err:#}"))),
    }
}

/// Parses the files of a package.
fn parse(files: &[File]) -> Result<UnresolvedPackageGroup, Error> {
    let mut map = SourceMap::default();
    for file in files {
        match std::str::from_utf8(file.contents) {
            Ok(text) => map.push_str(file.path, text),
            Err(err) => return Err(not_utf8(file, err.valid_up_to())),
        }
    }
    map.parse()
        .map_err(|(map, err)| Error::parse(&map, &err, files[0].path))
}

fn not_utf8(file: &File, at: usize) -> Error {
    let before = &file.contents[..at];
    let line_start = before
        .iter()
        .rposition(|&b| b == b'\n')
        .map_or(0, |end| end + 1);
    Error {
        line: 1 + before.iter().filter(|&&b| b == b'\n').count() as u64,
        column: 1 + (at - line_start) as u64,
        ..Error::of(file.path, "the text is not UTF-8")
    }
}

/// Finds the world in the package that was asked for.
fn select(resolve: &Resolve, package: PackageId, request: &Request) -> Result<WorldId, Error> {
    let fail = |message: String| Err(Error::of(request.path(), message));
    let main = &resolve.packages[package];
    if request.world.contains(':') {
        return resolve
            .select_world(&[package], Some(request.world))
            .or_else(|err| fail(format!("{err:#}")));
    }
    let names = || {
        main.worlds
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (request.world, main.worlds.len()) {
        (_, 0) => fail(format!("the package {} has no world", main.name)),
        ("", 1) => Ok(main.worlds[0]),
        ("", _) => fail(format!(
            "the package {} has several worlds, of which one must be named: {}",
            main.name,
            names()
        )),
        (name, _) => match main.worlds.get(name) {
            Some(&world) => Ok(world),
            None => fail(format!(
                "the package {} has no world {name}; it has {}",
                main.name,
                names()
            )),
        },
    }
}

/// Gives the world of a component the name that was asked for.
fn named(
    mut resolve: Resolve,
    world: WorldId,
    request: &Request,
) -> Result<(Resolve, WorldId), Error> {
    if !request.world.is_empty() {
        if wit_parser::validate_id(request.world).is_err() {
            return Err(Error::of(
                request.path(),
                format!("{:?} is not a name for a world", request.world),
            ));
        }
        resolve.worlds[world].name = request.world.to_owned();
    }
    Ok((resolve, world))
}
