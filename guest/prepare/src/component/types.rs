//! The types of a component's functions (component model, Binary.md, "Type
//! Definitions").

mod read;
mod text;

use std::rc::Rc;

use super::{CoreImport, Names, Sort};

pub(crate) use read::{read, result, value};
pub(crate) use text::cut;

/// A type, with all that it refers to.
#[derive(Debug)]
pub struct Type<'a> {
    /// What it is.
    pub kind: Kind<'a>,
    /// How deep types are nested in it.
    depth: u32,
}

/// What a type is.
#[derive(Debug)]
pub enum Kind<'a> {
    /// A primitive type, by its name in WIT.
    Primitive(&'static str),
    /// A record: its fields.
    Record(Vec<(&'a str, Rc<Type<'a>>)>),
    /// A variant: its cases.
    Variant(Vec<(&'a str, Option<Rc<Type<'a>>>)>),
    /// A type with parameters, such as a list, by its name in WIT.
    Of(&'static str, Vec<Rc<Type<'a>>>),
    /// A list of a fixed length.
    Array(Rc<Type<'a>>, u32),
    /// Flags or an enum, by its name in WIT.
    Names(&'static str, Vec<&'a str>),
    /// The ok and err of a result.
    Result(Option<Rc<Type<'a>>>, Option<Rc<Type<'a>>>),
    /// A function.
    Function {
        /// Whether it is async.
        is_async: bool,
        /// Its parameters.
        parameters: Vec<(&'a str, Rc<Type<'a>>)>,
        /// Its result.
        result: Option<Rc<Type<'a>>>,
    },
    /// The type of an instance.
    Instance(Exports<'a>),
    /// A type of resources.
    Resource {
        /// Its name if the component imports it.
        import: Option<&'a str>,
        /// The index of the core function that frees one.
        dtor: Option<u32>,
        /// The imported instance that it is of, and its name there.
        of: Option<CoreImport<'a>>,
    },
    /// The type of a component, …, by its name.
    Other(&'static str),
}

/// The functions, types and other things that an instance exports. The type of what is
/// neither a function nor a type is not kept.
#[derive(Debug, Default)]
pub struct Exports<'a> {
    pub(super) names: Names<'a>,
    pub(super) items: Vec<(Sort, Rc<Type<'a>>)>,
    /// Whether there is something that is not a type. Many imports may have one huge type, so
    /// it is not looked for in each.
    pub(super) has_values: bool,
}

/// A deeper type is refused: reading and dropping one takes stack.
pub(crate) const MAX_DEPTH: u32 = 100;

impl<'a> Type<'a> {
    /// A type that stands for itself.
    pub fn new(kind: Kind<'a>) -> Rc<Self> {
        Rc::new(Type { kind, depth: 0 })
    }

    /// What no function of the contract has, by its name.
    pub fn other(name: &'static str) -> Rc<Self> {
        Type::new(Kind::Other(name))
    }

    pub(super) fn resource(import: Option<&'a str>, dtor: Option<u32>) -> Rc<Self> {
        Rc::new(Type {
            kind: Kind::Resource {
                import,
                dtor,
                of: None,
            },
            depth: 0,
        })
    }

    pub(super) fn imported_resource(of: CoreImport<'a>) -> Rc<Self> {
        Type::new(Kind::Resource {
            import: None,
            dtor: None,
            of: Some(of),
        })
    }
}

/// Whether two types are one type of resources.
pub(crate) fn is_same(one: &Rc<Type<'_>>, other: &Rc<Type<'_>>) -> bool {
    match (&one.kind, &other.kind) {
        (
            Kind::Resource { of: Some(one), .. },
            Kind::Resource {
                of: Some(other), ..
            },
        ) => one == other,
        _ => Rc::ptr_eq(one, other),
    }
}
