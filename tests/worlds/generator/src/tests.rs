use std::collections::BTreeSet;

use crate::call::Host;
use crate::choose;
use crate::files::Case;
use crate::recording::{PARAMS, POSTED, RECORD};
use crate::world::{Body, Type};

const SEED: u64 = 1;
const CALLS: usize = 20;

#[test]
fn every_kind_of_type_appears() {
    let mut kinds = BTreeSet::new();
    for number in 0..100 {
        let group = choose::group(SEED, number);
        for place in group.functions() {
            let params = place.function.params.iter().map(|(_, ty)| ty);
            params
                .chain(&place.function.result)
                .for_each(|ty| note(ty, &mut kinds));
        }
    }
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    let expected = [
        "Bool",
        "Char",
        "F32",
        "F64",
        "S16",
        "S32",
        "S64",
        "S8",
        "String",
        "U16",
        "U32",
        "U64",
        "U8",
        "alias",
        "enum",
        "enum of 256",
        "enum of 257",
        "fixed list",
        "flags",
        "flags of 32",
        "list",
        "map",
        "option",
        "record",
        "record of 17",
        "result",
        "result of an error",
        "result of both",
        "result of neither",
        "thing",
        "thing that is borrowed",
        "tuple",
        "tuple of 17",
        "variant",
        "variant of 257",
    ];
    assert_eq!(kinds, expected);
}

fn note(ty: &Type, kinds: &mut BTreeSet<String>) {
    let many = |kind: &str, count: usize| match count {
        17 | 32 | 256.. => format!("{kind} of {count}"),
        _ => kind.to_owned(),
    };
    let kind = match ty {
        Type::Scalar(scalar) => format!("{scalar:?}"),
        Type::Thing(true) => "thing".into(),
        Type::Thing(false) => "thing that is borrowed".into(),
        Type::List(_) => "list".into(),
        Type::FixedList(..) => "fixed list".into(),
        Type::Map(..) => "map".into(),
        Type::Option(_) => "option".into(),
        Type::Result(Some(_), Some(_)) => "result of both".into(),
        Type::Result(None, Some(_)) => "result of an error".into(),
        Type::Result(Some(_), None) => "result".into(),
        Type::Result(None, None) => "result of neither".into(),
        Type::Tuple(items) => many("tuple", items.len()),
        Type::Named(_, body) => match &**body {
            Body::Record(fields) => many("record", fields.len()),
            Body::Variant(cases) => many("variant", cases.len()),
            Body::Enum(cases) => many("enum", cases.len()),
            Body::Flags(flags) => match flags.len() {
                17 => "flags".into(),
                count => many("flags", count),
            },
            Body::Alias(_) => "alias".into(),
        },
    };
    kinds.insert(kind);
    match ty {
        Type::List(item) | Type::FixedList(item, _) | Type::Map(_, item) | Type::Option(item) => {
            note(item, kinds);
        }
        Type::Result(ok, err) => ok.iter().chain(err).for_each(|ty| note(ty, kinds)),
        Type::Tuple(items) => items.iter().for_each(|ty| note(ty, kinds)),
        Type::Named(_, body) => match &**body {
            Body::Record(fields) => fields.iter().for_each(|(_, ty)| note(ty, kinds)),
            Body::Variant(cases) => {
                cases
                    .iter()
                    .filter_map(|(_, ty)| ty.as_ref())
                    .for_each(|ty| note(ty, kinds));
            }
            Body::Alias(ty) => note(ty, kinds),
            Body::Enum(_) | Body::Flags(_) => {}
        },
        Type::Scalar(_) | Type::Thing(_) => {}
    }
}

#[test]
fn wasmtime_lifts_what_it_lowered() {
    let host = Host::new().unwrap();
    for number in 0..2 {
        let case = Case::new(SEED, number, CALLS).unwrap();
        let recording = case.run(&host, None).unwrap();
        case.run(&host, Some(&recording)).unwrap();
    }
}

#[test]
fn a_wrong_value_is_noticed() {
    let host = Host::new().unwrap();
    let case = Case::new(SEED, 0, CALLS).unwrap();
    let (mut tried, mut noticed) = (0, 0);
    for call in (0..case.calls.len()).step_by(20) {
        let mut recording = case.run(&host, None).unwrap();
        let at = recording.first + call as u32 * RECORD + PARAMS;
        // The lowest bit of the first flat parameter.
        if case.calls[call].args.is_empty() {
            continue;
        }
        recording.memory[at as usize] ^= 1;
        tried += 1;
        noticed += usize::from(case.run(&host, Some(&recording)).is_err());
    }
    // The address of an empty list does not matter, and a NaN stays a NaN.
    assert!(
        noticed * 4 >= tried * 3 && tried > 7,
        "{noticed} of {tried}"
    );
}

#[test]
fn a_missing_post_return_is_noticed() {
    let host = Host::new().unwrap();
    let case = Case::new(SEED, 0, CALLS).unwrap();
    let recording = case.run(&host, None).unwrap();
    let mut lacks = case.run(&host, None).unwrap();
    let posts = case.guests.posts();
    let posted = |call: &crate::call::Call| posts[call.function as usize];
    let call = case.calls.iter().position(posted).unwrap();
    let at = (lacks.first + call as u32 * RECORD + POSTED) as usize;
    lacks.memory[at..at + 4].fill(0);
    assert!(case.check(&recording, &recording).is_ok());
    assert!(case.check(&lacks, &recording).is_err());
}
