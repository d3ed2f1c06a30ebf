//! Decides where fuel is charged, and how much.

use super::analysis::{Analysis, Region};
use super::callgraph::Graph;
use super::cost;
use super::layout::Layout;
use super::regions::{LARGEST, NO_PARENT};
use super::stack::Stack;

/// A function that takes no more than this, with all it calls, is charged where
/// it is called, unless it can call itself or the host calls it.
pub(crate) const LARGEST_UNCHARGED: u32 = 1_000;

/// An arm that costs less is charged with its parent: a charge takes some
/// three units itself.
const SMALLEST_ARM: u32 = 64;

/// How much a region is charged for such arms. An interpreter's loop has
/// hundreds, one for each instruction that it knows, and runs one of them in
/// each round: with all of them CPython was charged three times as much.
const LARGEST_ADDED: u32 = 4 * SMALLEST_ARM;

/// Arms are charged without a look at what is left, which is the next loop's
/// or function's, unless so much can run in between.
const LARGEST_UNCHECKED: u32 = 2 * LARGEST;

/// What is charged at the start of a region.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Charge {
    /// Units; 0 where its parent or the caller is charged.
    pub units: u32,
    /// Of an arm: whether fuel may have run out, and is to be checked.
    pub checked: bool,
}

/// Charges of all regions of a module.
pub(super) struct Plan {
    /// In the order of [`Analysis::regions`].
    pub charges: Vec<Charge>,
    pub stack: Stack,
}

impl Plan {
    /// Linear in the size of the module.
    pub(super) fn of(layout: &Layout, analysis: Analysis, bounds_stack: bool) -> Self {
        let mut planner = Planner::new(layout, analysis, bounds_stack);
        let graph = std::mem::take(&mut planner.analysis.graph);
        graph.components(|members, cyclic| planner.component(&graph, members, cyclic));
        Plan {
            charges: planner.charges,
            stack: planner.stack,
        }
    }
}

struct Planner<'a> {
    layout: &'a Layout<'a>,
    imports_table: bool,
    /// Whether calls are counted.
    bounds_stack: bool,
    analysis: Analysis,
    /// Whether something other than a call in the module may call a function.
    called_from_outside: Vec<bool>,
    charges: Vec<Charge>,
    stack: Stack,
    /// For each node of the graph, what its caller charges for a call.
    units: Vec<u32>,
    /// The same with all arms, also those that are charged when they run.
    totals: Vec<u32>,
}

impl<'a> Planner<'a> {
    fn new(layout: &'a Layout<'a>, mut analysis: Analysis, bounds_stack: bool) -> Self {
        let mut called_from_outside = vec![false; layout.defined() as usize];
        // Functions of others in an imported table can call ours back.
        let imports_table = layout.module.imports_table();
        for reference in &layout.module.references {
            if (imports_table || !reference.is_value())
                && let Some(defined) = reference.function.checked_sub(layout.imported)
            {
                called_from_outside[defined as usize] = true;
            }
        }
        let nodes = (layout.defined() + layout.types()) as usize;
        Planner {
            layout,
            imports_table,
            bounds_stack,
            called_from_outside,
            charges: vec![
                Charge {
                    units: 0,
                    checked: false
                };
                analysis.regions.len()
            ],
            stack: Stack::new(layout, std::mem::take(&mut analysis.frames)),
            units: vec![0; nodes],
            totals: vec![0; nodes],
            analysis,
        }
    }

    /// Plans functions that call each other, after those they call.
    fn component(&mut self, graph: &Graph, members: &[u32], cyclic: bool) {
        if self.bounds_stack {
            self.stack.component(graph, members, cyclic);
        }
        // Types first: what a call by way of one takes is needed for functions
        // that are in a cycle with it, which themselves are charged.
        let defined = self.layout.defined();
        for &node in members.iter().filter(|&&node| node >= defined) {
            self.ty(graph, node, node - defined);
        }
        for &node in members.iter().filter(|&&node| node < defined) {
            self.function(graph, node, cyclic);
        }
    }

    /// A call by way of a table is charged as the dearest function it may reach.
    fn ty(&mut self, graph: &Graph, node: u32, ty: u32) {
        let foreign = self.analysis.reaches_host[ty as usize] || self.imports_table;
        let least = if foreign { cost::HOST } else { 0 };
        let dearest = |of: &[u32]| {
            let members = graph
                .edges_of(node)
                .map(|edge| of[graph.target(edge) as usize]);
            members.fold(least, u32::max)
        };
        (self.units[node as usize], self.totals[node as usize]) =
            (dearest(&self.units), dearest(&self.totals));
    }

    fn function(&mut self, graph: &Graph, node: u32, cyclic: bool) {
        let (first, end) = (
            self.analysis.starts[node as usize] as usize,
            self.analysis.starts[node as usize + 1] as usize,
        );
        let regions = &mut self.analysis.regions[first..end];
        let mut totals: Vec<u32> = regions.iter().map(|region| region.cost).collect();
        for edge in graph.edges_of(node) {
            let (callee, region) = (graph.target(edge), self.analysis.call_regions[edge]);
            let (callee, region) = (callee as usize, region as usize);
            regions[region].cost = regions[region].cost.saturating_add(self.units[callee]);
            totals[region] = totals[region].saturating_add(self.totals[callee]);
        }
        let charges = &mut self.charges[first..end];
        merge_arms(regions, &mut totals, charges);
        mark_checked(regions, &totals, charges);
        let charged = cyclic
            || self.stack.room(node).is_some()
            || self.called_from_outside[node as usize]
            || totals[0] > LARGEST_UNCHARGED;
        if charged {
            charges[0].units = regions[0].cost;
        } else {
            self.units[node as usize] = regions[0].cost;
            self.totals[node as usize] = totals[0];
        }
    }
}

/// Sets the units of all but the body, the first region. Regions come after
/// their parents.
fn merge_arms(regions: &mut [Region], totals: &mut [u32], charges: &mut [Charge]) {
    let mut added = vec![0; regions.len()];
    for index in (1..regions.len()).rev() {
        let Region { parent, cost } = regions[index];
        if parent == NO_PARENT {
            charges[index].units = cost;
            continue;
        }
        let parent = parent as usize;
        totals[parent] = totals[parent].saturating_add(totals[index]);
        let merged = regions[parent].cost.saturating_add(cost);
        if cost < SMALLEST_ARM && merged <= LARGEST && added[parent] + cost <= LARGEST_ADDED {
            added[parent] += cost;
            regions[parent].cost = merged;
        } else {
            charges[index].units = cost;
        }
    }
}

/// Has the arms of a body or loop checked when much runs in it without a check.
fn mark_checked(regions: &[Region], totals: &[u32], charges: &mut [Charge]) {
    for (index, region) in regions.iter().enumerate() {
        charges[index].checked = match region.parent {
            NO_PARENT => totals[index] > LARGEST_UNCHECKED,
            parent => charges[parent as usize].checked,
        };
    }
}
