//! The interfaces and functions of a world.

#[cfg(test)]
mod tests;

use std::rc::Rc;

use compute_pipeline_prepare::component::types::{Kind, Type as Text};
use compute_pipeline_prepare::json::Json;
use wit_parser::{
    Function, FunctionKind, IndexMap, InterfaceId, Resolve, Span, TypeId, World, WorldId,
    WorldItem, WorldKey,
};

use crate::Error;
use crate::error::Refusal;
use crate::layout::{Flat, append};
use crate::request::Request;
use crate::types::{Ref, Types, docs, reference};

/// The largest number of functions.
const MAX_FUNCTIONS: usize = 5_000;
/// How many bytes the types of all functions have at most as text, where each name is
/// replaced by what it stands for. A host reads contracts of twice as much.
const MAX_TEXT: usize = 4 << 20;

/// Which way an interface goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Import,
    Export,
}

/// Describes a world as JSON.
pub fn describe(mut resolve: Resolve, world: WorldId, request: &Request) -> Result<String, Error> {
    // An interface that is imported and exported becomes two.
    resolve.generate_nominal_type_ids(world);
    let mut writer = Writer {
        resolve: &resolve,
        types: Types::new(&resolve),
        functions: 0,
        text: 0,
    };
    writer.world(&resolve.worlds[world]).map_err(|refusal| {
        Error::at(
            &resolve.source_map,
            refusal.span,
            request.path(),
            refusal.reason,
        )
    })
}

struct Writer<'a> {
    resolve: &'a Resolve,
    types: Types<'a>,
    functions: usize,
    /// How many bytes the types of the functions have as text.
    text: usize,
}

impl<'a> Writer<'a> {
    fn world(&mut self, world: &'a World) -> Result<String, Refusal> {
        let imports = self.interfaces(&world.imports, Direction::Import)?;
        let exports = self.interfaces(&world.exports, Direction::Export)?;
        let package = world.package.map(|id| &self.resolve.packages[id].name);
        let mut json = Json::default();
        json.object(|json| {
            let name = package.map(|name| format!("{}:{}", name.namespace, name.name));
            json.key("package").string(&name.unwrap_or_default());
            let version = package.and_then(|name| name.version.as_ref());
            json.key("version")
                .string(&version.map(ToString::to_string).unwrap_or_default());
            json.key("world").string(&world.name);
            docs(json, &world.docs);
            self.types.json(json.key("types"));
            json.key("imports")
                .list(&imports, |json, interface| interface.json(json));
            json.key("exports")
                .list(&exports, |json, interface| interface.json(json));
        });
        Ok(json.finish())
    }

    fn interfaces(
        &mut self,
        items: &'a IndexMap<WorldKey, WorldItem>,
        direction: Direction,
    ) -> Result<Vec<Interface<'a>>, Refusal> {
        let mut own = Interface::default();
        let mut interfaces = vec![];
        for (key, item) in items {
            match item {
                WorldItem::Type { id, .. } => {
                    let within = |refusal| within(refusal, "the world");
                    self.ty(*id, &mut own).map_err(within)?;
                }
                WorldItem::Function(function) => {
                    own.functions
                        .push(self.function(function, direction, "the world")?);
                }
                WorldItem::Interface { id, docs, span, .. } => {
                    let mut interface = self.interface(key, *id, *span, direction)?;
                    if interface.docs.is_empty() {
                        interface.docs = docs.contents.as_deref().unwrap_or_default();
                    }
                    interfaces.push(interface);
                }
            }
        }
        if !own.types.is_empty() || !own.functions.is_empty() {
            interfaces.insert(0, own);
        }
        Ok(interfaces)
    }

    fn interface(
        &mut self,
        key: &'a WorldKey,
        id: InterfaceId,
        span: Span,
        direction: Direction,
    ) -> Result<Interface<'a>, Refusal> {
        let resolve = self.resolve;
        let definition = &resolve.interfaces[id];
        let mut interface = Interface {
            docs: definition.docs.contents.as_deref().unwrap_or_default(),
            ..Interface::default()
        };
        match (key, &definition.name) {
            (WorldKey::Name(label), None) => {
                self.types.label(id, label);
                interface.name = label.clone();
            }
            (WorldKey::Name(label), Some(name)) => {
                let reason =
                    format!("the interface {name} under another name, {label}, is not supported");
                let span = if span.is_known() {
                    span
                } else {
                    definition.span
                };
                return Refusal::new(reason, span);
            }
            (WorldKey::Interface(_), _) => {
                let id = resolve.id_of(id).unwrap_or_default();
                let (name, version) = id.split_once('@').unwrap_or((&id, ""));
                interface.name = name.to_owned();
                interface.version = version.to_owned();
            }
        }
        for &id in definition.types.values() {
            let found = self.ty(id, &mut interface);
            found.map_err(|refusal| within(refusal, &format!("interface {}", interface.name)))?;
        }
        for function in definition.functions.values() {
            let function = self.function(function, direction, &interface.name)?;
            interface.functions.push(function);
        }
        Ok(interface)
    }

    fn ty(&mut self, id: TypeId, interface: &mut Interface) -> Result<(), Refusal> {
        let index = self.types.add_id(id)?;
        interface.types.push(index);
        if self.types.is_resource(index) {
            interface.resources.push(index);
        }
        Ok(())
    }

    /// Reads a function of an interface that is called `place` in a refusal.
    fn function(
        &mut self,
        function: &'a Function,
        direction: Direction,
        place: &str,
    ) -> Result<Signature<'a>, Refusal> {
        let place = format!("function {} of {place}", function.name);
        self.signature(function, direction)
            .map_err(|refusal| within(refusal, &place))
    }

    fn signature(
        &mut self,
        function: &'a Function,
        direction: Direction,
    ) -> Result<Signature<'a>, Refusal> {
        let span = function.span;
        if function.kind.is_async() {
            return Refusal::asynchronous("an async function", span);
        }
        self.functions += 1;
        if self.functions > MAX_FUNCTIONS {
            return Refusal::new(
                format!("there are more than {MAX_FUNCTIONS} functions"),
                span,
            );
        }
        let kind = match function.kind {
            FunctionKind::Freestanding => "function",
            FunctionKind::Method(_) => "method",
            FunctionKind::Static(_) => "static",
            FunctionKind::Constructor(_) => "constructor",
            _ => return Refusal::new("getters and setters are not supported", span),
        };
        let resource = match function.kind.resource() {
            Some(id) => {
                let index = self.types.add_id(id)?;
                Some(self.types.actual(index))
            }
            None => None,
        };
        let mut params = vec![];
        for param in &function.params {
            let span = if param.span.is_known() {
                param.span
            } else {
                span
            };
            params.push((param.name.as_str(), self.types.add(param.ty, span)?));
        }
        let result = match function.result {
            Some(ty) => Some(self.types.add(ty, span)?),
            None => None,
        };
        let mut signature = Signature {
            function,
            kind,
            resource,
            params,
            result,
            core_params: String::new(),
            core_results: String::new(),
            params_in_memory: false,
            result_in_memory: false,
            text: String::new(),
        };
        self.lower(&mut signature, direction);
        let text = self.text(&signature).text(MAX_TEXT - self.text);
        let Some(text) = text else {
            let reason = format!(
                "the types of the functions have more than {MAX_TEXT} bytes, where each name is \
                 replaced by what it stands for"
            );
            return Refusal::new(reason, span);
        };
        self.text += text.len();
        signature.text = text;
        Ok(signature)
    }

    /// Finds the core type of a function.
    fn lower(&self, signature: &mut Signature, direction: Direction) {
        let flat = |reference| self.types.layout(reference).flat;
        let mut params: Flat = Some(String::new());
        for (_, ty) in &signature.params {
            params = append(params, &flat(*ty));
        }
        signature.params_in_memory = params.is_none();
        signature.core_params = params.unwrap_or_else(|| "i".to_owned());
        let result = match signature.result {
            Some(ty) => flat(ty),
            None => Some(String::new()),
        };
        match (result, direction) {
            (Some(flat), _) if flat.len() <= 1 => signature.core_results = flat,
            (_, direction) => {
                signature.result_in_memory = true;
                match direction {
                    Direction::Import => signature.core_params.push('i'),
                    Direction::Export => signature.core_results.push('i'),
                }
            }
        }
    }

    /// The type of a function.
    fn text(&self, signature: &Signature<'a>) -> Rc<Text<'a>> {
        let text = |ty: Ref| -> Rc<Text<'a>> { self.types.text(ty) };
        let kind = Kind::Function {
            is_async: false,
            parameters: signature
                .params
                .iter()
                .map(|(name, ty)| (*name, text(*ty)))
                .collect(),
            result: signature.result.map(text),
        };
        Text::new(kind)
    }
}

/// Says where something is that was refused.
fn within(refusal: Refusal, place: &str) -> Refusal {
    Refusal {
        reason: format!("{} ({place})", refusal.reason),
        ..refusal
    }
}

/// An interface, or what the world itself has.
#[derive(Default)]
struct Interface<'a> {
    name: String,
    version: String,
    docs: &'a str,
    types: Vec<usize>,
    resources: Vec<usize>,
    functions: Vec<Signature<'a>>,
}

impl Interface<'_> {
    fn json(&self, json: &mut Json) {
        let index = |json: &mut Json, index: &usize| json.number(*index as u64);
        json.object(|json| {
            json.key("interface").string(&self.name);
            json.key("version").string(&self.version);
            json.key("docs").string(self.docs);
            json.key("types").list(&self.types, index);
            json.key("resources").list(&self.resources, index);
            json.key("functions")
                .list(&self.functions, |json, function| function.json(json));
        });
    }
}

struct Signature<'a> {
    function: &'a Function,
    kind: &'static str,
    resource: Option<usize>,
    params: Vec<(&'a str, Ref)>,
    result: Option<Ref>,
    core_params: String,
    core_results: String,
    params_in_memory: bool,
    result_in_memory: bool,
    text: String,
}

impl Signature<'_> {
    fn json(&self, json: &mut Json) {
        json.object(|json| {
            json.key("name").string(&self.function.name);
            json.key("kind").string(self.kind);
            reference(json.key("resource"), self.resource.map(Ref::Index));
            json.key("params").list(&self.params, |json, (name, ty)| {
                json.object(|json| {
                    json.key("name").string(name);
                    reference(json.key("type"), Some(*ty));
                });
            });
            reference(json.key("result"), self.result);
            docs(json, &self.function.docs);
            json.key("coreParams").string(&self.core_params);
            json.key("coreResults").string(&self.core_results);
            json.key("paramsInMemory").bool(self.params_in_memory);
            json.key("resultInMemory").bool(self.result_in_memory);
            json.key("type").string(&self.text);
        });
    }
}
