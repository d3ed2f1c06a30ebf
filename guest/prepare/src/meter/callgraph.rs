//! Strongly connected components of the call graph.
//!
//! Tarjan, "Depth-first search and linear graph algorithms", SIAM Journal on
//! Computing 1 (1972), without recursion: a module decides how deep the graph
//! is.

/// A directed graph. Nodes are added in order, each with its edges.
#[derive(Default)]
pub(super) struct Graph {
    /// Where the edges of each node end.
    ends: Vec<u32>,
    edges: Vec<u32>,
}

impl Graph {
    /// Adds an edge from the node that is being added.
    pub(super) fn add_edge(&mut self, to: u32) {
        self.edges.push(to);
    }

    /// Ends the node that is being added.
    pub(super) fn end_node(&mut self) {
        self.ends.push(self.edges.len() as u32);
    }

    fn first_edge(&self, node: u32) -> u32 {
        match node {
            0 => 0,
            _ => self.ends[node as usize - 1],
        }
    }

    /// The indices of a node's edges.
    pub(super) fn edges_of(&self, node: u32) -> std::ops::Range<usize> {
        self.first_edge(node) as usize..self.ends[node as usize] as usize
    }

    /// The node that an edge goes to.
    pub(super) fn target(&self, edge: usize) -> u32 {
        self.edges[edge]
    }

    /// Shows every component to `visit`, those that a component's edges lead to
    /// before itself, and whether it has a cycle. Linear in nodes and edges.
    pub(super) fn components(&self, mut visit: impl FnMut(&[u32], bool)) {
        let mut search = Search {
            graph: self,
            number: vec![UNSEEN; self.ends.len()],
            low: vec![0; self.ends.len()],
            seen: 0,
            open: vec![],
            path: vec![],
        };
        for node in 0..self.ends.len() as u32 {
            if search.number[node as usize] == UNSEEN {
                search.enter(node);
                while search.advance(&mut visit) {}
            }
        }
    }
}

const UNSEEN: u32 = u32::MAX;
/// The number of a node whose component is complete: above that of any open one,
/// so that it never lowers another's.
const DONE: u32 = u32::MAX - 1;

struct Search<'a> {
    graph: &'a Graph,
    /// The order in which nodes were seen.
    number: Vec<u32>,
    /// The smallest number that is known to be reached from a node.
    low: Vec<u32>,
    seen: u32,
    /// Nodes whose component is not complete.
    open: Vec<u32>,
    /// The nodes from the root of the search to where it is, and the next edge
    /// of each.
    path: Vec<(u32, u32)>,
}

impl Search<'_> {
    fn enter(&mut self, node: u32) {
        self.number[node as usize] = self.seen;
        self.low[node as usize] = self.seen;
        self.seen += 1;
        self.open.push(node);
        self.path.push((node, self.graph.first_edge(node)));
    }

    /// Takes one step. False when there is nothing left to do.
    fn advance(&mut self, visit: &mut impl FnMut(&[u32], bool)) -> bool {
        let Some((node, edge)) = self.path.last_mut() else {
            return false;
        };
        let node = *node;
        if *edge < self.graph.ends[node as usize] {
            let to = self.graph.edges[*edge as usize];
            *edge += 1;
            if self.number[to as usize] == UNSEEN {
                self.enter(to);
            } else {
                self.lower(node, self.number[to as usize]);
            }
            return true;
        }
        self.path.pop();
        let low = self.low[node as usize];
        if let Some(&(caller, _)) = self.path.last() {
            self.lower(caller, low);
        }
        if low == self.number[node as usize] {
            self.complete(node, visit);
        }
        true
    }

    fn lower(&mut self, node: u32, number: u32) {
        let low = &mut self.low[node as usize];
        *low = number.min(*low);
    }

    fn complete(&mut self, root: u32, visit: &mut impl FnMut(&[u32], bool)) {
        let start = self
            .open
            .iter()
            .rposition(|&node| node == root)
            .unwrap_or(0);
        let members = &self.open[start..];
        for &node in members {
            self.number[node as usize] = DONE;
        }
        let cyclic = members.len() > 1
            || self
                .graph
                .edges_of(root)
                .any(|edge| self.graph.edges[edge] == root);
        visit(members, cyclic);
        self.open.truncate(start);
    }
}
