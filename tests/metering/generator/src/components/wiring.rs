//! The component around the core modules.

use std::collections::BTreeMap;

use compute_pipeline_random::Random;
use wasm_encoder::{
    CanonicalOption, ComponentBuilder, ComponentExportKind, ComponentValType, ExportKind,
    ModuleArg, PrimitiveValType, ValType,
};

use super::part::{MODULE, Part};
use super::plan::Plan;
use super::whole::Whole;

/// How many bundles one export passes through at most.
const CHAIN: usize = 4;

struct Wiring {
    builder: ComponentBuilder,
    /// The instances of the parts.
    instances: Vec<u32>,
    /// The aliases so far, by part and name.
    aliases: BTreeMap<(usize, String), u32>,
}

/// The component of the parts, which are instantiated in their order.
pub fn component(
    whole: &Whole<'_>,
    plan: &Plan<'_, '_>,
    parts: &[Part],
    lifted: &[u32],
    random: &mut Random,
) -> Vec<u8> {
    let mut wiring = Wiring {
        builder: ComponentBuilder::default(),
        instances: vec![],
        aliases: BTreeMap::new(),
    };
    for part in parts {
        let module = wiring.builder.core_module_raw(None, &part.wasm);
        let bundle = wiring.bundle(part, random);
        let arguments = [(MODULE, ModuleArg::Instance(bundle))];
        let instance = wiring.builder.core_instantiate(None, module, arguments);
        wiring.instances.push(instance);
    }
    let memory = whole
        .memory
        .map(|_| wiring.alias(plan.memory, "m", ExportKind::Memory));
    for function in lifted {
        let name = format!("f{function}");
        let owner = plan.functions[*function as usize];
        let core = wiring.alias(owner, &name, ExportKind::Func);
        let (params, results) = whole.signature(*function);
        let (ty, mut encoder) = wiring.builder.type_function(None);
        let params = params.iter().enumerate();
        let params: Vec<_> = params.map(|(i, ty)| (format!("p{i}"), value(ty))).collect();
        encoder
            .params(params.iter().map(|(name, ty)| (name.as_str(), *ty)))
            .result(results.first().map(value));
        let options: Vec<_> = memory.map(CanonicalOption::Memory).into_iter().collect();
        let function = wiring.builder.lift_func(None, core, ty, options);
        let kind = ComponentExportKind::Func;
        wiring.builder.export(name.as_str(), kind, function, None);
    }
    wiring.builder.finish()
}

fn value(ty: &ValType) -> ComponentValType {
    ComponentValType::Primitive(match ty {
        ValType::I32 => PrimitiveValType::S32,
        ValType::I64 => PrimitiveValType::S64,
        ValType::F32 => PrimitiveValType::F32,
        _ => PrimitiveValType::F64,
    })
}

impl Wiring {
    /// The index of what an instance exports, in its space.
    fn alias(&mut self, part: usize, name: &str, kind: ExportKind) -> u32 {
        let key = (part, name.to_owned());
        let Wiring {
            builder, instances, ..
        } = self;
        let alias = || builder.core_alias_export(None, instances[part], name, kind);
        *self.aliases.entry(key).or_insert_with(alias)
    }

    /// The instance that a part is given: of what it imports, sometimes through others.
    fn bundle(&mut self, part: &Part, random: &mut Random) -> u32 {
        let mut items = vec![];
        for (number, import) in part.imports.iter().enumerate() {
            let mut index = self.alias(import.part, &import.name, import.kind);
            for _ in 0..random.below(CHAIN).saturating_sub(1) {
                let name = random.pick(&["", "x", "memory", "état"]);
                let exports = [(name, import.kind, index)];
                let bundle = self.builder.core_instantiate_exports(None, exports);
                index = self
                    .builder
                    .core_alias_export(None, bundle, name, import.kind);
            }
            items.push((number.to_string(), import.kind, index));
        }
        let items = items.iter();
        let items: Vec<_> = items
            .map(|(name, kind, index)| (name.as_str(), *kind, *index))
            .collect();
        self.builder.core_instantiate_exports(None, items)
    }
}
