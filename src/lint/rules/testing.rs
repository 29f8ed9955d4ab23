//! What the tests of single rules begin with: files in one text, loaded and looked through.

use std::fs;

use crate::compose::load::{Loaded, Request, load};
use crate::lint::Settings;
use crate::lint::example::Example;
use crate::lint::fix::apply;
use crate::lint::project::{Kinds, Project};
use crate::lint::rule::{Found, Rule};

/// The files of an example, in a directory of their own, as a project.
struct Scene {
    loaded: Loaded,
    settings: Settings,
    _directory: tempfile::TempDir,
}

impl Scene {
    fn new(files: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for file in Example::files(files) {
            let path = directory.path().join(&file.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &file.text).unwrap();
        }
        let request = Request {
            directory: directory.path().to_str().unwrap().to_owned(),
            ..Request::default()
        };
        Self {
            loaded: load(request),
            settings: Settings::default(),
            _directory: directory,
        }
    }

    fn project(&self) -> Project<'_> {
        let loaded = &self.loaded;
        let model = loaded.model.as_ref();
        let model = model.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
        Project::new(
            model,
            &loaded.sources,
            &loaded.documents,
            &self.settings,
            &Kinds::of(model, &[]).unwrap(),
        )
    }
}

/// Does `work` with the project that the files of an example are.
pub(crate) fn with_project<R>(files: &str, work: impl FnOnce(&Project<'_>) -> R) -> R {
    work(&Scene::new(files).project())
}

/// The texts that a rule finds in the files of an example.
pub(crate) fn found(rule: &Rule, files: &str) -> Vec<String> {
    with_project(files, |project| {
        let mut found = Found::default();
        (rule.check)(project, &mut found);
        let spans = found.findings().iter().map(|finding| finding.span.unwrap());
        spans.map(|span| project.text(span).to_owned()).collect()
    })
}

/// What the fixes of a rule make of the one file of a project.
pub(crate) fn fixed(rule: &Rule, file: &str) -> String {
    with_project(file, |project| {
        let mut found = Found::default();
        (rule.check)(project, &mut found);
        let fixes = found.findings().iter().filter_map(|finding| finding.fix.as_ref());
        apply(file, fixes.flat_map(|fix| &fix.edits).collect())
    })
}
