//! What a random world consists of.

use std::rc::Rc;

/// A value type of the component model.
#[derive(Clone, Debug)]
pub enum Type {
    /// A type without parts.
    Scalar(Scalar),
    /// `list<T>`.
    List(Box<Type>),
    /// `list<T, N>`.
    FixedList(Box<Type>, u32),
    /// `map<K, V>`.
    Map(Scalar, Box<Type>),
    /// `option<T>`.
    Option(Box<Type>),
    /// `result<T, E>`, with or without T, with or without E.
    Result(Option<Box<Type>>, Option<Box<Type>>),
    /// `tuple<T, ..>`.
    Tuple(Vec<Type>),
    /// A thing of the world: owned, or else borrowed.
    Thing(bool),
    /// A type with a declaration, under the name that it has where it is used.
    Named(String, Rc<Body>),
}

impl Type {
    /// Whether values of the type hold things.
    pub fn has_things(&self) -> bool {
        let maybe = |ty: &Option<Box<Self>>| ty.as_ref().is_some_and(|ty| ty.has_things());
        match self {
            Self::Thing(_) => true,
            Self::Scalar(_) => false,
            Self::List(ty) | Self::FixedList(ty, _) | Self::Map(_, ty) | Self::Option(ty) => {
                ty.has_things()
            }
            Self::Result(ok, err) => maybe(ok) || maybe(err),
            Self::Tuple(types) => types.iter().any(Self::has_things),
            Self::Named(_, body) => match &**body {
                Body::Record(fields) => fields.iter().any(|(_, ty)| ty.has_things()),
                Body::Variant(cases) => cases
                    .iter()
                    .any(|(_, ty)| ty.as_ref().is_some_and(Self::has_things)),
                Body::Enum(_) | Body::Flags(_) => false,
                Body::Alias(ty) => ty.has_things(),
            },
        }
    }

    /// The type behind names that only stand for another one.
    pub fn behind_names(&self) -> &Self {
        match self {
            Self::Named(_, body) => match &**body {
                Body::Alias(ty) => ty.behind_names(),
                _ => self,
            },
            _ => self,
        }
    }
}

/// A type without parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
    String,
}

/// What a declaration says.
#[derive(Clone, Debug)]
pub enum Body {
    /// Fields with names.
    Record(Vec<(String, Type)>),
    /// Cases, with or without a value.
    Variant(Vec<(String, Option<Type>)>),
    /// Cases without values.
    Enum(Vec<String>),
    /// Names of bits.
    Flags(Vec<String>),
    /// Another name for a type.
    Alias(Type),
}

/// A function of an interface or of the world itself.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name, unlike that of every other function of the world.
    pub name: String,
    /// Names and types of the parameters. The last one has the type of the
    /// result's error, if there is one.
    pub params: Vec<(String, Type)>,
    /// The type of the result, if it has one.
    pub result: Option<Type>,
}

/// An interface that the world imports and exports.
#[derive(Clone, Debug)]
pub struct Interface {
    /// Its name. The functions of the world itself stand in an interface without one.
    pub name: String,
    /// Types of other interfaces: the interface, the type, the name here.
    pub uses: Vec<(String, String, String)>,
    /// Declarations, in the order of their dependencies.
    pub types: Vec<(String, Rc<Body>)>,
    /// Functions.
    pub functions: Vec<Function>,
}

/// A world that imports and exports the same interfaces.
#[derive(Clone, Debug)]
pub struct World {
    /// The package, without its version.
    pub package: String,
    /// The package's version, or an empty text.
    pub version: String,
    /// Whether the world imports an interface with the resource `thing`, which the functions
    /// of its interfaces give and take.
    pub things: bool,
    /// The interfaces, and at the end what belongs to the world itself.
    pub interfaces: Vec<Interface>,
}

impl World {
    /// The interface's name as components have it; nothing for the world itself.
    pub fn path(&self, interface: &Interface) -> Option<String> {
        if interface.name.is_empty() {
            return None;
        }
        Some(format!(
            "{}/{}{}",
            self.package,
            interface.name,
            self.at_version()
        ))
    }

    /// The name of the interface of `thing`, if the world has it.
    pub fn things_path(&self) -> Option<String> {
        self.things
            .then(|| format!("{}/things{}", self.package, self.at_version()))
    }

    /// `@` and the version, if there is one.
    pub fn at_version(&self) -> String {
        match self.version.as_str() {
            "" => String::new(),
            version => format!("@{version}"),
        }
    }
}

/// Worlds that one world includes, so that one guest and one package of bindings are
/// enough for them.
#[derive(Clone, Debug)]
pub struct Group(pub Vec<World>);

/// A function and where it belongs.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// Its world.
    pub world: &'a World,
    /// Its interface.
    pub interface: &'a Interface,
    /// The function.
    pub function: &'a Function,
}

impl Place<'_> {
    /// Whether a guest makes a thing during a call.
    pub fn makes(&self) -> bool {
        self.world.things && !self.interface.name.is_empty()
    }
}

impl Group {
    /// All functions, in the order in which they are numbered.
    pub fn functions(&self) -> impl Iterator<Item = Place<'_>> {
        self.0.iter().flat_map(|world| {
            world.interfaces.iter().flat_map(move |interface| {
                interface.functions.iter().map(move |function| Place {
                    world,
                    interface,
                    function,
                })
            })
        })
    }
}
