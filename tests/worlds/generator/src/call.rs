//! The calls of a group of worlds, and making them in Wasmtime.

use anyhow::{Context as _, Result, bail, ensure};
use compute_pipeline_random::Random;
use wasmtime::component::types::ComponentFunc;
use wasmtime::component::{
    Component, ComponentExportIndex, Func, Instance, InstancePre, Linker, Resource, ResourceType,
    Val,
};
use wasmtime::{AsContextMut, Config, Engine, OptLevel, Store, StoreContextMut};

use crate::text::RECORDING;
use crate::things;
use crate::values::{Values, same};
use crate::world::{Group, Place};

/// A call: of the export, which calls the import of the same name.
pub struct Call {
    /// The function's number.
    pub function: u32,
    /// What it is called with.
    pub args: Vec<Val>,
    /// What it returns.
    pub result: Option<Val>,
}

/// So many calls of the functions of a group, in turn.
pub fn choose(group: &Group, seed: u64, number: u32, count: usize) -> Vec<Call> {
    // Other numbers than those that chose the world.
    let random = &mut Random::of_module(!seed, number);
    let functions: Vec<Place<'_>> = group.functions().collect();
    let mut numbers = things::Numbers(0);
    (0..count)
        .map(|index| {
            let function = index % functions.len();
            let declared = functions[function].function;
            let mut values = Values::new(random, 150, &mut numbers);
            Call {
                function: function as u32,
                args: declared
                    .params
                    .iter()
                    .map(|(_, ty)| values.of(ty))
                    .collect(),
                result: declared.result.as_ref().map(|ty| values.of(ty)),
            }
        })
        .collect()
}

/// Wasmtime.
pub struct Host(Engine);

/// What a store has for its imports.
#[derive(Default)]
pub struct State<T> {
    /// What they need.
    pub data: T,
    /// How many things were made, and how many were dropped.
    made: u32,
    dropped: u32,
}

/// What the import must be given, and what it then returns.
type Expected = Option<(Vec<Val>, Option<Val>)>;

impl Host {
    /// A host with everything that worlds use.
    ///
    /// # Errors
    ///
    /// When Wasmtime does not run on this machine.
    pub fn new() -> Result<Self> {
        let mut config = Config::new();
        config
            .wasm_component_model_map(true)
            .wasm_component_model_fixed_length_lists(true)
            .cranelift_opt_level(OptLevel::None);
        Ok(Self(Engine::new(&config)?))
    }

    /// Makes the calls. Returns the guest's recording.
    ///
    /// # Errors
    ///
    /// When the import is given other values, or the export returns another one.
    pub fn run(&self, group: &Group, component: &[u8], calls: &[Call]) -> Result<Vec<u8>> {
        let guest = self.load(group, component, imported)?;
        let mut store = self.store::<Expected>(None);
        let instance = guest.linked.instantiate(&mut store)?;
        let functions = guest.functions(&instance, &mut store)?;
        for (index, call) in calls.iter().enumerate() {
            store.data_mut().data = Some((call.args.clone(), call.result.clone()));
            let mut results = vec![Val::Bool(false); usize::from(call.result.is_some())];
            let args = things::given(&call.args, &mut store)?;
            functions[call.function as usize]
                .call(&mut store, &args, &mut results)
                .map_err(anyhow::Error::from)
                .with_context(|| format!("call {index}"))?;
            ensure!(
                store.data().data.is_none(),
                "call {index}: the import was not called"
            );
            if let Some(expected) = &call.result {
                results = things::taken(&results, store.as_context_mut())?;
                ensure!(
                    same(&results[0], expected),
                    "call {index} returned\n  {:?}, expected\n  {expected:?}",
                    results[0]
                );
            }
        }
        let makes = calls.iter().filter(|call| guest.makes(call)).count() as u32;
        let State { made, dropped, .. } = *store.data();
        ensure!(
            made == makes && dropped == makes,
            "{made} things were made and {dropped} dropped, expected {makes}"
        );
        let recording = instance.get_typed_func::<(), (Vec<u8>,)>(&mut store, RECORDING)?;
        Ok(recording.call(&mut store, ())?.0)
    }
}

/// An import of any type.
pub type Imported<T> =
    fn(StoreContextMut<'_, State<T>>, ComponentFunc, &[Val], &mut [Val]) -> wasmtime::Result<()>;

/// A component that is compiled and has its imports.
pub struct Guest<T: 'static> {
    /// The component with its imports.
    pub linked: InstancePre<State<T>>,
    functions: Vec<ComponentExportIndex>,
    makes: Vec<bool>,
}

impl<T: 'static> Guest<T> {
    /// Whether the guest makes a thing, and drops it, during the call.
    pub fn makes(&self, call: &Call) -> bool {
        self.makes[call.function as usize]
    }

    /// The exports of the group's functions.
    ///
    /// # Errors
    ///
    /// When one is not a function.
    pub fn functions(&self, instance: &Instance, store: &mut Store<State<T>>) -> Result<Vec<Func>> {
        self.functions
            .iter()
            .map(|index| {
                instance
                    .get_func(&mut *store, index)
                    .context("not a function")
            })
            .collect()
    }
}

impl Host {
    /// A store with some data.
    pub fn store<T: 'static>(&self, data: T) -> Store<State<T>> {
        let state = State {
            data,
            made: 0,
            dropped: 0,
        };
        Store::new(&self.0, state)
    }

    /// Compiles a component, whose imports are all the same function.
    ///
    /// # Errors
    ///
    /// When the component does not have the functions of the group.
    pub fn load<T: 'static>(
        &self,
        group: &Group,
        component: &[u8],
        imported: Imported<T>,
    ) -> Result<Guest<T>> {
        let component = Component::new(&self.0, component)?;
        let mut linker = Linker::<State<T>>::new(&self.0);
        for world in group.0.iter() {
            let Some(path) = world.things_path() else {
                continue;
            };
            let mut things = linker.instance(&path)?;
            let ty = ResourceType::host::<things::Thing>();
            things.resource("thing", ty, |mut store, _| {
                store.data_mut().dropped += 1;
                Ok(())
            })?;
            things.func_wrap(
                "make",
                |mut store: StoreContextMut<'_, State<T>>, (): ()| {
                    let state = store.data_mut();
                    state.made += 1;
                    Ok((Resource::<things::Thing>::new_own(
                        things::MADE + state.made,
                    ),))
                },
            )?;
        }
        let mut functions = Vec::new();
        for place in group.functions() {
            let name = &place.function.name;
            let path = place.world.path(place.interface);
            match &path {
                Some(path) => linker.instance(path)?.func_new(name, imported)?,
                None => linker.root().func_new(name, imported)?,
            }
            let parent = path
                .map(|path| {
                    component
                        .get_export_index(None, &path)
                        .with_context(|| format!("{path} is not exported"))
                })
                .transpose()?;
            functions.push(
                component
                    .get_export_index(parent.as_ref(), name)
                    .with_context(|| format!("{name} is not exported"))?,
            );
        }
        Ok(Guest {
            makes: group.functions().map(|place| place.makes()).collect(),
            linked: linker.instantiate_pre(&component)?,
            functions,
        })
    }
}

fn imported(
    mut store: StoreContextMut<'_, State<Expected>>,
    _: ComponentFunc,
    args: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    let expected = store.data_mut().data.take();
    let made = things::taken(args, store.as_context_mut())
        .and_then(|args| answer(expected, &args, results))
        .and_then(|()| things::given(results, &mut store));
    let made = made.map_err(wasmtime::Error::from_anyhow)?;
    results.clone_from_slice(&made);
    Ok(())
}

fn answer(expected: Expected, args: &[Val], results: &mut [Val]) -> Result<()> {
    let Some((params, result)) = expected else {
        bail!("the import was called twice");
    };
    ensure!(
        args.len() == params.len(),
        "the import was given {} arguments",
        args.len()
    );
    for (index, (arg, param)) in args.iter().zip(&params).enumerate() {
        ensure!(
            same(arg, param),
            "argument {index} of the import is\n  {arg:?}, expected\n  {param:?}"
        );
    }
    if let (Some(given), Some(result)) = (results.first_mut(), result) {
        *given = result;
    }
    Ok(())
}
