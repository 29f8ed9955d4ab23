//! Which services count: profiles, the services that are asked for, and the resources that are left over.
//! (Compose specification, "Profiles".)

use std::collections::HashSet;

use super::Unused;
use super::environment::Environment;
use crate::diagnostic::{Diagnostic, Diagnostics, Stop};
use crate::yaml::{Key, Map, Node};

/// The profiles that are active: those of the request, else those of `COMPOSE_PROFILES`.
pub(super) fn profiles(requested: &[String], environment: &Environment) -> Vec<String> {
    if !requested.is_empty() {
        return requested.to_vec();
    }
    let list = environment.get("COMPOSE_PROFILES").unwrap_or_default();
    list.split(',').map(|profile| profile.trim().to_owned()).collect()
}

/// Takes the services and jobs away whose profiles are not active, and gives them.
pub(super) fn deactivate(root: &mut Node, profiles: &[String]) -> Map {
    let mut inactive = Map::default();
    for section in ["services", "jobs"] {
        let Some(services) = root.get_mut(section).and_then(Node::as_map_mut) else {
            continue;
        };
        let (active, others) = std::mem::take(services)
            .into_iter()
            .partition(|(_, service)| is_active(service, profiles));
        *services = active;
        if section == "services" {
            inactive = others;
        }
    }
    inactive
}

fn is_active(service: &Node, profiles: &[String]) -> bool {
    let mut own = service
        .get("profiles")
        .into_iter()
        .flat_map(Node::items)
        .filter_map(Node::as_str)
        .peekable();
    own.peek().is_none() || own.any(|own| profiles.iter().any(|profile| profile == "*" || profile == own))
}

/// Keeps the services that are asked for and those they depend on.
pub(super) fn select(
    root: &mut Node,
    inactive: &mut Map,
    profiles: &[String],
    names: &[String],
    problems: &mut Diagnostics,
) -> Result<(), Stop> {
    if names.is_empty() {
        return Ok(());
    }
    let mut profiles = profiles.to_vec();
    for name in names {
        let own = inactive.get(name.as_str()).and_then(|service| service.get("profiles"));
        profiles.extend(
            own.into_iter()
                .flat_map(Node::items)
                .filter_map(Node::as_str)
                .map(str::to_owned),
        );
    }
    let Some(services) = root.get_mut("services").and_then(Node::as_map_mut) else {
        return Ok(());
    };
    let (activated, others) = std::mem::take(inactive)
        .into_iter()
        .partition(|(_, service)| is_active(service, &profiles));
    *inactive = others;
    services.extend::<Map>(activated);
    let mut kept: HashSet<String> = HashSet::new();
    let mut wanted: Vec<(String, bool)> = Vec::new();
    for name in names {
        let matching: Vec<(String, bool)> = services
            .keys()
            .filter(|key| matches(name, key))
            .map(|key| (key.to_string(), true))
            .collect();
        if matching.is_empty() {
            wanted.push((name.clone(), true));
        }
        wanted.extend(matching);
    }
    while let Some((name, required)) = wanted.pop() {
        let Some(service) = services.get(name.as_str()) else {
            if required {
                return problems.stop(Diagnostic::error(
                    "no-such-service",
                    None,
                    format!("there is no service \"{name}\""),
                ));
            }
            continue;
        };
        if kept.insert(name) {
            let depends_on = service.get("depends_on").into_iter().flat_map(Node::entries);
            wanted.extend(depends_on.map(|(key, entry)| {
                (
                    key.to_string(),
                    entry.get("required").and_then(Node::as_bool) != Some(false),
                )
            }));
        }
    }
    services.retain(|key, _| kept.contains(&*key.text));
    for service in services.values_mut() {
        if let Some(depends_on) = service.get_mut("depends_on").and_then(Node::as_map_mut) {
            depends_on.retain(|key, _| kept.contains(&*key.text));
        }
    }
    Ok(())
}

/// Whether a name fits a pattern, in which `*` stands for any text and `?` for one character.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.chars().next() {
        None => name.is_empty(),
        Some('*') => {
            let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            ends.into_iter().any(|at| matches(&pattern[1..], &name[at..]))
        }
        Some('?') => {
            let mut rest = name.chars();
            rest.next().is_some() && matches(&pattern[1..], rest.as_str())
        }
        Some(c) => name
            .strip_prefix(c)
            .is_some_and(|rest| matches(&pattern[c.len_utf8()..], rest)),
    }
}

/// Takes resources away that no service uses, and gives them, each with its section.
pub(super) fn prune(root: &mut Node) -> Vec<Unused> {
    let mut unused = Vec::new();
    let mut used: HashSet<(&'static str, String)> = HashSet::new();
    for section in ["services", "jobs"] {
        for (_, service) in root.get(section).into_iter().flat_map(Node::entries) {
            collect(service, &mut used);
        }
    }
    for section in ["networks", "volumes", "secrets", "configs", "models"] {
        if let Some(map) = root.get_mut(section).and_then(Node::as_map_mut) {
            let is_used = |key: &Key| used.contains(&(section, key.to_string()));
            let (kept, rest): (Map, Map) = std::mem::take(map).into_iter().partition(|(key, _)| is_used(key));
            *map = kept;
            unused.extend(rest.into_iter().map(|(key, node)| (section, key, node)));
        }
    }
    unused
}

fn collect(service: &Node, used: &mut HashSet<(&'static str, String)>) {
    for section in ["networks", "models"] {
        let keys = service.get(section).into_iter().flat_map(Node::entries);
        used.extend(keys.map(|(key, _)| (section, key.to_string())));
    }
    let is_volume = |mount: &&Node| mount.get("type").and_then(Node::as_str) == Some("volume");
    let mounts = service
        .get("volumes")
        .into_iter()
        .flat_map(Node::items)
        .filter(is_volume);
    used.extend(mounts.filter_map(|mount| Some(("volumes", mount.get("source")?.as_str()?.to_owned()))));
    let places: [(&[&str], &'static str); 3] = [
        (&["secrets"], "secrets"),
        (&["configs"], "configs"),
        (&["build", "secrets"], "secrets"),
    ];
    for (place, section) in places {
        let items = service.at(place).into_iter().flat_map(Node::items);
        let sources = items.filter_map(|item| item.get("source")?.as_str());
        used.extend(sources.map(|source| (section, source.to_owned())));
    }
}

/// Two containers cannot have one name.
pub(super) fn check_container_names(root: &Node, problems: &mut Diagnostics) {
    let mut seen = std::collections::HashMap::new();
    for (_, service) in root.get("services").into_iter().flat_map(Node::entries) {
        let Some(name) = service.get("container_name") else {
            continue;
        };
        let Some(text) = name.as_str().filter(|text| !text.is_empty()) else {
            continue;
        };
        if let Some(first) = seen.insert(text, name.span) {
            let problem = Diagnostic::error(
                "container-name",
                name.span,
                format!("two containers have the name {text:?}"),
            );
            problems.push(problem.label(first, "the other one"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{told, tree};
    use super::*;

    const PROJECT: &str = "services:\n  a: {depends_on: {b: {}, c: {required: false}}, volumes: [{type: volume, source: v}]}\n  \
                           b: {networks: {n: }}\n  c: {profiles: [p]}\n  d: {profiles: [q], networks: {m: }}\n\
                           networks: {n: {}, m: {}}\nvolumes: {v: {}, w: {}}\n";

    fn names(node: Option<&Node>) -> String {
        let names: Vec<String> = node
            .into_iter()
            .flat_map(Node::entries)
            .map(|(key, _)| key.to_string())
            .collect();
        names.join(" ")
    }

    fn selected(profiles: &[&str], wanted: &[&str]) -> Result<Node, String> {
        let mut root = tree(PROJECT);
        let mut problems = Diagnostics::default();
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let mut inactive = deactivate(&mut root, &texts(profiles));
        select(
            &mut root,
            &mut inactive,
            &texts(profiles),
            &texts(wanted),
            &mut problems,
        )
        .map_err(|_| told(&problems))?;
        prune(&mut root);
        Ok(root)
    }

    #[test]
    fn profiles_decide_which_services_there_are() {
        let services = |profiles: &[&str]| names(selected(profiles, &[]).unwrap().get("services"));
        assert_eq!(services(&[""]), "a b");
        assert_eq!(services(&["p", "zz"]), "a b c");
        assert_eq!(services(&["*"]), "a b c d");
    }

    #[test]
    fn a_service_brings_what_it_needs_and_wakes_its_profile() {
        let services = |wanted: &[&str]| selected(&[""], wanted).map(|root| names(root.get("services")));
        assert_eq!(services(&["a"]), Ok("a b".to_owned()));
        assert_eq!(services(&["d"]), Ok("d".to_owned()));
        assert_eq!(services(&["?"]), Ok("a b".to_owned()));
        assert_eq!(services(&["zz"]), Err("there is no service \"zz\"".to_owned()));
    }

    #[test]
    fn resources_that_nothing_uses_go() {
        let root = selected(&[""], &["a"]).unwrap();
        assert_eq!(names(root.get("networks")), "n");
        assert_eq!(names(root.get("volumes")), "v");
        assert_eq!(names(selected(&["q"], &["d"]).unwrap().get("networks")), "m");
    }

    #[test]
    fn a_pattern_fits_a_whole_name() {
        for (pattern, name, fits) in [
            ("a*", "abc", true),
            ("?b*", "ab", true),
            ("a", "ab", false),
            ("*é", "xé", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }
}
