//! A build argument that no stage declares.

use std::collections::HashSet;

use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::yaml::Node;

/// Arguments that every Dockerfile has.
const PREDEFINED: [&str; 11] = [
    "ALL_PROXY",
    "BUILDPLATFORM",
    "FTP_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SOURCE_DATE_EPOCH",
    "TARGETARCH",
    "TARGETOS",
    "TARGETPLATFORM",
    "TARGETVARIANT",
];

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "build-arg-unused",
    summary: "a build is given an argument that its Dockerfile does not declare",
    why: "The argument is dropped with a note in the middle of the build's output, and the image is built as if it had not \
          been given: with the default version, without the proxy, in the wrong mode.",
    level: Severity::Warning,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  app:
    build:
      context: .
      args:
        «NODE_VERSION»: \"24\"
== Dockerfile ==
ARG NODE=22
FROM node:${NODE}
",
    good: "\
services:
  app:
    build:
      context: .
      args:
        NODE_VERSION: \"24\"
== Dockerfile ==
ARG NODE_VERSION=22
FROM node:${NODE_VERSION}
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let mut used = HashSet::new();
    let mut unused = Vec::new();
    for service in project.services() {
        let args = service.node.at(&["build", "args"]);
        let args: Vec<_> = args.into_iter().flat_map(Node::entries).collect();
        let file = project.dockerfile(service).filter(|_| !args.is_empty());
        let Some(file) = file.filter(|file| file.syntax.is_none() && !file.stages.is_empty()) else {
            // What is not known may use them all.
            used.extend(args.iter().map(|(key, _)| key.span));
            continue;
        };
        let declared: HashSet<&str> = file.declared().collect();
        for (key, _) in args {
            if declared.contains(&*key.text) || is_predefined(&key.text) {
                used.insert(key.span);
            } else {
                unused.push((service, key));
            }
        }
    }
    // Arguments that several builds share, by an anchor or by `extends`, need one that uses them.
    for (service, key) in unused {
        if used.insert(key.span) {
            let (name, arg) = (service.name(), &key.text);
            found.push(
                at(
                    key.span,
                    format!("the Dockerfile of \"{name}\" has no \"ARG {arg}\", and the argument is dropped"),
                )
                .help(format!("declare it with \"ARG {arg}\" where it is used, or remove it")),
            );
        }
    }
}

fn is_predefined(name: &str) -> bool {
    name.starts_with("BUILDKIT_") || PREDEFINED.contains(&&*name.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    #[test]
    fn arguments_are_declared_before_the_first_stage_or_in_any() {
        let file = "services:\n  a:\n    build: {context: ., target: one, args: [A=1, B=2, C=3, http_proxy=x, \
                    BUILDKIT_INLINE_CACHE=1, D=1]}\n== Dockerfile ==\nARG A\nFROM x AS one\nARG B=1 E\nFROM y\nARG C\n";
        assert_eq!(found(&RULE, file), ["D=1"]);
    }

    #[test]
    fn shared_arguments_need_one_build_that_declares_them() {
        let file = "x-args: &args {A: 1, B: 2}\nservices:\n  a:\n    build: {context: ./a, args: *args}\n  b:\n    build: \
                    {context: ./b, args: *args}\n== a/Dockerfile ==\nFROM x\nARG A\n== b/Dockerfile ==\nFROM x\n";
        assert_eq!(found(&RULE, file), ["B"]);
    }

    #[test]
    fn a_dockerfile_that_is_not_there_may_declare_anything() {
        let file = "services:\n  a:\n    build: {context: \"https://x.y/z.git\", args: {A: 1}}\n  b:\n    build: {context: ., \
                    args: {A: 1}}\n";
        assert_eq!(found(&RULE, file), Vec::<String>::new());
    }
}
