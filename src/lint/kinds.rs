//! What a project says of kinds outside of what is active in it, for those who plan a run.

use std::path::Path;

use super::SettingsFile;
use super::settings_file;
use crate::compose::Project;
use crate::compose::load::{Request, load};
use crate::diagnostic::Findings;
use crate::event::Kind;
use crate::plan::{self, Hidden, KindRule};
use crate::source::Sources;
use crate::yaml::Node;

/// The kinds that the settings for a folder give by hand.
///
/// # Errors
/// What is wrong with them, for people to read.
pub fn kinds(directory: &Path) -> Result<Vec<KindRule>, Findings> {
    let mut sources = Sources::default();
    let Some(file) = settings_file::read(&SettingsFile::Search, directory, sources.next_id()) else {
        return Ok(Vec::new());
    };
    if file.kind_problems.is_empty() {
        return Ok(file.settings.kinds);
    }
    let project = file.source.path.display().to_string();
    sources.add(file.source);
    Err(Findings {
        project,
        loads: true,
        diagnostics: file.kind_problems,
        sources,
    })
}

/// The jobs of a project that are behind profiles which are not active; none where it cannot be loaded.
#[must_use]
pub fn hidden_jobs(request: Request, rules: &[KindRule]) -> Vec<Hidden> {
    let loaded = load(request);
    let Some(model) = loaded.model.filter(|model| !model.inactive.is_empty()) else {
        return Vec::new();
    };
    let Ok(project) = Project::from_value(model.to_plan()) else {
        return Vec::new();
    };
    let looks = plan::kinds(&project, rules);
    let jobs = project
        .services
        .iter()
        .zip(looks)
        .filter(|(_, looks)| looks.kind == Kind::Job);
    let hidden = jobs.filter_map(|(service, _)| {
        let node = model.inactive.get(service.name.as_str())?;
        let profiles = node.get("profiles").and_then(Node::as_seq).unwrap_or_default();
        Some(Hidden {
            name: service.name.clone(),
            profiles: profiles.iter().filter_map(Node::as_str).map(str::to_owned).collect(),
        })
    });
    hidden.collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn kinds_of_the_settings_are_read_and_what_else_is_wrong_there_does_not_matter() {
        let folder = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            fs::write(folder.path().join(".towline.yaml"), text).unwrap();
            kinds(folder.path())
        };
        let rules = read("kinds: {a: job, 'b-*': service}\npreset: nonsense\n").unwrap();
        let texts: Vec<&str> = rules.iter().map(KindRule::text).collect();
        assert_eq!(texts, ["a", "b-*"]);
        for wrong in [
            "kinds: {a: jop}",
            "kinds: [a]",
            "kind: {a: job}",
            "kinds: {a: job",
            "[]",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
