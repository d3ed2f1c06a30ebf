//! Hosts and guests of different versions of an interface, as core modules and as
//! components: each function is found, or the guest is refused.

use std::fmt::Write;

use compute_pipeline_prepare::contract::Contract;
use compute_pipeline_prepare::prepare;

const API: &str = "ex:guest/api";
const LOG: &str = "ex:host/log";

/// A function: an interface with its version, a name, and one of the [`types`].
type Function<'a> = (&'a str, &'a str, &'a str);

/// The parts of a type: as a contract has it, and as a component and a core module do.
fn types(name: &str) -> [&'static str; 4] {
    match name {
        "u32" => [
            "ii\ti\tfunc(n: u32, m: u32) -> u32",
            "(param \"n\" u32) (param \"m\" u32) (result u32)",
            "(param i32 i32) (result i32)",
            "local.get 0",
        ],
        // The same for a core module.
        "s32" => [
            "ii\ti\tfunc(n: s32, m: s32) -> s32",
            "(param \"n\" s32) (param \"m\" s32) (result s32)",
            "(param i32 i32) (result i32)",
            "local.get 0",
        ],
        "u64" => [
            "II\tI\tfunc(n: u64, m: u64) -> u64",
            "(param \"n\" u64) (param \"m\" u64) (result u64)",
            "(param i64 i64) (result i64)",
            "local.get 0",
        ],
        _ => unreachable!(),
    }
}

/// Functions by their interfaces, which are in order.
fn groups<'a, 'f>(functions: &'f [Function<'a>]) -> impl Iterator<Item = &'f [Function<'a>]> {
    functions.chunk_by(|a, b| a.0 == b.0)
}

fn contract(exports: &[Function<'_>], imports: &[Function<'_>]) -> Contract {
    let mut text = String::new();
    for (kind, functions, required) in [("export", exports, "\trequired"), ("import", imports, "")]
    {
        for group in groups(functions) {
            let (name, version) = group[0].0.split_once('@').unwrap();
            writeln!(text, "{kind}\t{name}\t{version}{required}").unwrap();
            for (_, name, ty) in group {
                writeln!(text, "function\t{name}\t{}", types(ty)[0]).unwrap();
            }
        }
    }
    Contract::parse(&text).unwrap()
}

fn core(exports: &[Function<'_>], imports: &[Function<'_>]) -> String {
    let mut text = String::new();
    for (module, name, ty) in imports {
        write!(
            text,
            "(import \"{module}\" \"{name}\" (func {}))",
            types(ty)[2]
        )
        .unwrap();
    }
    for (interface, name, ty) in exports {
        let [_, _, core, body] = types(ty);
        write!(text, "(func (export \"{interface}#{name}\") {core} {body})").unwrap();
    }
    text
}

fn component(exports: &[Function<'_>], imports: &[Function<'_>]) -> String {
    let mut text = "(component".to_owned();
    let mut given = String::new();
    for (i, group) in groups(imports).enumerate() {
        let interface = group[0].0;
        let mut instance = String::new();
        write!(text, "(import \"{interface}\" (instance $i{i}").unwrap();
        for (_, name, ty) in group {
            write!(text, "(export \"{name}\" (func {}))", types(ty)[1]).unwrap();
            write!(
                given,
                "(core func $i{i}-{name} (canon lower (func $i{i} \"{name}\")))"
            )
            .unwrap();
            write!(instance, "(export \"{name}\" (func $i{i}-{name}))").unwrap();
        }
        text.push_str("))");
        write!(given, "(core instance $g{i} {instance})").unwrap();
    }
    write!(
        text,
        "(core module $module {}) {given}",
        core(exports, imports)
    )
    .unwrap();
    text.push_str("(core instance $main (instantiate $module");
    for (i, group) in groups(imports).enumerate() {
        write!(text, "(with \"{}\" (instance $g{i}))", group[0].0).unwrap();
    }
    text.push_str("))");
    for (i, group) in groups(exports).enumerate() {
        let interface = group[0].0;
        let mut instance = String::new();
        for (_, name, ty) in group {
            write!(
                text,
                "(func $e{i}-{name} {} (canon lift (core func $main \"{interface}#{name}\")))",
                types(ty)[1]
            )
            .unwrap();
            write!(instance, "(export \"{name}\" (func $e{i}-{name}))").unwrap();
        }
        write!(
            text,
            "(instance $e{i} {instance}) (export \"{interface}\" (instance $e{i}))"
        )
        .unwrap();
    }
    text + ")"
}

/// The problems of a core module, and of a component.
fn problems(
    contract: &Contract,
    exports: &[Function<'_>],
    imports: &[Function<'_>],
) -> [Vec<String>; 2] {
    let core = format!("(module {})", core(exports, imports));
    [core, component(exports, imports)].map(|text| {
        let wasm = wat::parse_str(&text).unwrap_or_else(|err| panic!("{err}\n{text}"));
        prepare::check(&wasm, contract).unwrap()
    })
}

const NONE: [&[&str]; 2] = [&[], &[]];

#[test]
fn a_version_takes_the_place_of_one_of_its_track() {
    for (host, guest, accepted) in [
        ("1.0.0", "1.0.0", true),
        ("1.0.0", "1.1.0", true),
        ("1.1.0", "1.0.0", true),
        ("1.10.0", "1.9.9", true),
        ("1.0.0", "2.0.0", false),
        ("2.0.0", "1.9.0", false),
        ("0.1.0", "0.1.5", true),
        ("0.1.5", "0.1.0", true),
        ("0.1.0", "0.2.0", false),
        ("0.1.0", "1.1.0", false),
        ("1.0.0", "0.1.0", false),
        ("0.0.1", "0.0.1", true),
        ("0.0.1", "0.0.2", false),
        ("0.0.2", "0.1.2", false),
        ("1.0.0-rc.1", "1.0.0-rc.1", true),
        ("1.0.0-rc.1", "1.0.0-rc.2", false),
        ("1.0.0-rc.1", "1.0.0", false),
        ("1.0.0", "1.0.0-rc.1", false),
        ("1.0.0", "1.1.0-rc.1", false),
        ("0.1.0-rc", "0.1.0-rc", true),
        ("0.1.0", "0.1.1-rc", false),
        ("0.1.1-rc", "0.1.0", false),
        ("0.0.1-rc", "0.0.1", false),
    ] {
        let [api, log] = [API, LOG].map(|name| move |version: &str| format!("{name}@{version}"));
        let contract = contract(&[(&api(host), "run", "u32")], &[(&log(host), "log", "u32")]);
        let found = problems(
            &contract,
            &[(&api(guest), "run", "u32")],
            &[(&log(guest), "log", "u32")],
        );
        for found in found {
            assert_eq!(found.is_empty(), accepted, "{host} and {guest}: {found:?}");
            for problem in &found {
                assert!(
                    problem.contains(&format!("@{guest}"))
                        && problem.contains("and this host knows "),
                    "{problem}"
                );
            }
        }
    }
}

/// Functions that one side alone has, and functions whose type has changed.
#[test]
fn what_a_version_has_added_or_changed_is_not_missed() {
    let added = &[
        ("ex:guest/api@1.1.0", "run", "u32"),
        ("ex:guest/api@1.1.0", "stop", "u32"),
    ][..];
    let old = &[("ex:guest/api@1.0.0", "run", "u32")][..];
    let warn = &[
        ("ex:host/log@1.1.0", "log", "u32"),
        ("ex:host/log@1.1.0", "warn", "u32"),
    ][..];
    let log = &[("ex:host/log@1.0.0", "log", "u32")][..];
    let other = &[
        ("ex:host/clock@1.0.0", "now", "u32"),
        ("ex:host/log@1.0.0", "log", "u32"),
    ][..];
    let stopped = "it does not export \"ex:guest/api@1.0.0#stop\"";
    for (host, guest, expected) in [
        // Exports and imports of the host, and of the guest.
        ([old, log], [added, log], NONE),
        ([added, log], [added, log], NONE),
        (
            [added, log],
            [old, log],
            [
                &[stopped],
                &["the component does not export \"ex:guest/api@1.0.0#stop\""],
            ],
        ),
        ([old, warn], [old, log], NONE),
        ([old, warn], [old, &[]], NONE),
        (
            [old, log],
            [old, warn],
            [&[
                "it imports the function \"ex:host/log@1.1.0\" \"warn\", which this host does not have",
            ]; 2],
        ),
        (
            [old, log],
            [old, other],
            [
                &["it imports the function \"ex:host/clock@1.0.0\" \"now\", which is not granted"],
                &[
                    "the component imports the instance \"ex:host/clock@1.0.0\", which is not granted",
                ],
            ],
        ),
        ([old, other], [old, log], NONE),
        // A type of other core values, and one of the same.
        (
            [old, log],
            [&[("ex:guest/api@1.1.0", "run", "u64")], log],
            [
                &[
                    "its export \"ex:guest/api@1.1.0#run\" has the type (func (param i64 i64) (result i64)), not (func (param i32 i32) (result i32))",
                ],
                &[
                    "\"ex:guest/api@1.1.0#run\" has the type func(n: u64, m: u64) -> u64, not func(n: u32, m: u32) -> u32",
                ],
            ],
        ),
        (
            [old, log],
            [&[("ex:guest/api@1.1.0", "run", "s32")], log],
            [
                &[],
                &[
                    "\"ex:guest/api@1.1.0#run\" has the type func(n: s32, m: s32) -> s32, not func(n: u32, m: u32) -> u32",
                ],
            ],
        ),
        (
            [old, log],
            [old, &[("ex:host/log@1.1.0", "log", "s32")]],
            [
                &[],
                &[
                    "the component gives its core module, as the import \"ex:host/log@1.1.0\" \"log\", a function of the type func(n: s32, m: s32) -> s32, not func(n: u32, m: u32) -> u32",
                ],
            ],
        ),
    ] {
        let found = problems(&contract(host[0], host[1]), guest[0], guest[1]);
        assert_eq!(found, expected, "{host:?} and {guest:?}");
    }
}

/// A contract with two versions of an interface, in either order.
#[test]
fn of_two_versions_the_same_is_taken() {
    let exports = [
        ("ex:guest/api@0.2.1", "run", "u32"),
        ("ex:guest/api@0.2.3", "run", "u64"),
    ];
    let imports = [
        ("ex:host/log@0.2.1", "log", "u32"),
        ("ex:host/log@0.2.3", "log", "u64"),
    ];
    let [reversed_exports, reversed_imports] = [exports, imports].map(|[a, b]| [b, a]);
    for contract in [
        contract(&exports, &imports),
        contract(&reversed_exports, &reversed_imports),
    ] {
        for guest in [(exports, imports), (reversed_exports, reversed_imports)] {
            assert_eq!(problems(&contract, &guest.0, &guest.1), NONE);
        }
        // Another version is that of the newest, as a whole.
        let found = problems(&contract, &exports, &[("ex:host/log@0.2.2", "log", "u32")]);
        for found in found {
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains("ex:host/log@0.2.2"), "{found:?}");
        }
        let newest = [("ex:host/log@0.2.9", "log", "u64")];
        assert_eq!(problems(&contract, &exports, &newest), NONE);
        let other = [("ex:host/log@0.3.0", "log", "u64")];
        for found in problems(&contract, &exports, &other) {
            assert!(
                found[0].ends_with(", and this host knows 0.2.x"),
                "{found:?}"
            );
        }
        // One export cannot be of both types.
        let found = problems(&contract, &exports[1..], &[]);
        for found in found {
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains("ex:guest/api@0.2.3#run"), "{found:?}");
        }
    }
    let same = exports.map(|(interface, name, _)| (interface, name, "u32"));
    let contract = contract(&same, &[]);
    assert_eq!(problems(&contract, &same[..1], &[]), NONE);
}

/// Each name that an interface is imported under is a module of the host.
#[test]
fn an_interface_is_imported_under_few_versions() {
    let api = [("ex:guest/api@1.0.0", "run", "u32")];
    let contract = contract(
        &api,
        &[
            ("ex:host/log@1.0.0", "log", "u32"),
            ("ex:host/log@1.0.0", "warn", "u32"),
            ("ex:host/store@1.0.0", "get", "u32"),
        ],
    );
    let many = |interface: &str, count: usize| {
        let names = (0..count).map(|patch| format!("ex:host/{interface}@1.0.{patch}"));
        names.collect::<Vec<_>>()
    };
    for (logs, stores, expected) in [
        (8, 8, &[][..]),
        (9, 8, &["log"]),
        (200, 9, &["log", "store"]),
    ] {
        let [logs, stores] = [many("log", logs), many("store", stores)];
        let logs = logs
            .iter()
            .flat_map(|name| [(&**name, "log", "u32"), (&**name, "warn", "u32")]);
        let stores = stores.iter().map(|name| (&**name, "get", "u32"));
        let imports: Vec<_> = logs.chain(stores).collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|name| format!("it imports \"ex:host/{name}\" under more than 8 versions"))
            .collect();
        for found in problems(&contract, &api, &imports) {
            assert_eq!(found, expected);
        }
    }
}

/// A resource of one version is foreign to another, so one export cannot be both.
#[test]
fn resources_of_two_versions_are_not_mixed() {
    let contract = Contract::parse(
        "export\tex:guest/api\t0.2.1\trequired\n\
         function\t[constructor]r\t\ti\tfunc() -> own<resource>\n\
         resource\tr\n\
         export\tex:guest/api\t0.2.3\toptional\n\
         function\t[constructor]r\t\ti\tfunc() -> own<resource>\n\
         resource\tr\n",
    )
    .unwrap();
    let guest = |versions: &[&str]| {
        let mut text = "(module".to_owned();
        for version in versions {
            write!(
                text,
                r#"(import "[export]ex:guest/api@{version}" "[resource-new]r" (func (param i32) (result i32)))"#
            )
            .unwrap();
        }
        for version in versions {
            write!(
                text,
                r#"(func (export "ex:guest/api@{version}#[constructor]r") (result i32) unreachable)"#
            )
            .unwrap();
        }
        prepare::check(&wat::parse_str(text + ")").unwrap(), &contract).unwrap()
    };
    assert_eq!(guest(&["0.2.1", "0.2.3"]), [""; 0]);
    let many: Vec<_> = (3..=11).map(|patch| format!("0.2.{patch}")).collect();
    let many: Vec<_> = many.iter().map(|version| &**version).collect();
    assert_eq!(guest(&many[..8]), [""; 0]);
    assert_eq!(
        guest(&many),
        ["it imports \"[export]ex:guest/api\" under more than 8 versions"]
    );
    assert_eq!(
        guest(&["0.2.2"]),
        [
            "it exports the interface ex:guest/api@0.2.2 in place of two versions, and its resources \
          are of one"
        ]
    );
}
