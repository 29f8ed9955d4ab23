//! Fixes of what the loader finds, which knows nothing of how a text is laid out.

use super::edits::remove_entry;
use super::project::Project;
use crate::diagnostic::{Diagnostic, Fix};

/// Gives findings of the loader their fixes.
pub(super) fn amend(project: &Project<'_>, diagnostics: &mut [Diagnostic]) {
    for diagnostic in diagnostics.iter_mut().filter(|found| found.code == "version-obsolete") {
        let versions = project
            .documents()
            .filter_map(|document| document.as_map()?.get_key_value("version"));
        let mut here = versions.filter(|(_, value)| Some(value.span) == diagnostic.span);
        let edits = here.next().and_then(|(key, _)| remove_entry(project, key, None));
        diagnostic.fix = edits.map(|edits| Fix::safe("remove the version", edits));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::compose::load::Request;
    use crate::lint::Settings;
    use crate::lint::fix::fix;

    #[test]
    fn an_obsolete_version_goes_with_its_line() {
        let directory = tempfile::tempdir().unwrap();
        let text = "# A shop.\nversion: \"3.8\" # old\nservices:\n  a: {image: 'i:1'}\n";
        fs::write(directory.path().join("compose.yaml"), text).unwrap();
        let request = Request {
            directory: directory.path().to_str().unwrap().to_owned(),
            ..Request::default()
        };
        let fixed = fix("compose.yaml", &request, &Settings::default(), false);
        let [file] = fixed.files.as_slice() else {
            panic!("{:?}", fixed.findings.diagnostics)
        };
        assert_eq!(file.after, "# A shop.\nservices:\n  a: {image: 'i:1'}\n");
        assert_eq!(fixed.findings.diagnostics, []);
    }
}
