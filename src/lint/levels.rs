//! How deep each service lies below those that it needs: what is not deeper than another cannot come after it.

/// For each service, how many others lead from it one to the next, at most. `needs` has the places of those that each one
/// needs. None for those of a circle, and for what comes after one.
pub(super) fn levels(needs: &[Vec<usize>]) -> Vec<Option<usize>> {
    let mut dependents = vec![Vec::new(); needs.len()];
    for (at, needs) in needs.iter().enumerate() {
        needs.iter().for_each(|need| dependents[*need].push(at));
    }
    let mut open: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut deepest = vec![0; needs.len()];
    let mut levels = vec![None; needs.len()];
    let mut ready: Vec<usize> = (0..needs.len()).filter(|at| open[*at] == 0).collect();
    while let Some(at) = ready.pop() {
        levels[at] = Some(deepest[at]);
        for &dependent in &dependents[at] {
            deepest[dependent] = deepest[dependent].max(deepest[at] + 1);
            open[dependent] -= 1;
            if open[dependent] == 0 {
                ready.push(dependent);
            }
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_row_of_needs_counts_and_a_circle_has_no_level() {
        let needs = [vec![], vec![0], vec![0, 1], vec![4], vec![3, 0], vec![4], vec![6]];
        let expected = [Some(0), Some(1), Some(2), None, None, None, None];
        assert_eq!(levels(&needs), expected);
    }
}
