//! The ids of findings, and what each means in one phrase. An id is stable: people write it into their settings.

use crate::diagnostic::{Diagnostic, Severity};

/// An id and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id {
    /// The id.
    pub id: &'static str,
    /// What is wrong where it is found.
    pub summary: &'static str,
}

const fn id(id: &'static str, summary: &'static str) -> Id {
    Id { id, summary }
}

/// All ids, by name.
pub const IDS: &[Id] = &[
    id("bool-word", "a text stands where true or false is meant"),
    id("compose-file", "a compose file cannot be read"),
    id("compose-files", "more than one compose file could be meant"),
    id("container-name", "a container name is used by more than one container"),
    id("dependency-cycle", "services depend on each other in a circle"),
    id("device", "a device is not written as it must be"),
    id("empty", "there is nothing in the compose file"),
    id("env-file", "a file of variables cannot be read"),
    id("environment", "a variable that compose itself reads is not valid"),
    id("extends-cycle", "a service extends itself"),
    id("extends-depth", "too many services extend one another"),
    id("extends-unknown", "a service extends one that does not exist"),
    id(
        "external-name",
        "the name of an external resource is written in an old way",
    ),
    id("external-volume", "an external volume has settings of its own"),
    id("file-too-large", "a file is too large to be a compose file"),
    id(
        "healthcheck",
        "a health check does not begin with CMD, CMD-SHELL or NONE",
    ),
    id(
        "healthcheck-empty-command",
        "a health check without a command, which crashes the engine",
    ),
    id(
        "inactive-service",
        "a service depends on one whose profile is not active",
    ),
    id("include", "an include is not written as it must be"),
    id("include-cycle", "a file includes itself"),
    id("interpolation", "a variable is not written as it must be"),
    id("key-value", "an item is not of the form NAME=VALUE"),
    id("list-item", "an item of a list is not written as it must be"),
    id("merge", "two files say things that cannot be merged"),
    id("missing-key", "a key that must be there is missing"),
    id("mount", "a mount is not written as it must be"),
    id("negative-scale", "a service has less than no containers"),
    id("network-mode", "a service has both a network mode and networks"),
    id("no-build", "a build uses a service that is not built"),
    id("no-compose-file", "there is no compose file"),
    id("no-image", "a service has neither an image nor a build"),
    id("no-origin", "a config or secret says not where it comes from"),
    id("no-such-service", "a service that was asked for does not exist"),
    id("not-a-mapping", "a compose file is not a mapping"),
    id(
        "not-checked",
        "a file that lies elsewhere is not fetched, and not checked",
    ),
    id("not-finite", "a number is infinite or no number"),
    id("platform", "a build lacks the platform of its service"),
    id("port", "a port is not written as it must be"),
    id("project-name", "the project's name is not valid"),
    id("repeated-item", "a list says the same twice"),
    id("same-name", "a service and a job have the same name"),
    id("same-target", "two mounts have the same target"),
    id("settings", "a settings file is not written as it must be"),
    id("ssh-key", "an SSH key is not written as it must be"),
    id("swarm-only", "a setting that only Swarm knows is ignored"),
    id("two-dockerfiles", "a build has two Dockerfiles"),
    id("two-limits", "a limit is set twice, to different values"),
    id("two-origins", "a config or secret comes from two places"),
    id(
        "two-scales",
        "the number of containers is set twice, to different values",
    ),
    id("undefined-resource", "a service uses what is not declared"),
    id("undefined-service", "a service depends on one that does not exist"),
    id("unknown-key", "a key that compose does not know"),
    id("unknown-rule", "a comment names a rule that does not exist"),
    id("unused-ignore", "a comment ignores what is not found"),
    id("variable-required", "a variable that must be set is not set"),
    id("variable-unset", "a variable is not set, and stands for nothing"),
    id("version-obsolete", "the version is obsolete and ignored"),
    id("watch", "a rule to watch files is not written as it must be"),
    id("wrong-type", "a value is of another kind than it must be"),
    id("wrong-value", "a value is not one that is allowed"),
    id("yaml-alias", "an alias stands for nothing"),
    id("yaml-alias-bomb", "aliases multiply beyond what can be loaded"),
    id("yaml-alias-cycle", "an alias leads to itself"),
    id("yaml-character", "a character that YAML does not allow"),
    id("yaml-depth", "values are nested too deeply"),
    id("yaml-duplicate-key", "a key is given twice"),
    id("yaml-encoding", "a file is not valid UTF-8 or UTF-16"),
    id("yaml-expansion", "aliases multiply to more values than towline reads"),
    id("yaml-key", "a key is not a text"),
    id("yaml-merge", "a merge key does not name a mapping"),
    id("yaml-size", "a document has more values than Compose reads"),
    id("yaml-syntax", "a file is not valid YAML"),
    id("yaml-tag", "a value does not fit its tag"),
];

/// Whether a finding is compose's verdict: nothing that is chosen changes it.
pub(super) fn is_verdict(finding: &Diagnostic) -> bool {
    finding.severity == Severity::Error && is_of_loader(&finding.code)
}

/// Whether findings with this id are made while a file is read.
pub(super) fn is_of_loader(code: &str) -> bool {
    IDS.iter().any(|id| id.id == code)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use regex::Regex;

    use super::*;

    fn sources(path: &Path) -> String {
        if path.is_file() {
            return fs::read_to_string(path).unwrap();
        }
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|entry| sources(&entry)).collect()
    }

    #[test]
    fn every_finding_that_is_made_has_its_id_in_the_list() {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let text = [sources(&src.join("yaml")), sources(&src.join("compose/load"))].concat();
        let call = Regex::new(r#"(?:Diagnostic::(?:error|warning)|\.fail|\.error)\(\s*"([a-z-]+)"\s*,"#).unwrap();
        let made: BTreeSet<&str> = call
            .captures_iter(&text)
            .map(|call| call.get(1).unwrap().as_str())
            .collect();
        assert!(made.len() > 50, "{made:?}");
        for code in made {
            assert!(IDS.iter().any(|id| id.id == code), "{code} is not in src/lint/ids.rs");
        }
    }

    #[test]
    fn the_list_is_in_order_and_has_nothing_twice() {
        assert!(IDS.is_sorted_by(|a, b| a.id < b.id));
    }
}
