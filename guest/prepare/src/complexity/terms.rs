//! The terms of the estimate that depend on what is around an instruction, and
//! what metering adds.

use super::cost::Cost;
use crate::meter;

/// For each edge of the control flow graph, a walk up the tree of dominators
/// (`ssa/pass_cfg.go`).
pub(super) const DOMINATORS: Cost = Cost::new(30, 0, 0);
/// For each use of a local, a walk back through blocks to where edges meet
/// (`findValue` in `ssa/builder.go`).
pub(super) const DEFINITIONS: Cost = Cost::new(10, 0, 0);
/// For each use of a local, the definitions that turned out to be the same as
/// others (`resolveAlias`).
pub(super) const ALIASES: Cost = Cost::new(3, 0, 0);
/// For each edge to a place where edges meet, each value that may differ, among
/// them the block's own results (`passRedundantPhiEliminationOpt`).
pub(super) const PHIS: Cost = Cost::new(500, 280, 18);
/// More for each other value of the same edge, as often as loops are nested: the
/// pass goes on until nothing changes, and loop by loop.
pub(super) const PHI_PAIRS: Cost = Cost::new(3, 0, 0);
/// For each edge, each local that passes where edges meet, and each other such
/// local, as often as loops are nested (`passRedundantPhiEliminationOpt`).
pub(super) const PASSED: Cost = Cost::new(100, 40, 0);
pub(super) const PASSED_PAIRS: Cost = Cost::new(2, 0, 0);
/// Each other target of a table of branches.
pub(super) const TARGETS: Cost = Cost::new(1, 0, 0);
/// Where code goes on that only branches lead to: metering may charge for it, with
/// a block more.
pub(super) const RESUMED: Cost = Cost::new(8_000, 5_500, 80);
/// For each block, each value that is live in it (`backend/regalloc`).
pub(super) const LIVENESS: Cost = Cost::new(350, 50, 0);
/// For each edge to a block, its other edges (`passLayoutBlocks`).
pub(super) const PREDECESSORS: Cost = Cost::new(5, 0, 0);
/// Each parameter and result of a call.
pub(super) const OPERANDS: Cost = Cost::new(1_500, 550, 24);
/// For each call, each global that it may change (`reloadAfterCall`).
pub(super) const GLOBALS: Cost = Cost::new(400, 250, 0);
/// For each block, each address that is known to be in bounds
/// (`finalizeKnownSafeBoundsAtTheEndOfBlock`).
pub(super) const BOUNDS: Cost = Cost::new(100, 40, 0);
/// Each local that a function declares. wazero's decoder makes a byte of it,
/// and a few bytes of module can declare 50,000.
pub(super) const LOCALS: Cost = Cost::new(200, 200, 10);
/// Each block.
pub(super) const BLOCKS: Cost = Cost::new(5_000, 3_000, 50);
/// Each block around another, for functions that call themselves
/// (`findValue`, `eulerTour`).
pub(super) const DEPTH: Cost = Cost::new(0, 500, 0);
/// Each function.
pub(super) const FUNCTION: Cost = Cost::new(10_000, 4_000, 350);

/// How many blocks metering makes of a loop, and how many calls.
pub(super) const LOOP_BLOCKS: u64 = 7;
pub(super) const LOOP_CALLS: u64 = 1;
/// How many edges lead to a loop and those that metering adds around it, besides
/// the branches to it.
pub(super) const LOOP_EDGES: u64 = 5;
/// How many mutable globals it adds, and how many calls to a body, unless that is
/// so small that it is charged where it is called.
pub(super) const METERING_GLOBALS: u64 = 2;
pub(super) const BODY_CALLS: u64 = 2;
pub(super) const SMALL: u64 = meter::LARGEST_UNCHARGED as u64;
/// Where code runs for long without a loop, metering charges it piece by piece,
/// with so many blocks for a piece.
pub(super) const PIECE_BLOCKS: u64 = 3;
/// How many blocks wazero makes of a fill, with a loop among them.
pub(super) const FILL_BLOCKS: u64 = 4;
