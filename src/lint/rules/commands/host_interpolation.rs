//! A variable of the container that compose replaces.

use std::collections::HashSet;

use super::text::all;
use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::lint::places::is_own;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::uses::{Use, Uses, bare};
use crate::shell::script_of;
use crate::source::Span;
use crate::yaml::Node;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "host-interpolation",
    summary: "a command uses a variable of the container, and compose replaces it before",
    why: "Compose puts the values of the machine that it runs on in the place of `$NAME`, in commands too. A variable that \
          exists only in the container is not set there: nothing is left of it. Written with two dollar signs, it stays \
          for the shell in the container.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  deploy:
    image: tools:1
    command: [sh, -c, 'deploy --to \"«$TARGET»\"']
    environment:
      TARGET: staging
",
    good: "\
services:
  deploy:
    image: tools:1
    command: [sh, -c, 'deploy --to \"$$TARGET\"']
    environment:
      TARGET: staging
",
    fixed: Some(
        "\
services:
  deploy:
    image: tools:1
    command: [sh, -c, 'deploy --to \"$$TARGET\"']
    environment:
      TARGET: staging
",
    ),
    check,
};

/// Variables that a shell sets by itself.
const OF_SHELLS: [&str; 12] = [
    "EUID", "HOSTNAME", "IFS", "LINENO", "OLDPWD", "OPTARG", "OPTIND", "PPID", "RANDOM", "REPLY", "SECONDS", "UID",
];

fn check(project: &Project<'_>, found: &mut Found) {
    let mut seen = HashSet::new();
    for service in project.services() {
        for text in texts(project, service) {
            if !text.written.contains('$') || !seen.insert(text.span) {
                continue;
            }
            let uses = Uses::new(project, text.span, text.written);
            let assigned = assigned(text.written);
            for variable in bare(text.written) {
                if let Some(why) = reason(project, service, &text, variable.name, &assigned) {
                    found.push(finding(project, service, &text, &variable, uses.place(&variable), why));
                }
            }
        }
    }
}

/// A text of a command as it is written.
struct Text<'a> {
    span: Span,
    written: &'a str,
    /// Whether a shell in the container reads it.
    is_script: bool,
}

/// The texts of all that a service runs in its container.
fn texts<'a>(project: &Project<'a>, service: &Service<'a>) -> Vec<Text<'a>> {
    let mut texts = Vec::new();
    for argv in all(service) {
        let script = argv.script().map(|(_, node)| node.span);
        for part in &argv.parts {
            let has_script = part.node.items().any(|item| Some(item.span) == script);
            if let Some(written) = text_at(project, part.node) {
                texts.push(Text {
                    span: part.node.span,
                    written,
                    is_script: has_script,
                });
                continue;
            }
            let items = part
                .node
                .items()
                .filter_map(|item| Some((item.span, text_at(project, item)?)));
            texts.extend(items.map(|(span, written)| Text {
                span,
                written,
                is_script: Some(span) == script,
            }));
        }
    }
    texts.extend(health_test(project, service));
    texts
}

fn text_at<'a>(project: &Project<'a>, node: &Node) -> Option<&'a str> {
    project.written(node.span)?.as_str()
}

/// The script of a health check.
fn health_test<'a>(project: &Project<'a>, service: &Service<'a>) -> Option<Text<'a>> {
    let items = service.node.at(&["healthcheck", "test"])?.as_seq()?;
    let (keyword, words) = items.split_first()?;
    let node = if keyword.as_str()? == "CMD-SHELL" {
        words.first()?
    } else {
        let texts: Vec<&str> = words.iter().filter_map(Node::as_str).collect();
        words.get(script_of(&texts)?.index)?
    };
    let written = text_at(project, node)?;
    Some(Text {
        span: node.span,
        written,
        is_script: true,
    })
}

fn finding(
    project: &Project<'_>,
    service: &Service<'_>,
    text: &Text<'_>,
    variable: &Use<'_>,
    exact: Option<Span>,
    why: &str,
) -> Diagnostic {
    let name = variable.name;
    let service_name = service.name();
    let mut finding = at(
        exact.unwrap_or(text.span),
        format!("compose replaces \"${name}\" in \"{service_name}\" by nothing: {why}"),
    );
    let variables = service.get("environment").and_then(Node::as_map);
    if let Some((key, _)) = variables.and_then(|variables| variables.get_key_value(name)) {
        finding = finding.label(key.span, "set for the container here");
    }
    if !text.is_script {
        // Without a shell, the variable of the machine may be meant, which is set where it matters.
        let help = format!("give the command to a shell, and write $${name}; or set it where compose runs");
        return finding.help(help).at_most(Severity::Warning);
    }
    let fix = exact.filter(|_| is_own(project, service, text.span)).map(|place| {
        let edits = vec![Edit::replace(place.part(0, 0), "$")];
        Fix::safe("leave the variable to the container", edits)
            .changing(&["services.*.command", "services.*.entrypoint"])
            .changing(&["services.*.command", "services.*.entrypoint"])
    });
    finding.help(format!("write $${name}")).fix(fix)
}

/// Why the variable is one of the container.
fn reason(
    project: &Project<'_>,
    service: &Service<'_>,
    text: &Text<'_>,
    name: &str,
    assigned: &HashSet<&str>,
) -> Option<&'static str> {
    if project.model.variables.contains_key(name) {
        return None;
    }
    let value = service.node.at(&["environment", name]);
    if let Some(value) = value.filter(|value| value.as_str().is_some_and(|text| !text.is_empty())) {
        // The value may come from the machine itself, where the variable is set when it matters.
        let is_fixed =
            text_at(project, value).is_none_or(|written| !bare(written).iter().any(|used| used.name == name));
        return is_fixed.then_some("it is set in the container alone");
    }
    if value.is_some() || !text.is_script {
        return None;
    }
    if OF_SHELLS.contains(&name) {
        return Some("the shell in the container sets it");
    }
    assigned
        .contains(name)
        .then_some("the script sets it, in the container")
}

/// The variables that a script sets, as far as its text tells.
fn assigned(script: &str) -> HashSet<&str> {
    let separates = |c: char| c.is_whitespace() || ";&|(){}`\"'".contains(c);
    let mut assigned = HashSet::new();
    let mut before = "";
    for word in script.split(separates).filter(|word| !word.is_empty()) {
        if matches!(before, "for" | "read" | "-r" | "select") {
            assigned.insert(word);
        }
        assigned.extend(word.split_once('=').map(|(name, _)| name));
        before = word;
    }
    assigned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    fn service(keys: &str) -> Vec<String> {
        found(&RULE, &format!("services:\n  a:\n    image: i\n    {keys}\n"))
    }

    #[test]
    fn variables_of_the_machine_are_meant_for_compose() {
        for keys in [
            "command: sh -c 'echo $A'",
            "command: sh -c 'echo $A'\n    environment: {A: $A}",
            "command: sh -c 'echo $A'\n    environment: ['A=${A}']",
            "command: sh -c 'echo $A'\n    environment: [A]",
            "command: sh -c 'echo ${A:-b}'\n    environment: {A: c}",
            "command: sh -c 'echo $$A $$$$A'\n    environment: {A: c}",
            "command: sh -c 'echo $A'\n    environment: {A: c}\n== .env ==\nA=b",
            "image: $A\n    environment: {A: c}",
            "command: echo $i",
        ] {
            assert!(service(&keys.replacen("image", "hostname", 1)).is_empty(), "{keys}");
        }
    }

    #[test]
    fn variables_of_the_container_are_found_everywhere() {
        for (keys, expected) in [
            ("command: echo ${A}\n    environment: [A=c]", &["${A}"][..]),
            ("command: sh -c 'for i in 1; do echo $$x $i; done'", &["$i"]),
            ("command: [sh, -c, 'X=$(date); echo $X $1']", &["$X"]),
            ("command: bash -c 'echo $RANDOM'", &["$RANDOM"]),
            ("healthcheck: {test: 'a -u $A'}\n    environment: {A: c}", &["$A"]),
            (
                "healthcheck: {test: [CMD, sh, -c, 'a $A']}\n    environment: {A: c}",
                &["$A"],
            ),
            (
                "post_start: [{command: [sh, -c, 'a $A']}]\n    environment: {A: c}",
                &["$A"],
            ),
            ("command: sh -c \"${X:-$A} $A\\t\"\n    environment: {A: c}", &["$A"]),
            ("command: sh -c 'a $A'\n    env_file: a.env\n== a.env ==\nA=b", &["$A"]),
        ] {
            assert_eq!(service(keys), expected, "{keys}");
        }
    }
}
