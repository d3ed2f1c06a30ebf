//! The types of a world, each once and after those that it is made of.

use std::collections::HashMap;
use std::rc::Rc;

use compute_pipeline_prepare::component::types::{Kind, Type as Text};
use compute_pipeline_prepare::json::Json;
use wit_parser::{
    Docs, Handle, InterfaceId, Resolve, Span, Type, TypeDef, TypeDefKind, TypeId, TypeOwner,
};

use crate::error::Refusal;
use crate::layout::Layout;

/// A reference to a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ref {
    /// A primitive type, by its name.
    Primitive(&'static str),
    /// The index of a type.
    Index(usize),
}

/// A deeper type is refused, as it would be in a component, where the function is
/// one more level.
const MAX_DEPTH: usize = 99;
/// The largest value, in bytes.
const MAX_SIZE: u64 = 1 << 20;
/// The largest number of types.
const MAX_TYPES: usize = 5_000;

/// The types, in the order in which they are written.
pub struct Types<'a> {
    resolve: &'a Resolve,
    entries: Vec<Entry<'a>>,
    /// Names of interfaces that have none of their own.
    labels: HashMap<InterfaceId, &'a str>,
    by_id: HashMap<TypeId, usize>,
    /// Types by what is written of them.
    by_contents: HashMap<String, usize>,
}

struct Entry<'a> {
    definition: &'a TypeDef,
    owner: Option<String>,
    /// The types that the definition refers to, in order.
    parts: Vec<Option<Ref>>,
    layout: Layout,
    text: Rc<Text<'a>>,
    /// How deep types are nested in it.
    depth: usize,
    /// What an alias stands for in the end; the type itself if it is none.
    actual: usize,
}

impl<'a> Types<'a> {
    /// No types yet.
    pub fn new(resolve: &'a Resolve) -> Self {
        Types {
            resolve,
            entries: vec![],
            labels: HashMap::new(),
            by_id: HashMap::new(),
            by_contents: HashMap::new(),
        }
    }

    /// Names an interface that has no name of its own.
    pub fn label(&mut self, interface: InterfaceId, label: &'a str) {
        self.labels.insert(interface, label);
    }

    /// Adds a type and all that it refers to. `span` is where it is referred to.
    pub fn add(&mut self, ty: Type, span: Span) -> Result<Ref, Refusal> {
        self.reference(ty, span, 0)
    }

    /// Adds a type by its id.
    pub fn add_id(&mut self, id: TypeId) -> Result<usize, Refusal> {
        self.definition(id, Span::default(), 0)
    }

    /// What an alias stands for in the end.
    pub fn actual(&self, index: usize) -> usize {
        self.entries[index].actual
    }

    /// Whether a type is a resource, and not an alias of one.
    pub fn is_resource(&self, index: usize) -> bool {
        matches!(self.entries[index].definition.kind, TypeDefKind::Resource)
    }

    /// How values of a type are stored and passed.
    pub fn layout(&self, reference: Ref) -> Layout {
        match reference {
            Ref::Index(index) => self.entries[index].layout.clone(),
            Ref::Primitive(name) => Layout::primitive(name),
        }
    }

    /// The type as text.
    pub fn text(&self, reference: Ref) -> Rc<Text<'a>> {
        match reference {
            Ref::Index(index) => self.entries[index].text.clone(),
            Ref::Primitive(name) => Text::new(Kind::Primitive(name)),
        }
    }

    /// Writes all types as a list.
    pub fn json(&self, json: &mut Json) {
        json.list(&self.entries, |json, entry| entry.json(json));
    }

    fn reference(&mut self, ty: Type, span: Span, nesting: usize) -> Result<Ref, Refusal> {
        Ok(Ref::Primitive(match ty {
            Type::Bool => "bool",
            Type::U8 => "u8",
            Type::S8 => "s8",
            Type::U16 => "u16",
            Type::S16 => "s16",
            Type::U32 => "u32",
            Type::S32 => "s32",
            Type::U64 => "u64",
            Type::S64 => "s64",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::Char => "char",
            Type::String => "string",
            Type::ErrorContext => return Refusal::asynchronous("an error-context", span),
            Type::Id(id) => return Ok(Ref::Index(self.definition(id, span, nesting)?)),
        }))
    }

    fn definition(&mut self, id: TypeId, outer: Span, nesting: usize) -> Result<usize, Refusal> {
        if let Some(&index) = self.by_id.get(&id) {
            return Ok(index);
        }
        let resolve = self.resolve;
        let definition = &resolve.types[id];
        let span = if definition.span.is_known() {
            definition.span
        } else {
            outer
        };
        let too_deep = format!("types are nested deeper than {MAX_DEPTH} levels");
        if nesting > MAX_DEPTH {
            return Refusal::new(too_deep, span);
        }
        let parts = parts(&definition.kind, span)?
            .into_iter()
            .map(|part| {
                part.map(|ty| self.reference(ty, span, nesting + 1))
                    .transpose()
            })
            .collect::<Result<Vec<_>, _>>()?;
        let entry = self.entry(definition, parts);
        if entry.depth > MAX_DEPTH {
            return Refusal::new(too_deep, span);
        }
        if entry.layout.size > MAX_SIZE {
            return Refusal::new(
                format!("a value of this type has more than {MAX_SIZE} bytes"),
                span,
            );
        }
        let mut contents = Json::default();
        entry.json(&mut contents);
        let mut contents = contents.finish();
        if matches!(definition.kind, TypeDefKind::Resource) {
            contents += &id.index().to_string(); // each is a type of its own
        }
        let index = *self
            .by_contents
            .entry(contents)
            .or_insert(self.entries.len());
        self.by_id.insert(id, index);
        if index == self.entries.len() {
            if index == MAX_TYPES {
                return Refusal::new(format!("there are more than {MAX_TYPES} types"), span);
            }
            self.entries.push(entry);
        }
        Ok(index)
    }

    fn entry(&self, definition: &'a TypeDef, parts: Vec<Option<Ref>>) -> Entry<'a> {
        let deeper = |part: &Option<Ref>| match part {
            Some(Ref::Index(index)) => self.entries[*index].depth + 1,
            _ => 1,
        };
        Entry {
            definition,
            owner: match definition.owner {
                TypeOwner::None => None,
                TypeOwner::World(_) => Some(String::new()),
                TypeOwner::Interface(id) => Some(match self.labels.get(&id) {
                    Some(&label) => label.to_owned(),
                    None => self.resolve.id_of(id).unwrap_or_default(),
                }),
            },
            layout: self.layout_of(&definition.kind, &parts),
            text: self.text_of(&definition.kind, &parts),
            depth: parts.iter().map(deeper).max().unwrap_or(0),
            actual: match (&definition.kind, parts.first()) {
                (TypeDefKind::Type(_), Some(Some(Ref::Index(index)))) => self.actual(*index),
                _ => self.entries.len(),
            },
            parts,
        }
    }

    fn layout_of(&self, kind: &TypeDefKind, parts: &[Option<Ref>]) -> Layout {
        let layouts: Vec<_> = parts
            .iter()
            .map(|part| part.map(|part| self.layout(part)))
            .collect();
        let cases = layouts.iter().map(Option::as_ref);
        match kind {
            TypeDefKind::Record(_) | TypeDefKind::Tuple(_) => Layout::record(cases.flatten()),
            TypeDefKind::Variant(_) | TypeDefKind::Result(_) => Layout::variant(cases),
            TypeDefKind::Option(_) => Layout::variant([None, layouts[0].as_ref()].into_iter()),
            TypeDefKind::Enum(e) => Layout::variant(e.cases.iter().map(|_| None)),
            TypeDefKind::Flags(flags) => Layout::flags(flags.flags.len()),
            TypeDefKind::List(_) | TypeDefKind::Map(..) => Layout::pointer_and_length(),
            TypeDefKind::FixedLengthList(_, length) => {
                Layout::fixed_list(&Layout::record(cases.flatten()), *length)
            }
            TypeDefKind::Type(_) => Layout::record(cases.flatten()),
            _ => Layout::primitive("u32"), // a handle
        }
    }

    fn text_of(&self, kind: &'a TypeDefKind, parts: &[Option<Ref>]) -> Rc<Text<'a>> {
        let mut texts: Vec<_> = parts
            .iter()
            .map(|part| part.map(|part| self.text(part)))
            .collect();
        let all = |texts: Vec<_>| texts.into_iter().flatten().collect::<Vec<Rc<Text<'a>>>>();
        Text::new(match kind {
            TypeDefKind::Record(record) => {
                let names = record.fields.iter().map(|field| field.name.as_str());
                Kind::Record(names.zip(all(texts)).collect())
            }
            TypeDefKind::Variant(variant) => {
                let names = variant.cases.iter().map(|case| case.name.as_str());
                Kind::Variant(names.zip(texts).collect())
            }
            TypeDefKind::Enum(e) => Kind::Names(
                "enum",
                e.cases.iter().map(|case| case.name.as_str()).collect(),
            ),
            TypeDefKind::Flags(flags) => Kind::Names(
                "flags",
                flags.flags.iter().map(|flag| flag.name.as_str()).collect(),
            ),
            TypeDefKind::Result(_) => Kind::Result(texts[0].take(), texts[1].take()),
            TypeDefKind::FixedLengthList(_, length) => Kind::Array(all(texts).remove(0), *length),
            TypeDefKind::Type(_) => return all(texts).remove(0),
            TypeDefKind::Handle(_) => Kind::Of(name(kind), vec![Text::other("resource")]),
            TypeDefKind::Resource => Kind::Other("resource"),
            _ => Kind::Of(name(kind), all(texts)),
        })
    }
}

/// The types that a definition refers to.
fn parts(kind: &TypeDefKind, span: Span) -> Result<Vec<Option<Type>>, Refusal> {
    Ok(match kind {
        TypeDefKind::Record(record) => record.fields.iter().map(|field| Some(field.ty)).collect(),
        TypeDefKind::Tuple(tuple) => tuple.types.iter().copied().map(Some).collect(),
        TypeDefKind::Variant(variant) => variant.cases.iter().map(|case| case.ty).collect(),
        TypeDefKind::Result(result) => vec![result.ok, result.err],
        TypeDefKind::Map(key, value) => vec![Some(*key), Some(*value)],
        TypeDefKind::FixedLengthList(_, 0) => {
            return Refusal::new("a list of a fixed length has no elements", span);
        }
        TypeDefKind::List(ty)
        | TypeDefKind::FixedLengthList(ty, _)
        | TypeDefKind::Option(ty)
        | TypeDefKind::Type(ty) => vec![Some(*ty)],
        TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => vec![Some(Type::Id(*id))],
        TypeDefKind::Resource | TypeDefKind::Flags(_) | TypeDefKind::Enum(_) => vec![],
        TypeDefKind::Future(_) => return Refusal::asynchronous("a future", span),
        TypeDefKind::Stream(_) => return Refusal::asynchronous("a stream", span),
        TypeDefKind::Unknown => return Refusal::new("the type is not known".to_owned(), span),
    })
}

impl Entry<'_> {
    fn json(&self, json: &mut Json) {
        json.object(|json| {
            json.key("kind").string(name(&self.definition.kind));
            optional(json.key("name"), self.definition.name.as_deref());
            optional(json.key("owner"), self.owner.as_deref());
            docs(json, &self.definition.docs);
            json.key("size").number(self.layout.size);
            json.key("align").number(self.layout.align);
            optional(json.key("flat"), self.layout.flat.as_deref());
            self.members(json);
        });
    }

    /// Writes the members that depend on the kind.
    fn members(&self, json: &mut Json) {
        let part =
            |json: &mut Json, name, index: usize| reference(json.key(name), self.parts[index]);
        match &self.definition.kind {
            TypeDefKind::Record(record) => {
                json.key("fields")
                    .list(record.fields.iter().enumerate(), |json, (i, field)| {
                        json.object(|json| {
                            json.key("name").string(&field.name);
                            part(json, "type", i);
                            docs(json, &field.docs);
                        });
                    });
            }
            TypeDefKind::Variant(variant) => {
                json.key("cases")
                    .list(variant.cases.iter().enumerate(), |json, (i, case)| {
                        json.object(|json| {
                            json.key("name").string(&case.name);
                            part(json, "type", i);
                            docs(json, &case.docs);
                        });
                    });
            }
            TypeDefKind::Enum(e) => {
                json.key("cases").list(&e.cases, |json, case| {
                    name_and_docs(json, &case.name, &case.docs)
                });
            }
            TypeDefKind::Flags(flags) => {
                json.key("flags").list(&flags.flags, |json, flag| {
                    name_and_docs(json, &flag.name, &flag.docs)
                });
            }
            TypeDefKind::Tuple(_) => {
                json.key("types")
                    .list(&self.parts, |json, part| reference(json, *part));
            }
            TypeDefKind::Result(_) => {
                part(json, "ok", 0);
                part(json, "err", 1);
            }
            TypeDefKind::Map(..) => {
                part(json, "key", 0);
                part(json, "value", 1);
            }
            TypeDefKind::FixedLengthList(_, length) => {
                part(json, "type", 0);
                json.key("length").number(u64::from(*length));
            }
            TypeDefKind::Handle(_) => part(json, "resource", 0),
            TypeDefKind::Resource => {}
            _ => part(json, "type", 0),
        }
    }
}

/// The name of a kind, which is also its name in the text of a type.
fn name(kind: &TypeDefKind) -> &'static str {
    match kind {
        TypeDefKind::FixedLengthList(..) => "fixed-list",
        TypeDefKind::Type(_) => "alias",
        kind => kind.as_str(),
    }
}

/// Writes a reference, or null.
pub fn reference(json: &mut Json, reference: Option<Ref>) {
    match reference {
        None => json.null(),
        Some(Ref::Primitive(name)) => json.string(name),
        Some(Ref::Index(index)) => json.number(index as u64),
    }
}

/// Writes a string, or null.
fn optional(json: &mut Json, text: Option<&str>) {
    match text {
        None => json.null(),
        Some(text) => json.string(text),
    }
}

/// Writes the member for documentation.
pub fn docs(json: &mut Json, docs: &Docs) {
    json.key("docs")
        .string(docs.contents.as_deref().unwrap_or_default());
}

fn name_and_docs(json: &mut Json, name: &str, text: &Docs) {
    json.object(|json| {
        json.key("name").string(name);
        docs(json, text);
    });
}
