//! The guest of tests/worlds/guest in Wasmtime, as the Go program has it in
//! gohost/cmd/pipeline/internal/bind/golden: the same calls, values and drops.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use wasmtime::component::{
    Component, ComponentNamedList, Instance, Lift, Linker, Lower, Resource, ResourceAny,
    ResourceType,
};
use wasmtime::{Engine, Store, StoreContextMut};

const GUEST: &str =
    "../../../gohost/cmd/pipeline/internal/bind/golden/testdata/resources.rust.wasm";
const STORE: &str = "test:resources/store@1.0.0";
const COUNTERS: &str = "test:resources/counters@1.0.0";

struct Bucket {
    name: String,
    numbers: HashMap<u32, u32>,
    dropped: u32,
}

/// The buckets, by their number.
#[derive(Default)]
struct Buckets(Vec<Bucket>);

impl Buckets {
    fn add(&mut self, name: String, numbers: HashMap<u32, u32>) -> u32 {
        self.0.push(Bucket {
            name,
            numbers,
            dropped: 0,
        });
        self.0.len() as u32 - 1
    }
}

type Context<'a> = StoreContextMut<'a, Buckets>;

fn host(linker: &mut Linker<Buckets>) -> Result<()> {
    let mut store = linker.instance(STORE)?;
    let drop = |mut c: Context<'_>, number| {
        c.data_mut().0[number as usize].dropped += 1;
        Ok(())
    };
    store.resource("bucket", ResourceType::host::<Bucket>(), drop)?;
    store.func_wrap(
        "[constructor]bucket",
        |mut c: Context<'_>, (name,): (String,)| {
            let number = c.data_mut().add(name, HashMap::new());
            Ok((Resource::<Bucket>::new_own(number),))
        },
    )?;
    store.func_wrap(
        "[method]bucket.get",
        |c: Context<'_>, (bucket, key): (Resource<Bucket>, u32)| {
            Ok((c.data().0[bucket.rep() as usize].numbers.get(&key).copied(),))
        },
    )?;
    store.func_wrap(
        "[method]bucket.put",
        |mut c: Context<'_>, (bucket, key, value): (Resource<Bucket>, u32, u32)| {
            if value == 13 {
                return Ok((Err("no 13".to_owned()),));
            }
            c.data_mut().0[bucket.rep() as usize]
                .numbers
                .insert(key, value);
            Ok((Ok(()),))
        },
    )?;
    store.func_wrap(
        "[static]bucket.combine",
        |mut c: Context<'_>, (a, b): (Resource<Bucket>, Resource<Bucket>)| {
            let (a, b) = (&c.data().0[a.rep() as usize], &c.data().0[b.rep() as usize]);
            let name = format!("{}+{}", a.name, b.name);
            let numbers = a
                .numbers
                .iter()
                .chain(&b.numbers)
                .map(|(k, v)| (*k, *v))
                .collect();
            let number = c.data_mut().add(name, numbers);
            Ok((Resource::<Bucket>::new_own(number),))
        },
    )?;
    Ok(())
}

struct Guest {
    store: Store<Buckets>,
    instance: Instance,
}

impl Guest {
    fn new() -> Result<Self> {
        let component = crate::guest::component(&std::fs::read(GUEST)?)?;
        let engine = Engine::default();
        let mut linker = Linker::new(&engine);
        host(&mut linker)?;
        let mut store = Store::new(&engine, Buckets::default());
        let component = Component::new(&engine, component)?;
        let instance = linker.instantiate(&mut store, &component)?;
        Ok(Self { store, instance })
    }

    fn call<P, R>(&mut self, name: &str, params: P) -> Result<R>
    where
        P: ComponentNamedList + Lower,
        R: Lift + Send + Sync + 'static,
        (R,): ComponentNamedList,
    {
        let index = self
            .instance
            .get_export_index(&mut self.store, None, COUNTERS)
            .and_then(|i| {
                self.instance
                    .get_export_index(&mut self.store, Some(&i), name)
            })
            .with_context(|| name.to_owned())?;
        let function = self
            .instance
            .get_typed_func::<P, (R,)>(&mut self.store, index)?;
        Ok(function.call(&mut self.store, params)?.0)
    }

    /// Calls a function without a result.
    fn tell<P: ComponentNamedList + Lower>(&mut self, name: &str, params: P) -> Result<()> {
        let index = self
            .instance
            .get_export_index(&mut self.store, None, COUNTERS)
            .and_then(|i| {
                self.instance
                    .get_export_index(&mut self.store, Some(&i), name)
            })
            .with_context(|| name.to_owned())?;
        let function = self
            .instance
            .get_typed_func::<P, ()>(&mut self.store, index)?;
        Ok(function.call(&mut self.store, params)?)
    }

    fn bucket(&mut self, name: &str) -> u32 {
        self.store.data_mut().add(name.into(), HashMap::new())
    }
}

fn lent(number: u32) -> Resource<Bucket> {
    Resource::new_borrow(number)
}

#[test]
fn resources_of_the_guest() -> Result<()> {
    let mut guest = Guest::new()?;
    let a: ResourceAny = guest.call("[constructor]counter", (5_u32,))?;
    assert_eq!(guest.call::<_, u32>("[method]counter.add", (a, 2_u32))?, 7);
    assert_eq!(
        guest.call::<_, u32>("[static]counter.sum", (vec![a, a],))?,
        14
    );
    let merged: ResourceAny = guest.call("[static]counter.merge", (a, None::<ResourceAny>))?;
    assert!(
        guest
            .call::<_, u32>("[method]counter.add", (a, 1_u32))
            .is_err()
    );
    assert_eq!(
        guest.call::<_, u32>("[method]counter.add", (merged, 1_u32))?,
        8
    );
    merged.resource_drop(&mut guest.store)?;
    assert_eq!(guest.call::<_, u32>("dropped", ())?, 2);
    let many: Vec<ResourceAny> = guest.call("many", (50_u32,))?;
    assert_eq!(
        guest.call::<_, u32>("[static]counter.sum", (many,))?,
        49 * 50 / 2
    );
    Ok(())
}

#[test]
fn resources_of_the_host() -> Result<()> {
    let mut guest = Guest::new()?;
    let b = guest.bucket("b");
    let changed: Result<(), String> = guest.call("change", (lent(b), 1_u32, 10_u32))?;
    assert_eq!(changed, Ok(()));
    let changed: Result<(), String> = guest.call("change", (lent(b), 1_u32, 13_u32))?;
    assert_eq!(changed, Err("no 13".to_owned()));
    assert_eq!(
        guest.call::<_, Option<u32>>("look", (lent(b), 1_u32))?,
        Some(10)
    );
    assert_eq!(
        guest.call::<_, Option<u32>>("look", (lent(b), 2_u32))?,
        None
    );
    assert_eq!(
        guest.store.data().0[b as usize].dropped,
        0,
        "it was only lent"
    );

    guest.tell("keep", (Resource::<Bucket>::new_own(b),))?;
    guest.tell("open", ("opened",))?;
    assert_eq!(guest.store.data().0[b as usize].dropped, 1);
    let other = guest.bucket("other");
    guest.store.data_mut().0[other as usize]
        .numbers
        .insert(3, 30);
    guest.tell("combine", (lent(other),))?;
    let given: Option<Resource<Bucket>> = guest.call("give", ())?;
    let given = &guest.store.data().0[given.context("nothing was kept")?.rep() as usize];
    assert_eq!((given.name.as_str(), given.dropped), ("opened+other", 0));
    assert_eq!(given.numbers, HashMap::from([(3, 30)]));
    let given: Option<Resource<Bucket>> = guest.call("give", ())?;
    assert!(given.is_none());
    Ok(())
}
