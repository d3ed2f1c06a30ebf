//! Chooses worlds at random.

use std::rc::Rc;

use compute_pipeline_random::Random;

use crate::names::Names;
use crate::text::WORLD;
use crate::world::{Body, Function, Group, Interface, Scalar, Type, World};

const SCALARS: [Scalar; 13] = [
    Scalar::Bool,
    Scalar::S8,
    Scalar::U8,
    Scalar::S16,
    Scalar::U16,
    Scalar::S32,
    Scalar::U32,
    Scalar::S64,
    Scalar::U64,
    Scalar::F32,
    Scalar::F64,
    Scalar::Char,
    Scalar::String,
];

/// What a record that is copied in one piece may hold.
const NUMBERS: [Scalar; 10] = [
    Scalar::S8,
    Scalar::U8,
    Scalar::S16,
    Scalar::U16,
    Scalar::S32,
    Scalar::U32,
    Scalar::S64,
    Scalar::U64,
    Scalar::F32,
    Scalar::F64,
];

const VERSIONS: [&str; 5] = ["", "0.0.3", "0.2.0", "1.0.0", "2.11.5"];

/// How many worlds a group has.
const WORLDS: u32 = 10;

/// The group `number` of a seed.
pub fn group(seed: u64, number: u32) -> Group {
    let first = number * WORLDS;
    Group(
        (first..first + WORLDS)
            .map(|number| world(seed, number))
            .collect(),
    )
}

/// The world `number` of a seed.
fn world(seed: u64, number: u32) -> World {
    let random = &mut Random::of_module(seed, number);
    let mut world = World {
        package: format!("random:w{number}"),
        version: random.pick(&VERSIONS).to_owned(),
        things: number % 3 == 2,
        interfaces: Vec::new(),
    };
    let mut names = Names::without(&[WORLD]);
    for _ in 0..1 + random.below(4) / 3 {
        let name = names.another(random);
        let interface = interface(random, &world, name, &mut names);
        world.interfaces.push(interface);
    }
    if random.chance(20) {
        let interface = interface(random, &world, String::new(), &mut names);
        world.interfaces.push(interface);
    }
    world
}

fn interface(random: &mut Random, world: &World, name: String, names: &mut Names) -> Interface {
    let mut chooser = Chooser {
        random,
        known: Vec::new(),
        own: world.things && !name.is_empty(),
        borrow: false,
    };
    let mut scope = Names::without(&[&name]);
    // All worlds of a group share the scope of what belongs to a world itself.
    let suffix = match name.as_str() {
        "" => world.package.replace("random:", "-"),
        _ => String::new(),
    };
    let mut made = Interface {
        name,
        uses: Vec::new(),
        types: Vec::new(),
        functions: Vec::new(),
    };
    for other in world.interfaces.iter().filter(|i| !i.types.is_empty()) {
        // The world itself uses no things, also not of interfaces.
        let hidden = made.name.is_empty() && world.things;
        if !hidden && chooser.random.chance(60) {
            let (name, body) = chooser.random.pick(&other.types);
            let local = scope.another(chooser.random) + &suffix;
            made.uses.push((other.name.clone(), name, local.clone()));
            chooser.known.push(Type::Named(local, body));
        }
    }
    for _ in 0..chooser.random.between(1, 3) {
        let name = chooser.free_name(names, &mut scope) + &suffix;
        let body = Rc::new(chooser.body());
        chooser.known.push(Type::Named(name.clone(), body.clone()));
        made.types.push((name, body));
    }
    for _ in 0..chooser.random.between(1, 2) {
        let name = chooser.free_name(names, &mut scope) + &suffix;
        made.functions.push(chooser.function(name));
    }
    made
}

struct Chooser<'a> {
    random: &'a mut Random,
    /// Types with names that the next one may use.
    known: Vec<Type>,
    /// Whether there may be owned things.
    own: bool,
    /// Whether there may be borrowed ones besides.
    borrow: bool,
}

impl Chooser<'_> {
    /// A name that is free in the interface and in the world.
    fn free_name(&mut self, names: &mut Names, scope: &mut Names) -> String {
        loop {
            let name = names.another(self.random);
            if scope.take(&name) {
                return name;
            }
        }
    }

    fn function(&mut self, name: String) -> Function {
        let mut names = Names::default();
        let count = match self.random.below(30) {
            0 => 17, // more than fit into flat parameters
            _ => self.random.between(0, 3),
        };
        self.borrow = self.own;
        let mut params: Vec<(String, Type)> = (0..count)
            .map(|_| (names.another(self.random), self.part(2)))
            .collect();
        self.borrow = false;
        let result = match self.random.below(10) {
            0 => None,
            1..=3 => Some(self.result(2)),
            _ => Some(self.part(3)),
        };
        if let Some(Type::Result(_, Some(err))) = result.as_ref().map(Type::behind_names) {
            params.push((names.another(self.random), (**err).clone()));
        }
        Function {
            name,
            params,
            result,
        }
    }

    /// What a declaration may say.
    fn body(&mut self) -> Body {
        match self.random.below(20) {
            0..=7 => Body::Record(self.fields()),
            8..=12 => Body::Variant(self.cases()),
            13..=15 => {
                let count = match self.random.below(40) {
                    0 => 256,
                    1 => 257, // needs two bytes
                    _ => self.random.between(1, 6),
                };
                Body::Enum(self.labels(count))
            }
            16..=18 => {
                let count = self.count(&[1, 2, 7, 8, 9, 16, 17, 32]);
                Body::Flags(self.labels(count))
            }
            _ => Body::Alias(self.compound(3)),
        }
    }

    fn count(&mut self, counts: &[usize]) -> usize {
        self.random.pick(counts)
    }

    fn labels(&mut self, count: usize) -> Vec<String> {
        let mut names = Names::default();
        (0..count).map(|_| names.another(self.random)).collect()
    }

    fn fields(&mut self) -> Vec<(String, Type)> {
        let count = match self.random.below(25) {
            0 => 17,
            _ => self.random.between(1, 5),
        };
        let numbers = self.random.chance(35);
        self.labels(count)
            .into_iter()
            .map(|name| {
                let ty = match numbers {
                    true => Type::Scalar(self.random.pick(&NUMBERS)),
                    false => self.part(2),
                };
                (name, ty)
            })
            .collect()
    }

    fn cases(&mut self) -> Vec<(String, Option<Type>)> {
        let count = match self.random.below(200) {
            0 => 257, // needs two bytes
            _ => self.random.between(1, 5),
        };
        self.labels(count)
            .into_iter()
            .map(|name| {
                let ty = match count {
                    257 => self.random.chance(2),
                    _ => self.random.chance(70),
                };
                (name, ty.then(|| self.part(2)))
            })
            .collect()
    }

    /// A type with at most `depth` more levels of parts; names hide more.
    fn part(&mut self, depth: usize) -> Type {
        if depth > 0 && self.random.chance(45) {
            return self.compound(depth);
        }
        if !self.known.is_empty() && self.random.chance(45) {
            return self.random.pick(&self.known);
        }
        if self.own && self.random.chance(40) {
            return Type::Thing(!self.borrow || self.random.chance(50));
        }
        Type::Scalar(self.random.pick(&SCALARS))
    }

    /// A type without things: hosts may lower the pairs of a map in any order, and then
    /// number its things in another one.
    fn without_things(&mut self, depth: usize) -> Type {
        loop {
            let ty = self.part(depth);
            if !ty.has_things() {
                return ty;
            }
        }
    }

    fn compound(&mut self, depth: usize) -> Type {
        match self.random.below(20) {
            0..=7 => Type::List(Box::new(self.part(depth - 1))),
            8 => {
                let length = self.count(&[1, 2, 3, 4, 4, 17]);
                let length = u32::try_from(length).unwrap_or(1);
                Type::FixedList(Box::new(self.part(depth - 1)), length)
            }
            9..=10 => {
                let keys: Vec<Scalar> = SCALARS
                    .into_iter()
                    .filter(|scalar| !matches!(scalar, Scalar::F32 | Scalar::F64))
                    .collect();
                Type::Map(
                    self.random.pick(&keys),
                    Box::new(self.without_things(depth - 1)),
                )
            }
            11..=14 => Type::Option(Box::new(self.part(depth - 1))),
            15..=16 => self.result(depth),
            _ => {
                let count = match self.random.below(50) {
                    0 => 17, // more than Go's library of tuples may have
                    _ => self.random.between(1, 4),
                };
                Type::Tuple((0..count).map(|_| self.part(depth - 1)).collect())
            }
        }
    }

    fn result(&mut self, depth: usize) -> Type {
        let mut part = |percent| {
            self.random
                .chance(percent)
                .then(|| Box::new(self.part(depth - 1)))
        };
        Type::Result(part(75), part(75))
    }
}
