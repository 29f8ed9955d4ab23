//! Files → findings: each project is loaded natively, and what was found in it is given back as data.
//!
//! Nothing here shows anything, starts a program or needs an engine.

pub mod example;
pub mod fix;
mod harm;
mod ids;
mod ignore;
pub mod project;
mod recognise;
pub mod rule;
pub mod rules;
mod settings;

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder, available_parallelism};

use project::Project;
use rule::Found;

use crate::compose::load::{Loaded, Request, load};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::{Source, SourceId};

pub use harm::is_harmful;
pub use ids::{IDS, Id};
pub use ignore::near;
pub use recognise::{base_of_override, is_compose_file};
pub use settings::Settings;

/// Deeply nested values are walked recursively; a thread's usual stack is too small for the deepest that are read.
const STACK: usize = 64 << 20;

/// Loads one project: what keeps it from being loaded, or would harm the engine. `project` is the file that stands for it.
#[must_use]
pub fn check(project: String, request: Request) -> Findings {
    findings(project, load(request), |_| Vec::new())
}

/// Lints one project: what [`check`] finds, and what the rules find in a project that can be loaded.
#[must_use]
pub fn lint(project: String, request: Request, settings: &Settings) -> Findings {
    let mut findings = findings(project, load(request), |loaded| look(loaded, settings));
    let sources: Vec<(SourceId, &Source)> = findings.sources.with_ids().collect();
    let is_checked = |id: &str| rules::all().any(|rule| rule.id == id && settings.level(rule).is_some());
    ignore::apply(&sources, &mut findings.diagnostics, is_checked);
    findings
}

fn findings(project: String, loaded: Loaded, more: impl FnOnce(&Loaded) -> Vec<Diagnostic>) -> Findings {
    let mut diagnostics: Vec<Diagnostic> = loaded.diagnostics.iter().cloned().collect();
    if let Some(root) = loaded.model.as_ref().map(|model| &model.root).or(loaded.rest.as_ref()) {
        diagnostics.extend(harm::check(root));
    }
    if loaded.model.is_some() {
        diagnostics.extend(more(&loaded));
    }
    Findings {
        project,
        loads: loaded.model.is_some(),
        diagnostics,
        sources: loaded.sources,
    }
}

/// What the rules find.
fn look(loaded: &Loaded, settings: &Settings) -> Vec<Diagnostic> {
    let model = loaded.model.as_ref();
    let Some(project) = model.and_then(|model| Project::new(model, &loaded.sources, &loaded.documents)) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for rule in rules::all() {
        let Some((level, is_chosen)) = settings.level(rule) else {
            continue;
        };
        let mut found = Found::default();
        (rule.check)(&project, &mut found);
        all.extend(found.0.into_iter().map(|mut finding| {
            finding.code = rule.id;
            finding.severity = if is_chosen { level } else { level.min(finding.severity) };
            finding
        }));
    }
    all
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
