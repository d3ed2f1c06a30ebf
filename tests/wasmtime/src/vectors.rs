//! The vector files as they are written; tests/vectors/README.md defines them.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The version of the form this program reads.
const FORMAT: u32 = 1;

/// One file of cases, one function.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File<C> {
    format: u32,
    function: String,
    pub cases: Vec<C>,
}

#[derive(Deserialize)]
pub struct AggregateCase {
    pub id: String,
    pub points: Vec<Segment>,
}

#[derive(Deserialize)]
pub struct StreamCase {
    pub id: String,
    pub raw: Vec<Text>,
}

#[derive(Deserialize)]
pub struct BatchCase {
    pub id: String,
    pub input: Vec<Bytes>,
}

#[derive(Deserialize)]
pub struct ChecksumCase {
    pub id: String,
    pub data: Vec<Bytes>,
    pub expected: u32,
}

#[derive(Deserialize)]
pub struct SummaryCase {
    pub id: String,
    pub state: Recipe,
}

/// A piece of a list of points.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Segment {
    Set {
        set: String,
        #[serde(default)]
        from: usize,
        to: Option<usize>,
        #[serde(default = "one")]
        stride: usize,
    },
    Listed {
        times: String,
        values: String,
    },
    Run {
        first: String,
        step: String,
        values: String,
        #[serde(default = "one")]
        repeat: usize,
    },
}

/// A piece of a text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    pub text: String,
    #[serde(default = "one")]
    pub repeat: usize,
}

/// A piece of a list of bytes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bytes {
    pub hex: String,
    #[serde(default = "one")]
    pub repeat: usize,
}

/// How to make a state.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Recipe {
    Literal {
        hex: String,
    },
    Fold {
        fold: Box<Recipe>,
        points: Vec<Segment>,
        by: Option<usize>,
    },
    Merge {
        merge: Box<[Recipe; 2]>,
    },
    Double {
        double: Box<Recipe>,
        times: u32,
    },
    Edit {
        edit: Box<Recipe>,
        keep: Option<i64>,
        #[serde(default)]
        xor: Vec<(i64, u8)>,
        #[serde(default)]
        append: String,
        #[serde(default)]
        seal: bool,
    },
}

fn one() -> usize {
    1
}

/// Reads the cases of one function.
pub fn read<C: DeserializeOwned>(dir: &Path, function: &str) -> Result<Vec<C>> {
    let path = dir.join(format!("{function}.json"));
    let file: File<C> = parse(&path)?;
    anyhow::ensure!(
        file.format == FORMAT && file.function == function,
        "{}: format {} of {}, expected format {FORMAT} of {function}",
        path.display(),
        file.format,
        file.function,
    );
    Ok(file.cases)
}

/// The named sets of points that cases share.
#[derive(Deserialize)]
struct Sets {
    format: u32,
    sets: HashMap<String, Vec<Segment>>,
}

/// Reads `sets.json`.
pub fn read_sets(dir: &Path) -> Result<HashMap<String, Vec<Segment>>> {
    let path = dir.join("sets.json");
    let file: Sets = parse(&path)?;
    anyhow::ensure!(
        file.format == FORMAT,
        "{}: format {}, expected {FORMAT}",
        path.display(),
        file.format
    );
    Ok(file.sets)
}

fn parse<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read(path).with_context(|| format!("read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("parse {}", path.display()))
}
