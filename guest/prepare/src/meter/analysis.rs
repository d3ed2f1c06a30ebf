//! Sums up what each region of each body costs, and who calls whom.

use super::callgraph::Graph;
use super::cost;
use super::frame::Frame;
use super::layout::Layout;
use super::regions::{NO_PARENT, Walk};
use crate::opcode::*;

/// A region's sum, before that of the functions it calls is known.
#[derive(Clone, Copy)]
pub(super) struct Region {
    /// The region that may be charged for it, or [`NO_PARENT`].
    pub parent: u32,
    /// Units, apart from what called functions of the module take.
    pub cost: u32,
}

/// What the bodies of a module consist of. Everything of all functions stands
/// in a few long lists, since modules have many small functions.
#[derive(Default)]
pub(super) struct Analysis {
    /// The regions of all bodies. Parents are relative to the body's first.
    pub regions: Vec<Region>,
    /// Where the regions of each body start, and where the last end.
    pub starts: Vec<u32>,
    /// Who calls whom. Nodes are first the functions with a body, then the
    /// types (canonical ones have the functions that call_indirect may call).
    pub graph: Graph,
    /// For each call, in the order of the graph's edges, the region it is in,
    /// relative to the body's first. None of edges from types.
    pub call_regions: Vec<u32>,
    /// For each type, whether an imported function of it can be called by way
    /// of a table.
    pub reaches_host: Vec<bool>,
    /// For each body, the estimated size of a frame.
    pub frames: Vec<u32>,
    /// Number of loops.
    pub loops: u32,
    /// Which instructions are replaced by calls of added functions.
    pub uses: Uses,
}

/// What a module needs of that which metering adds: which kinds of bulk
/// instructions it has.
#[derive(Clone, Copy, Default)]
pub(super) struct Uses {
    pub fill: bool,
    pub copy: bool,
    /// One whose length is charged in front of it.
    pub length: bool,
    /// Whether the depth of the stack is counted.
    pub depth: bool,
}

impl Analysis {
    /// Linear in the size of the module.
    pub(super) fn of(layout: &Layout) -> Self {
        let mut analysis = Analysis::default();
        let values = layout
            .module
            .references
            .iter()
            .filter(|reference| reference.is_value());
        let mut referenced: Vec<u32> = values.map(|value| value.function).collect();
        // An exported function can be a ref.func without being anywhere else;
        // so bodies are looked at too.
        let mut walk = Walk::default();
        for defined in 0..layout.bodies.len() {
            analysis.starts.push(analysis.regions.len() as u32);
            analysis.body(layout, defined, &mut walk, &mut referenced);
            analysis.graph.end_node();
        }
        analysis.starts.push(analysis.regions.len() as u32);
        analysis.types(layout, referenced);
        analysis
    }

    fn body(
        &mut self,
        layout: &Layout,
        defined: usize,
        walk: &mut Walk,
        referenced: &mut Vec<u32>,
    ) {
        let first = self.regions.len();
        // A call always uses some fuel.
        self.regions.push(Region {
            parent: NO_PARENT,
            cost: 1,
        });
        walk.start(0);
        let mut frame = new_frame(layout, defined);
        for (_, instruction) in layout.body(defined).instructions() {
            let step = walk.step(&instruction, layout);
            frame.note(&instruction, layout);
            if let Some(opened) = step.opened {
                self.regions.push(Region {
                    parent: opened.parent,
                    cost: 0,
                });
            }
            let (opcode, index) = (instruction.opcode, instruction.index());
            let mut cost = cost::of(opcode);
            match opcode {
                CALL if index < layout.imported => cost += cost::HOST,
                CALL => self.call(step.region, index - layout.imported),
                CALL_INDIRECT => {
                    let ty = layout.canonical[index as usize];
                    self.call(step.region, layout.defined() + ty);
                }
                REF_FUNC => referenced.push(index),
                LOOP => self.loops += 1,
                MEMORY_FILL => self.uses.fill = true,
                MEMORY_COPY => self.uses.copy = true,
                _ if cost::length_shift(opcode).is_some() => self.uses.length = true,
                _ => {}
            }
            let sum = &mut self.regions[first + step.region as usize].cost;
            *sum = sum.saturating_add(cost);
        }
        self.frames.push(frame.bytes());
    }

    fn call(&mut self, region: u32, node: u32) {
        self.graph.add_edge(node);
        self.call_regions.push(region);
    }

    /// Adds the nodes of types: with one node for a type, instead of an edge
    /// from each call_indirect to each function it may reach, the graph stays
    /// linear in the module.
    fn types(&mut self, layout: &Layout, mut referenced: Vec<u32>) {
        let type_of =
            |function: u32| layout.canonical[layout.functions[function as usize] as usize];
        // Each sort of another kind takes 4 KB of code.
        referenced.sort_unstable_by_key(|&function| (type_of(function), function));
        referenced.dedup();
        self.reaches_host = vec![false; layout.types() as usize];
        let mut members = referenced.into_iter().peekable();
        for ty in 0..layout.types() {
            while let Some(function) = members.next_if(|&function| type_of(function) == ty) {
                match function.checked_sub(layout.imported) {
                    Some(defined) => self.graph.add_edge(defined),
                    None => self.reaches_host[ty as usize] = true,
                }
            }
            self.graph.end_node();
        }
    }
}

/// The frame of a body, before its instructions are known.
fn new_frame(layout: &Layout, defined: usize) -> Frame {
    let signature = layout.signature(defined);
    let mut count = signature.count;
    let mut bytes = signature.params.saturating_add(signature.results);
    let mut wide = signature.is_wide();
    let body = layout.body(defined);
    for (more, ty) in body.locals() {
        let size = if ty == V128 { 16 } else { 8 };
        count += more;
        bytes = bytes.saturating_add(more.saturating_mul(size));
        wide |= more > 0 && ty == V128;
    }
    Frame::new(count, bytes, wide, body.bytes.len() as u32)
}
