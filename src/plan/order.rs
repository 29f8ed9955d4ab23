//! The order of the stages: needs first, then by name; cycles; the longest chain.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use super::Stage;
use crate::failure::{Failure, Result};

/// The order in which each stage stands after those it needs, and among equals by name.
///
/// # Errors
/// When needs form a cycle. Compose notices cycles among services; it does not among entries of `jobs:`.
pub(super) fn find(stages: &[Stage]) -> Result<Vec<usize>> {
    let mut open_needs: Vec<usize> = stages.iter().map(|stage| stage.needs.len()).collect();
    let mut dependents = vec![Vec::new(); stages.len()];
    for (at, stage) in stages.iter().enumerate() {
        for need in &stage.needs {
            dependents[need.index].push(at);
        }
    }
    // The stages come in name order, so that the smallest index is the first name.
    let mut ready: BinaryHeap<Reverse<usize>> = (0..stages.len())
        .filter(|at| open_needs[*at] == 0)
        .map(Reverse)
        .collect();
    let mut order = Vec::with_capacity(stages.len());
    while let Some(Reverse(at)) = ready.pop() {
        order.push(at);
        for dependent in &dependents[at] {
            open_needs[*dependent] -= 1;
            if open_needs[*dependent] == 0 {
                ready.push(Reverse(*dependent));
            }
        }
    }
    if order.len() < stages.len() {
        return Err(cycle(stages));
    }
    Ok(order)
}

/// Brings the stages into an order.
pub(super) fn reorder(stages: Vec<Stage>, order: &[usize]) -> Vec<Stage> {
    let mut place = vec![0; stages.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old] = new;
    }
    let mut slots: Vec<Option<Stage>> = stages.into_iter().map(Some).collect();
    let mut sorted: Vec<Stage> = order.iter().filter_map(|old| slots[*old].take()).collect();
    for need in sorted.iter_mut().flat_map(|stage| &mut stage.needs) {
        need.index = place[need.index];
    }
    sorted
}

fn cycle(stages: &[Stage]) -> Failure {
    let mut graph = DiGraphMap::<usize, ()>::new();
    for (at, stage) in stages.iter().enumerate() {
        for need in &stage.needs {
            graph.add_edge(at, need.index, ());
        }
    }
    let is_cycle = |set: &Vec<usize>| set.len() > 1 || graph.contains_edge(set[0], set[0]);
    let members = tarjan_scc(&graph).into_iter().find(is_cycle).unwrap_or_default();
    let path = follow(stages, &members);
    Failure::invalid(format!("these stages wait for each other: {}", path.join(" → ")))
        .hint("take one of these needs out of 'depends_on'")
}

/// Walks within the cycle from its first member until a stage comes again.
fn follow<'a>(stages: &'a [Stage], members: &[usize]) -> Vec<&'a str> {
    let mut path: Vec<usize> = members.iter().min().copied().into_iter().collect();
    while let Some(at) = path.last() {
        let next = stages[*at].needs.iter().find(|need| members.contains(&need.index));
        let Some(next) = next.map(|need| need.index) else { break };
        let begun = path.iter().position(|seen| *seen == next);
        path.push(next);
        if let Some(begun) = begun {
            path.drain(..begun);
            break;
        }
    }
    path.into_iter().map(|at| stages[at].name.as_str()).collect()
}

/// Marks the stages of one longest chain of needs: without times, the chain that is likeliest to decide how long a run takes.
pub(super) fn mark_critical(stages: &mut [Stage]) {
    let mut depth: Vec<usize> = vec![1; stages.len()];
    for at in 0..stages.len() {
        let longest = stages[at].needs.iter().map(|need| depth[need.index] + 1).max();
        depth[at] = longest.unwrap_or(1);
    }
    let mut at = (0..stages.len()).max_by_key(|at| (depth[*at], Reverse(*at)));
    while let Some(current) = at {
        stages[current].critical = true;
        // Of equally long chains, one that waits for a success: that takes longer than a start.
        let longest = stages[current]
            .needs
            .iter()
            .filter(|need| depth[need.index] + 1 == depth[current]);
        at = longest
            .max_by_key(|need| (need.condition, Reverse(need.index)))
            .map(|need| need.index);
    }
}
