//! What Compose adds to a model: default attributes, the default network, names of resources, implied dependencies.

use super::decode::empty;
use super::environment::Environment;
use super::merge::merge_service;
use super::path::{visit, visit_containers, visit_workloads};
use super::schema::is_container_key;
use crate::diagnostic::{Diagnostics, Stop};
use crate::source::Span;
use crate::yaml::{Key, Map, Node, Value};

/// Fills attributes in that have a default of their own.
pub(super) fn set_defaults(root: &mut Node) {
    visit_containers(root, "build", &mut |build| {
        set_if_absent(build, "context", ".");
    });
    visit_workloads(root, "secrets.[]", &mut |secret| {
        let source = secret.get("source").and_then(Node::as_str).unwrap_or_default();
        let target = format!("/run/secrets/{source}");
        set_if_absent(secret, "target", &target);
    });
    for place in ["gpus.[]", "deploy.resources.reservations.devices.[]"] {
        visit_workloads(root, place, &mut |request| {
            if request.get("count").is_none() && request.get("device_ids").is_none() {
                set_if_absent(request, "count", "all");
            }
        });
    }
}

fn set_if_absent(node: &mut Node, key: &str, value: &str) {
    if node.get(key).is_none() {
        let span = node.span;
        node.set(key, Node::str(value, span));
    }
}

/// Gives services their default network, and hooks what they take over from their service.
pub(super) fn inherit(root: &mut Node, problems: &mut Diagnostics) -> Result<(), Stop> {
    for section in ["services", "jobs"] {
        for service in root
            .get_mut(section)
            .and_then(Node::as_map_mut)
            .into_iter()
            .flat_map(Map::values_mut)
        {
            networks(service);
            hooks(service, problems)?;
        }
    }
    Ok(())
}

/// Makes a model whole whose values have their final form: see the module's first line.
pub(super) fn normalise(root: &mut Node, project: &str, environment: &Environment) {
    for section in ["services", "jobs"] {
        visit(root, &format!("{section}.*"), &mut |service| {
            build(service, environment);
            dependencies(service);
            scale(service);
        });
    }
    default_network(root);
    for section in ["networks", "volumes", "secrets", "configs"] {
        resource_names(root, section, project);
    }
}

fn build(service: &mut Node, environment: &Environment) {
    let Some(build) = service.get_mut("build") else { return };
    if build.get("dockerfile_inline").is_none() {
        set_if_absent(build, "dockerfile", "Dockerfile");
    }
    let Some(args) = build.get_mut("args") else { return };
    super::service_env::resolve_bare(args, environment, true);
}

/// Dependencies that other attributes imply.
fn dependencies(service: &mut Node) {
    let mut implied: Vec<(String, bool, Span)> = Vec::new();
    let text = |key: &str| service.get(key).and_then(|node| Some((node.as_str()?, node.span)));
    for item in service.get("links").into_iter().flat_map(Node::items) {
        let name = item.as_str().unwrap_or_default().split(':').next().unwrap_or_default();
        implied.push((name.to_owned(), true, item.span));
    }
    for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        if let Some((value, span)) = text(key)
            && let Some(name) = value.strip_prefix("service:")
        {
            implied.push((name.to_owned(), true, span));
        }
    }
    for item in service.get("volumes_from").into_iter().flat_map(Node::items) {
        let value = item.as_str().unwrap_or_default();
        if !value.starts_with("container:") {
            let name = value.split(':').next().unwrap_or_default();
            implied.push((name.to_owned(), false, item.span));
        }
    }
    if implied.is_empty() {
        return;
    }
    if service.get("depends_on").is_none() {
        let span = service.span;
        service.set("depends_on", empty(span));
    }
    let Some(depends_on) = service.get_mut("depends_on") else {
        return;
    };
    for (name, restart, span) in implied {
        if depends_on.get(&name).is_some() {
            continue;
        }
        let mut entry = empty(span);
        entry.set("condition", Node::str("service_started", span));
        entry.set("required", Node::new(Value::Bool(true), span));
        if restart {
            entry.set("restart", Node::new(Value::Bool(true), span));
        }
        depends_on.set(&name, entry);
    }
}

fn networks(service: &mut Node) {
    let has_own = service
        .get("networks")
        .is_some_and(|networks| networks.entries().next().is_some());
    if has_own || service.get("network_mode").is_some() || service.get("provider").is_some() {
        return;
    }
    let span = service.span;
    let mut networks = empty(span);
    networks.set("default", Node::new(Value::Null, span));
    service.set("networks", networks);
}

fn scale(service: &mut Node) {
    if let Some(scale) = service.get("scale").cloned()
        && let Some(deploy) = service.get_mut("deploy")
        && deploy.get("replicas").is_none()
    {
        deploy.set("replicas", scale);
    }
}

/// What a hook that runs before the start does not take over from its service, though both can have it.
const OWN: [&str; 2] = ["command", "volumes"];

/// Lays each hook that runs before the start over its service, as one file lies over another.
fn hooks(service: &mut Node, problems: &mut Diagnostics) -> Result<(), Stop> {
    let mut inherited = empty(service.span);
    for (key, value) in service.entries() {
        if is_container_key(key) && !OWN.contains(&&**key) {
            inherited.set(key, value.clone());
        }
    }
    for hook in service
        .get_mut("pre_start")
        .and_then(Node::as_seq_mut)
        .into_iter()
        .flatten()
    {
        let own = std::mem::take(hook);
        *hook = merge_service(inherited.clone(), own, problems)?;
    }
    Ok(())
}

fn default_network(root: &mut Node) {
    let services = ["services", "jobs"].into_iter().filter_map(|section| root.get(section));
    let uses = |service: &Node| service.at(&["networks", "default"]).is_some();
    if !services.flat_map(Node::entries).any(|(_, service)| uses(service)) {
        return;
    }
    let span = root.span;
    if root.get("networks").is_none() {
        root.set("networks", empty(span));
    }
    if let Some(networks) = root.get_mut("networks")
        && networks.get("default").is_none()
    {
        networks.set("default", empty(span));
    }
}

fn resource_names(root: &mut Node, section: &str, project: &str) {
    let Some(map) = root.get_mut(section).and_then(Node::as_map_mut) else {
        return;
    };
    let resources: Map = std::mem::take(map);
    let named = |(key, mut resource): (Key, Node)| {
        if resource.is_null() {
            resource = empty(key.span);
        }
        let is_external = resource.get("external").and_then(Node::as_bool) == Some(true);
        if resource.get("name").is_none() {
            let name = if is_external {
                key.to_string()
            } else {
                format!("{project}_{}", key.text)
            };
            resource.set("name", Node::str(name, key.span));
        }
        (key, resource)
    };
    *map = resources.into_iter().map(named).collect();
}

#[cfg(test)]
mod tests {
    use super::super::testing::{shown, told, tree};
    use super::*;

    fn normalised(text: &str) -> Node {
        let mut root = tree(text);
        let mut problems = Diagnostics::default();
        set_defaults(&mut root);
        assert!(inherit(&mut root, &mut problems).is_ok(), "{}", told(&problems));
        let set = [("SET".to_owned(), "value".to_owned())];
        normalise(&mut root, "p", &Environment::new(set));
        root
    }

    fn at(root: &Node, keys: &[&str]) -> String {
        root.at(keys).map(shown).unwrap_or_default()
    }

    #[test]
    fn resources_get_their_names() {
        let root = normalised("volumes: {a: , b: {external: true}, c: {name: ''}}\nservices: {s: {image: i}}");
        assert_eq!(
            at(&root, &["volumes"]),
            "{a:{name:p_a},b:{external:true,name:b},c:{name:}}"
        );
        assert_eq!(at(&root, &["networks"]), "{default:{name:p_default}}");
    }

    #[test]
    fn what_a_service_implies_becomes_a_dependency() {
        let root =
            normalised("services: {s: {links: ['a:x'], volumes_from: ['b:ro', 'container:c'], pid: 'service:d'}}");
        let implied = "{condition:service_started,required:true,restart:true}";
        let without = "{condition:service_started,required:true}";
        assert_eq!(
            at(&root, &["services", "s", "depends_on"]),
            format!("{{a:{implied},d:{implied},b:{without}}}")
        );
    }

    #[test]
    fn builds_have_a_context_a_file_and_arguments() {
        let root = normalised("services: {s: {build: {args: {A: , SET: , B: 1}}}, t: {build: {dockerfile_inline: x}}}");
        assert_eq!(
            at(&root, &["services", "s", "build"]),
            "{args:{SET:value,B:1},context:.,dockerfile:Dockerfile}"
        );
        assert_eq!(
            at(&root, &["services", "t", "build"]),
            "{dockerfile_inline:x,context:.}"
        );
    }

    #[test]
    fn a_hook_takes_over_what_it_does_not_say() {
        let root = normalised(
            "services: {s: {image: i, user: u, ports: [1], volumes: [v], pre_start: [{user: w, command: [c]}]}}",
        );
        assert_eq!(
            at(&root, &["services", "s", "pre_start"]),
            "[{image:i,user:w,networks:{default:null},command:[c]}]"
        );
    }
}
