//! Files → findings: each project is loaded natively, and what was found in it is given back as data.
//!
//! Nothing here shows anything, starts a program or needs an engine.

mod harm;
mod ids;
mod recognise;

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder, available_parallelism};

use crate::compose::load::{Loaded, Request, load};
use crate::diagnostic::Findings;

pub use harm::is_harmful;
pub use ids::{IDS, Id};
pub use recognise::{base_of_override, is_compose_file};

/// Deeply nested values are walked recursively; a thread's usual stack is too small for the deepest that are read.
const STACK: usize = 64 << 20;

/// Lints one project. `project` is the file that stands for it.
#[must_use]
pub fn lint(project: String, request: Request) -> Findings {
    let Loaded {
        model,
        diagnostics,
        sources,
    } = load(request);
    let mut diagnostics = diagnostics.into_vec();
    if let Some(model) = &model {
        diagnostics.extend(harm::check(&model.root));
    }
    Findings {
        project,
        loads: model.is_some(),
        diagnostics,
        sources,
    }
}

/// Does `work` on a thread with enough stack for the deepest values. Nothing where it panics.
pub fn apart<R: Send>(work: impl FnOnce() -> R + Send) -> Option<R> {
    thread::scope(|scope| {
        Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, work)
            .ok()?
            .join()
            .ok()
    })
}

/// Does `work` for every item, on all processors, and gives the results in the order of the items.
pub fn on_all_processors<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        while let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(item) = items.get(index)
        {
            done.push((index, work(item)));
        }
        done
    };
    let threads = available_parallelism().map_or(1, usize::from).min(items.len());
    let mut done = thread::scope(|scope| {
        let start = |_| Builder::new().stack_size(STACK).spawn_scoped(scope, take);
        let started: Vec<_> = (0..threads).map_while(|index| start(index).ok()).collect();
        // Where no thread can be started, this one does the work.
        let mut done = if started.is_empty() { take() } else { Vec::new() };
        for thread in started {
            done.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..100).collect();
        assert_eq!(on_all_processors(&items, |item| item * 2)[99], 198);
        assert!(on_all_processors(&[(); 0], |()| ()).is_empty());
    }
}
