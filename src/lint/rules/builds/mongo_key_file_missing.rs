//! A replica set of MongoDB with users and without the key that its members know each other by.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::images::Reference;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::shell::program_name;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "mongo-key-file-missing",
    summary: "MongoDB has a root user and a replica set, and no key file",
    why: "With a root user the image starts MongoDB with authorization, under which the members of a replica set must prove \
          themselves to each other with a key. Without one the server exits with \"security.keyFile is required when authorization \
          is enabled with replica sets\".",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  mongo:
    image: mongo:8.0
    command: [«--replSet», rs0]
    environment:
      MONGO_INITDB_ROOT_USERNAME: root
      MONGO_INITDB_ROOT_PASSWORD: only-for-tests
",
    good: "\
services:
  mongo:
    image: mongo:8.0
    command: [--replSet, rs0]
",
    fixed: None,
    check,
};

/// Variables of the root user. Those of files count as well.
const USER: [&str; 2] = ["MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_USERNAME_FILE"];

/// Options with which members prove themselves, or need not, or which name a file that can say so.
const PROOFS: [&str; 7] = [
    "--clusterAuthMode",
    "--config",
    "--keyFile",
    "--noauth",
    "--tlsClusterFile",
    "--transitionToAuth",
    "-f",
];

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(service));
    }
}

fn finding(service: &Service<'_>) -> Option<Diagnostic> {
    let image = service.pulled_image().and_then(Node::as_str)?;
    let is_mongo = Reference::split(image).path() == "library/mongo";
    if !is_mongo || service.items("entrypoint").len() > 0 {
        return None;
    }
    // The image adds the authorization where it starts the server itself, and not where a shell does.
    let first = service.words().first().copied()?;
    let is_server = first.starts_with('-') || program_name(first) == "mongod";
    let is_set = |name: &str| {
        let value = service.node.at(&["environment", name]).and_then(Node::as_str);
        value.is_some_and(|value| !value.is_empty())
    };
    let option = |node: &&Node| node.as_str().is_some_and(|word| name(word) == "--replSet");
    let set = service.items("command").find(option)?;
    let has_proof = service.words().iter().any(|word| PROOFS.contains(&name(word)));
    if !is_server || has_proof || !USER.iter().any(|name| is_set(name)) {
        return None;
    }
    let message = format!(
        "`{}` exits: a replica set with a root user needs a key file",
        service.name()
    );
    Some(at(set.span, message).help(
        "leave the root user out in tests, or mount a key file that only the user mongodb can read and add `--keyFile`",
    ))
}

/// An option without its value.
fn name(word: &str) -> &str {
    word.split('=').next().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn a_key_a_file_of_settings_or_no_user_is_fine() {
        let of = |command: &str, user: &str| {
            let text = format!(
                "services: {{a: {{image: 'mongo:7', command: {command}, environment: {{{user}: root, MONGO_INITDB_ROOT_PASSWORD: x}}}}}}\n"
            );
            found(&RULE, &text).len()
        };
        let user = "MONGO_INITDB_ROOT_USERNAME";
        assert_eq!(of("mongod --replSet=rs0 --bind_ip_all", user), 1);
        assert_eq!(of("--replSet rs0", "MONGO_INITDB_ROOT_USERNAME_FILE"), 1);
        for command in [
            "--replSet rs0 --keyFile /k",
            "--replSet rs0 --noauth",
            "--config /etc/mongod.conf --replSet rs0",
            "--bind_ip_all",
            "sh -c 'mongod --replSet rs0'",
        ] {
            assert_eq!(of(command, user), 0, "{command}");
        }
        assert_eq!(of("--replSet rs0", "OTHER"), 0);
    }
}
