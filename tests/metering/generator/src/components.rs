//! Modules as components: what one core module does, done by several that share its memory,
//! tables and globals.
//!
//! The functions and segments of a module go to parts at random. Parts call each other
//! directly or through trampolines, as linkers write them: functions that call through a
//! table, which is filled by the module that is instantiated last. Names of instances,
//! chains of aliases, start functions and the forms of offsets are odd on purpose. What the
//! component does is what the module does, so the module is what a merged one is compared
//! with.

mod part;
mod plan;
mod whole;
mod wiring;

use std::error::Error;
use std::path::Path;

use compute_pipeline_prepare::contract::Contract;
use compute_pipeline_prepare::prepare::{Options, prepare};
use compute_pipeline_prepare::{Error as Refusal, harden};
use compute_pipeline_random::Random;
use serde::Serialize;
use wasm_encoder::reencode::{self, Reencode, RoundtripReencoder};
use wasm_encoder::{ExportKind, ExportSection, Module, ValType};
use wasmparser::{ExportSectionReader, Parser};

use crate::{program, smith};
use plan::Plan;
use whole::Whole;

/// What is written: names of files.
#[derive(Serialize)]
struct Written {
    number: u32,
    /// The module, hardened.
    module: String,
    /// What the host runs of the component.
    merged: String,
}

#[derive(Default, Serialize)]
struct List {
    components: Vec<Written>,
    /// Modules that cannot start, which are refused.
    refused: u32,
}

/// Writes modules without imports, and what the host runs of their components.
///
/// # Errors
///
/// When one that can start is refused.
pub fn write(seed: u64, first: u32, count: u32, dir: &Path) -> Result<(), Box<dyn Error>> {
    let mut list = List::default();
    for number in first..first + count {
        let random = &mut Random::of_module(seed, number);
        let pair = loop {
            let wasm = match number % 2 {
                0 => smith::without_imports(random),
                _ => program::generate(random),
            };
            if let Some(pair) = pair(&wasm, random)? {
                break pair;
            }
        };
        let options = Options {
            contract: Contract::parse(&pair.contract)?,
            meter: true,
        };
        let merged = match prepare(&pair.component, &options) {
            Ok(merged) => merged.wasm,
            Err(Refusal::Contract(problems))
                if problems
                    .iter()
                    .all(|text| text.contains("no instance can start")) =>
            {
                list.refused += 1;
                continue;
            }
            Err(err) => {
                std::fs::write(dir.join("refused.wasm"), &pair.component)?;
                return Err(format!("the component of module {number}: {err}").into());
            }
        };
        let written = Written {
            number,
            module: format!("{number:06}.module.wasm"),
            merged: format!("{number:06}.merged.wasm"),
        };
        let hardened = harden::harden(&pair.module)?;
        std::fs::write(dir.join(&written.module), hardened.wasm)?;
        std::fs::write(dir.join(&written.merged), merged)?;
        list.components.push(written);
    }
    std::fs::write(dir.join("components.json"), serde_json::to_vec(&list)?)?;
    Ok(())
}

/// A module and the component that does the same.
struct Pair {
    /// With nothing but the exports of the component, and the memory.
    module: Vec<u8>,
    component: Vec<u8>,
    /// The contract that both implement.
    contract: String,
}

/// The component of a module; nothing if it has imports, or no function that a component
/// can export.
fn pair(wasm: &[u8], random: &mut Random) -> Result<Option<Pair>, reencode::Error> {
    let whole = Whole::read(wasm)?;
    let lifted = whole.lifted();
    if whole.has_imports || lifted.is_empty() {
        return Ok(None);
    }
    let plan = Plan::new(&whole, random);
    let parts = plan.parts(random)?;
    let component = wiring::component(&whole, &plan, &parts, &lifted, random);
    wasmparser::validate(&component)?;
    Ok(Some(Pair {
        component,
        contract: contract(&whole, &lifted),
        module: reduced(wasm, &whole, &lifted)?,
    }))
}

/// The contract's text: guest/prepare/src/contract/parse.rs.
fn contract(whole: &Whole<'_>, lifted: &[u32]) -> String {
    let mut text = "export\t\t\trequired\n".to_owned();
    for function in lifted {
        let (params, results) = whole.signature(*function);
        let letters = |types: &[ValType]| types.iter().map(letter).collect::<String>();
        let list = params.iter().enumerate();
        let list: Vec<String> = list.map(|(i, ty)| format!("p{i}: {}", wit(ty))).collect();
        let result = results.first().map(|ty| format!(" -> {}", wit(ty)));
        text += &format!(
            "function\tf{function}\t{}\t{}\tfunc({}){}\n",
            letters(params),
            letters(results),
            list.join(", "),
            result.unwrap_or_default()
        );
    }
    text
}

fn letter(ty: &ValType) -> char {
    match ty {
        ValType::I32 => 'i',
        ValType::I64 => 'I',
        ValType::F32 => 'f',
        _ => 'F',
    }
}

fn wit(ty: &ValType) -> &'static str {
    match ty {
        ValType::I32 => "s32",
        ValType::I64 => "s64",
        ValType::F32 => "f32",
        _ => "f64",
    }
}

/// The module with the exports of the component.
fn reduced(wasm: &[u8], whole: &Whole<'_>, lifted: &[u32]) -> Result<Vec<u8>, reencode::Error> {
    struct Reduced<'l> {
        lifted: &'l [u32],
        has_memory: bool,
    }
    impl Reencode for Reduced<'_> {
        type Error = std::convert::Infallible;

        fn parse_export_section(
            &mut self,
            exports: &mut ExportSection,
            _: ExportSectionReader<'_>,
        ) -> Result<(), reencode::Error> {
            for function in self.lifted {
                exports.export(&format!("f{function}"), ExportKind::Func, *function);
            }
            if self.has_memory {
                exports.export("memory", ExportKind::Memory, 0);
            }
            Ok(())
        }
    }
    let mut module = Module::new();
    let has_memory = whole.memory.is_some();
    Reduced { lifted, has_memory }.parse_core_module(&mut module, Parser::new(0), wasm)?;
    Ok(module.finish())
}

/// A constant expression as it stands.
fn same(expression: wasmparser::ConstExpr<'_>) -> Result<wasm_encoder::ConstExpr, reencode::Error> {
    RoundtripReencoder.const_expr(expression)
}
