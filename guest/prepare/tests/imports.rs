//! Components that give their core module functions of imports and of resources.

use compute_pipeline_prepare::Error;
use compute_pipeline_prepare::contract::Contract;
use compute_pipeline_prepare::extract::extract;
use compute_pipeline_prepare::prepare;

const CONTRACT: &str = "world\tex:guest/world\n\
    export\tex:guest/api\t1.0.0\trequired\n\
    function\t[constructor]counter\t\ti\tfunc() -> own<resource>\n\
    resource\tcounter\n\
    import\tex:host/log\t1.0.0\n\
    function\tlog\tii\t\tfunc(text: string)\n\
    import\tex:host/store\t1.0.0\n\
    function\t[constructor]bucket\ti\ti\tfunc(size: u32) -> own<resource>\n\
    resource\tbucket\n";

const COMPONENT: &str = include_str!("imports.wat");

fn contract() -> Contract {
    Contract::parse(CONTRACT).unwrap()
}

fn component(edits: &[(&str, &str)]) -> Vec<u8> {
    let mut text = COMPONENT.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from:?} is not in the component");
        text = text.replace(from, to);
    }
    wat::parse_str(text).unwrap()
}

#[test]
fn a_component_with_imports_is_its_core_module() {
    let wasm = component(&[]);
    let core = extract(&wasm, &contract()).unwrap();
    assert!(wasm.as_ptr_range().contains(&core.as_ptr()));
    assert_eq!(prepare::check(&wasm, &contract()), Ok(vec![]));
    assert_eq!(prepare::check(&core, &contract()), Ok(vec![]));
}

#[test]
fn imports_are_what_their_names_say_or_refused() {
    const LOG: &str = "the component gives its core module, as the import \
         \"ex:host/log@1.0.0\" \"log\", ";
    const DROP: &str = "the component gives its core module, as the import \
         \"ex:host/store@1.0.0\" \"[resource-drop]bucket\", ";
    const NEW: &str = "the component gives its core module, as the import \
         \"[export]ex:guest/api@1.0.0\" \"[resource-new]counter\", ";
    for (from, to, problem) in [
        // Another function behind the shim, or none.
        (
            "(elem (i32.const 0) func 0 1)",
            "(elem (i32.const 0) func 1 0)",
            format!("{LOG}something else"),
        ),
        (
            "(elem (i32.const 0) func 0 1)",
            "",
            format!("{LOG}something else"),
        ),
        (
            "(local.get 1) (i32.const 0)))",
            "(local.get 1) (i32.const 7)))",
            format!("{LOG}something else"),
        ),
        (
            "(start 2)",
            "(start 0)",
            "the component starts with a function that is not \"_initialize\" of its core module"
                .to_owned(),
        ),
        (
            "(import \"main\" \"_initialize\" (func))",
            "(import \"main\" \"other\" (func))",
            "the component starts with a function that is not \"_initialize\" of its core module"
                .to_owned(),
        ),
        // Options.
        (
            "(canon lower (func $log-func) (memory $memory) (realloc $realloc))",
            "(canon lower (func $log-func) (memory $memory) (realloc $other-realloc))",
            format!("{LOG}a function with another realloc"),
        ),
        (
            "(canon lower (func $log-func) (memory $memory) (realloc $realloc))",
            "(canon lower (func $log-func) (memory $memory) string-encoding=utf16)",
            format!("{LOG}a function with the option string-encoding=utf16"),
        ),
        // Types that flatten to the same.
        (
            "(type $f (func (param \"text\" string)))",
            "(type $l (list u8)) (type $f (func (param \"text\" $l)))",
            format!("{LOG}a function of the type func(text: list<u8>), not func(text: string)"),
        ),
        // Functions and resources of another name.
        (
            "(alias export $log \"log\" (func $log-func))",
            "(alias export $store \"[constructor]bucket\" (func $log-func))",
            format!("{LOG}another function"),
        ),
        (
            "(core func $drop-bucket (canon resource.drop $bucket))",
            "(core func $drop-bucket (canon resource.drop $counter))",
            format!("{DROP}a function for another resource"),
        ),
        (
            "(core func $new-counter (canon resource.new $counter))",
            "(core func $new-counter (canon resource.rep $counter))",
            format!("{NEW}a function for another resource"),
        ),
        (
            "(export \"1\" (func $dtor)))",
            "(export \"1\" (func $other-dtor)))",
            format!("{NEW}a function for a resource with another destructor"),
        ),
        (
            "(resource (rep i32) (dtor (core func $dtor-shim)))",
            "(resource (rep i32))",
            format!("{NEW}a function for a resource with another destructor"),
        ),
        // What is not given.
        (
            "(with \"ex:host/log@1.0.0\" (instance $given-log))",
            "",
            format!("{LOG}something else"),
        ),
        // What the contract does not have.
        (
            "(import \"ex:host/log@1.0.0\" (instance",
            "(import \"ex:host/log@2.0.0\" (instance",
            "the component imports the instance \"ex:host/log@2.0.0\", and this host knows 1.x"
                .to_owned(),
        ),
        (
            "(import \"ex:host/log@1.0.0\" (instance",
            "(import \"ex:host/clock@1.0.0\" (instance",
            "the component imports the instance \"ex:host/clock@1.0.0\", which is not granted"
                .to_owned(),
        ),
        // Another instance of the core module.
        (
            "(alias core export $main \"memory\"",
            "(core instance (instantiate $module)) (alias core export $main \"memory\"",
            r#"core instance 5, of core module 1, imports "ex:host/log@1.0.0" "log", and is given no core instance of that name"#.to_owned(),
        ),
    ] {
        match extract(&component(&[(from, to)]), &contract()) {
            Err(Error::Contract(problems)) => assert!(
                problems.contains(&problem),
                "{problem}\nis not in {problems:#?}"
            ),
            other => panic!("{problem}: {:?}", other.map(|core| core.len())),
        }
    }
}

/// Tools write the version that a library was made for into the core module, and the newest
/// of all libraries into the component.
#[test]
fn the_core_module_may_name_another_version() {
    let versions = |outside: &str, core: &str| {
        let edits = [
            ("(import \"ex:host/log@1.0.0\" (instance", "log", outside),
            ("(import \"ex:host/log@1.0.0\" \"log\"", "log", core),
            ("(with \"ex:host/log@1.0.0\"", "log", core),
            (
                "(import \"ex:host/store@1.0.0\" (instance",
                "store",
                outside,
            ),
            ("(import \"ex:host/store@1.0.0\" \"[con", "store", core),
            ("(import \"ex:host/store@1.0.0\" \"[res", "store", core),
            ("(with \"ex:host/store@1.0.0\"", "store", core),
        ];
        let edits: Vec<_> = edits
            .into_iter()
            .map(|(from, name, version)| {
                let to = from.replace(&format!("{name}@1.0.0"), &format!("{name}@{version}"));
                (from, to)
            })
            .collect();
        let edits: Vec<_> = edits.iter().map(|(from, to)| (*from, &**to)).collect();
        prepare::check(&component(&edits), &contract())
    };
    for (outside, core) in [("1.2.3", "1.0.0"), ("1.0.0", "1.2.3"), ("1.2.3", "1.4.5")] {
        assert_eq!(versions(outside, core), Ok(vec![]), "{outside} {core}");
    }
    let refused = versions("1.2.3", "2.0.0").unwrap();
    assert!(refused[0].ends_with("another function"), "{refused:?}");
}

#[test]
fn every_change_of_a_byte_is_answered() {
    let wasm = component(&[]);
    for at in 8..wasm.len() {
        for value in [0, 1, 2, 0x7f, 0x80, 0xff] {
            let mut changed = wasm.clone();
            changed[at] = value;
            let _ = extract(&changed, &contract());
        }
    }
}

/// A chain of bundles, each of which exports what the one before it does.
#[test]
fn a_long_way_to_a_function_is_not_followed() {
    let mut chain = String::new();
    let mut last = "$log-shim".to_owned();
    for i in 0..20 {
        chain += &format!(
            "(core instance $b{i} (export \"log\" (func {last}))) \
             (alias core export $b{i} \"log\" (core func $a{i}))"
        );
        last = format!("$a{i}");
    }
    let bundle = "(core instance $given-log (export \"log\" (func $log-shim)))";
    let edited = format!("{chain} (core instance $given-log (export \"log\" (func {last})))");
    let wasm = component(&[(bundle, &edited)]);
    let refused = extract(&wasm, &contract());
    let Err(Error::Contract(problems)) = refused else {
        panic!("{refused:?}");
    };
    assert!(problems[0].contains("something else"), "{problems:?}");
}
