//! Files → findings: each project is loaded natively, and what was found in it is given back as data.
//!
//! Nothing here shows anything, starts a program or needs an engine.

mod amend;
pub mod base;
mod builds;
pub mod context;
pub mod dockerfile;
pub mod edits;
pub mod example;
pub mod fix;
mod git;
mod harm;
pub mod health;
mod ids;
mod ignore;
pub mod images;
pub mod insert;
pub mod inside;
mod kinds;
mod levels;
pub mod mounts;
pub mod nginx;
pub mod places;
pub mod project;
mod proof;
mod recognise;
mod remarks;
pub mod rule;
pub mod rules;
pub mod secrets;
mod service_at;
mod settings;
mod settings_file;
pub mod started;
pub mod uses;
mod written;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder, available_parallelism};

use project::{Kinds, Project};
use rule::{Found, Rule};
use service_at::ServicePlaces;

use crate::compose::load::{Loaded, Model, Request, load};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::{Source, SourceId, Span};
use crate::yaml::Node;

pub use builds::{Build, builds};
pub use harm::is_harmful;
pub use ids::{IDS, Id};
pub use ignore::near;
pub use kinds::{hidden_jobs, kinds};
pub use recognise::{base_of_override, is_compose_file};
pub use remarks::add as add_remarks;
pub use settings::{Settings, SettingsFile};
pub use settings_file::schema;

/// Deeply nested values are walked recursively; a thread's usual stack is too small for the deepest that are read.
const STACK: usize = 64 << 20;

/// With so many services, it is worth the while to start another thread for half of the rules.
const MANY_SERVICES: usize = 100;

/// Loads one project: what keeps it from being loaded, or would harm the engine. `project` is the file that stands for it.
#[must_use]
pub fn check(project: String, request: Request) -> Findings {
    let loaded = load(request);
    let diagnostics = of_loader(&loaded);
    findings(project, loaded, diagnostics)
}

/// Lints one project: what [`check`] finds, and what the rules find in a project that can be loaded. A fix that is called
/// safe has been tried.
#[must_use]
pub fn lint(project: String, request: Request, chosen: &Settings) -> Findings {
    fix::tried(&project, request, chosen)
}

/// What lint finds in a project, and the project itself.
struct Examined {
    findings: Findings,
    model: Option<Model>,
    documents: Vec<Arc<[Node]>>,
    /// How often each code is found where every rule is looked at, and nothing is left out.
    counts: BTreeMap<Cow<'static, str>, usize>,
}

/// Lints one project. `counts` says, by what is found, whether every rule is to be looked at besides.
fn examine(
    project: String,
    request: Request,
    chosen: &Settings,
    counts: impl FnOnce(&[Diagnostic]) -> bool,
) -> Examined {
    let fallback = PathBuf::from(&request.directory);
    let mut loaded = load(request);
    let directory = directory(&loaded).unwrap_or(fallback);
    let file = settings_file::read(&chosen.file, &directory, loaded.sources.next_id());
    let settings = match &file {
        Some(file) => &chosen.over(file.settings.clone()),
        None => chosen,
    };
    let mut diagnostics = of_loader(&loaded);
    look(&loaded, settings, &mut diagnostics);
    diagnostics.retain_mut(|finding| settings.keeps(finding));
    leave_said(&mut diagnostics);
    exclude(
        &loaded,
        settings,
        file.as_ref().map_or(&directory, |file| &file.folder),
        &mut diagnostics,
    );
    let sources: Vec<(SourceId, &Source)> = loaded.sources.with_ids().collect();
    let is_checked = |id: &str| rules::all().any(|rule| rule.id == id && settings.level(rule).is_some());
    ignore::apply(&sources, &mut diagnostics, is_checked);
    let counts = if counts(&diagnostics) {
        count(&loaded, settings)
    } else {
        BTreeMap::new()
    };
    let (model, documents) = (loaded.model.take(), std::mem::take(&mut loaded.documents));
    let mut findings = findings(project, loaded, diagnostics);
    findings.loads = model.is_some();
    if let Some(file) = file {
        findings.sources.add(file.source);
        findings.diagnostics.extend(file.problems);
    }
    Examined {
        findings,
        model,
        documents,
        counts,
    }
}

/// How often each code is found by every rule there is.
fn count(loaded: &Loaded, settings: &Settings) -> BTreeMap<Cow<'static, str>, usize> {
    let mut found = of_loader(loaded);
    look(loaded, &settings.all_rules(), &mut found);
    let mut counts = BTreeMap::new();
    for finding in found {
        *counts.entry(finding.code).or_insert(0) += 1;
    }
    counts
}

fn of_loader(loaded: &Loaded) -> Vec<Diagnostic> {
    let mut diagnostics: Vec<Diagnostic> = loaded.diagnostics.iter().cloned().collect();
    if let Some(root) = loaded.model.as_ref().map(|model| &model.root).or(loaded.rest.as_ref()) {
        diagnostics.extend(harm::check(root));
    }
    diagnostics
}

fn findings(project: String, loaded: Loaded, diagnostics: Vec<Diagnostic>) -> Findings {
    Findings {
        project,
        loads: loaded.model.is_some(),
        diagnostics,
        sources: loaded.sources,
    }
}

/// Leaves out that a variable is not set where a rule says what comes of it.
fn leave_said(found: &mut Vec<Diagnostic>) {
    const UNSET: &str = "variable-unset";
    let by_rules = found.iter().filter(|finding| !ids::is_of_loader(&finding.code));
    let said: HashSet<Span> = by_rules.filter_map(|finding| finding.span).collect();
    found.retain(|finding| finding.code != UNSET || !finding.span.is_some_and(|span| said.contains(&span)));
}

/// Where a project lies: the folder of its first file where it cannot be loaded.
fn directory(loaded: &Loaded) -> Option<PathBuf> {
    if let Some(model) = &loaded.model {
        return Some(PathBuf::from(&model.directory));
    }
    let first = loaded.sources.iter().next()?;
    let folder = first.path.parent().filter(|folder| folder.is_absolute())?;
    Some(folder.to_owned())
}

/// Leaves out what the settings exclude by the rule, the service and the file that a finding is about.
fn exclude(loaded: &Loaded, settings: &Settings, folder: &Path, found: &mut Vec<Diagnostic>) {
    if settings.excluded.is_empty() {
        return;
    }
    let services = ServicePlaces::new(loaded.documents.iter().flat_map(|documents| documents.iter()));
    found.retain(|finding| {
        if ids::is_verdict(finding) {
            return true;
        }
        let source = finding.span.and_then(|span| loaded.sources.get(span.source));
        let path = source.map_or(Path::new(""), |source| {
            source.path.strip_prefix(folder).unwrap_or(&source.path)
        });
        let service = finding.span.and_then(|span| services.at(span));
        let mut excluded = settings.excluded.iter();
        !excluded.any(|excluded| excluded.names(&finding.code) && excluded.holds(path, service))
    });
}

/// Adds what the rules find, and the fixes of what the loader has found.
fn look(loaded: &Loaded, settings: &Settings, all: &mut Vec<Diagnostic>) {
    let Some(model) = &loaded.model else { return };
    let Some(kinds) = Kinds::of(model, &settings.kinds) else {
        return;
    };
    let project = || Project::new(model, &loaded.sources, &loaded.documents, settings, &kinds);
    let whole = project();
    amend::amend(&whole, all);
    let rules: Vec<&Rule> = rules::all().filter(|rule| settings.level(rule).is_some()).collect();
    if whole.services().len() < MANY_SERVICES {
        all.extend(rules.iter().flat_map(|rule| checked(rule, &whole, settings)));
        return;
    }
    // What rules find out about a project is kept in it for the next one, so each thread has its own.
    let groups: Vec<&[&Rule]> = rules.chunks(rules.len().div_ceil(2).max(1)).collect();
    let found = on_all_processors(&groups, |rules| {
        let project = project();
        let found = rules.iter().flat_map(|rule| checked(rule, &project, settings));
        found.collect::<Vec<Diagnostic>>()
    });
    all.extend(found.into_iter().flatten());
}

/// What one rule finds.
fn checked(rule: &Rule, project: &Project<'_>, settings: &Settings) -> Vec<Diagnostic> {
    let Some((level, is_chosen)) = settings.level(rule) else {
        return Vec::new();
    };
    let mut found = Found::default();
    (rule.check)(project, &mut found);
    let mut findings = found.into_findings();
    for finding in &mut findings {
        finding.code = rule.id.into();
        finding.severity = if is_chosen { level } else { level.min(finding.severity) };
    }
    findings
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

/// Does `work` for every item, on all processors, and gives the results in the order of the items. This thread works too: for
/// a single item no other is started, which takes longer than a small file does.
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
        let started: Vec<_> = (1..threads).map_while(|index| start(index).ok()).collect();
        let mut done = take();
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
