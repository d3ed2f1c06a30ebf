//! Things: resources of the host that functions give and take. Before a host has them,
//! they are only numbers.

use anyhow::Result;
use wasmtime::component::{Resource, ResourceAny, Val};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::call::Call;

/// A resource of this host.
pub struct Thing;

/// The number of the first thing that `make` makes.
pub const MADE: u32 = 1 << 30;

/// The numbers of things, each of which is there once.
pub struct Numbers(pub u32);

impl Numbers {
    /// Another thing, owned or borrowed. Enums have no such names.
    pub fn another(&mut self, own: bool) -> Val {
        self.0 += 1;
        named(own, self.0)
    }
}

fn named(own: bool, number: u32) -> Val {
    Val::Enum(format!("{}{number}", if own { '#' } else { '&' }))
}

/// The number of a thing.
pub fn number(value: &Val) -> Option<u32> {
    owned(value).map(|(_, number)| number)
}

/// Whether a thing is owned, and its number.
fn owned(value: &Val) -> Option<(bool, u32)> {
    let Val::Enum(name) = value else { return None };
    let (own, number) = match name.strip_prefix('#') {
        Some(number) => (true, number),
        None => (false, name.strip_prefix('&')?),
    };
    number.parse().ok().map(|number| (own, number))
}

/// The values with the host's things in place of numbers.
pub fn given(values: &[Val], store: &mut impl AsContextMut) -> Result<Vec<Val>> {
    values
        .iter()
        .map(|value| {
            each(value, &mut |value| match owned(value) {
                // What is lent stays with the store.
                Some((_, number)) => {
                    let thing = Resource::<Thing>::new_own(number);
                    let thing = ResourceAny::try_from_resource(thing, &mut *store)?;
                    Ok(Some(Val::Resource(thing)))
                }
                None => Ok(None),
            })
        })
        .collect()
}

/// The values with numbers in place of the host's things.
pub fn taken(values: &[Val], mut store: StoreContextMut<'_, impl Send>) -> Result<Vec<Val>> {
    values
        .iter()
        .map(|value| {
            each(value, &mut |value| match value {
                Val::Resource(thing) => {
                    let own = thing.owned();
                    let thing: Resource<Thing> = thing.try_into_resource(&mut store)?;
                    Ok(Some(named(own, thing.rep())))
                }
                _ => Ok(None),
            })
        })
        .collect()
}

/// The value with others in place of those for which there are some.
fn each(value: &Val, other: &mut impl FnMut(&Val) -> Result<Option<Val>>) -> Result<Val> {
    if let Some(value) = other(value)? {
        return Ok(value);
    }
    let mut all = |values: &[Val]| -> Result<Vec<Val>> {
        values
            .iter()
            .map(|value| each(value, &mut *other))
            .collect()
    };
    Ok(match value {
        Val::List(values) => Val::List(all(values)?),
        Val::FixedLengthList(values) => Val::FixedLengthList(all(values)?),
        Val::Tuple(values) => Val::Tuple(all(values)?),
        Val::Record(fields) => Val::Record(
            fields
                .iter()
                .map(|(name, value)| Ok((name.clone(), each(value, &mut *other)?)))
                .collect::<Result<_>>()?,
        ),
        Val::Variant(name, Some(value)) => {
            Val::Variant(name.clone(), Some(Box::new(each(value, other)?)))
        }
        Val::Option(Some(value)) => Val::Option(Some(Box::new(each(value, other)?))),
        Val::Result(Ok(Some(value))) => Val::Result(Ok(Some(Box::new(each(value, other)?)))),
        Val::Result(Err(Some(value))) => Val::Result(Err(Some(Box::new(each(value, other)?)))),
        value => value.clone(),
    })
}

/// The handles of an instance, as definitions.py numbers them.
#[derive(Default)]
struct Table {
    next: u32,
    free: Vec<u32>,
}

impl Table {
    fn add(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.next += 1;
            self.next
        })
    }
}

/// The handles that the guest is lent for each of the calls, which it must drop. `makes`
/// says whether the guest makes a thing during a call.
pub fn lent(calls: &[Call], makes: impl Fn(&Call) -> bool) -> Vec<Vec<u32>> {
    let mut table = Table::default();
    calls
        .iter()
        .map(|call| {
            let mut given = Vec::new();
            for value in &call.args {
                // The closure never fails.
                let _ = each(value, &mut |value| {
                    given.extend(owned(value).map(|(own, _)| (own, table.add())));
                    Ok(None)
                });
            }
            let made = makes(call).then(|| table.add());
            // The import takes what is owned, and returns things.
            table.free.extend(
                given
                    .iter()
                    .filter(|(own, _)| *own)
                    .map(|(_, handle)| handle),
            );
            let mut returned = Vec::new();
            if let Some(value) = &call.result {
                let _ = each(value, &mut |value| {
                    returned.extend(owned(value).map(|_| table.add()));
                    Ok(None)
                });
            }
            let lent: Vec<u32> = given
                .iter()
                .filter(|(own, _)| !own)
                .map(|(_, h)| *h)
                .collect();
            table.free.extend(&lent);
            table.free.extend(made);
            table.free.extend(returned);
            lent
        })
        .collect()
}
