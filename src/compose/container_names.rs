//! What a file says of the fixed name of a container, in a run that takes such names away so that several can go on at once.
//! Pure.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::model::{DependsOn, Project};
use crate::event::Condition;

/// Keys that a container can be named in whose namespace is joined.
const MODES: [&str; 3] = ["network_mode", "pid", "ipc"];

impl Project {
    /// Where a service refers to a container by the fixed name that another service has in the file, it refers to that
    /// service from now on, and depends on it. Gives back a note for each name that is referred to in another way, in
    /// which nobody will be found by it.
    pub fn refer_to_services(&mut self) -> Vec<String> {
        let owners = self.container_names();
        if owners.is_empty() {
            return Vec::new();
        }
        let mut notes = Vec::new();
        let mut needs: Vec<(String, String)> = Vec::new();
        for section in ["services", "jobs"] {
            let services = self.document.get_mut(section).and_then(Value::as_object_mut);
            for (name, service) in services.into_iter().flatten() {
                let Value::Object(service) = service else { continue };
                notes.extend(scripts_note(name, service, &owners));
                let others: BTreeMap<&String, &String> = owners.iter().filter(|(_, owner)| *owner != name).collect();
                let referred = redirect(service, &others);
                needs.extend(referred.into_iter().map(|owner| (name.clone(), owner)));
            }
        }
        for (name, owner) in needs {
            if let Some(service) = self.services.iter_mut().find(|service| service.name == name) {
                service.depends_on.entry(owner).or_insert(DependsOn {
                    condition: Condition::Started,
                    required: true,
                });
            }
        }
        notes
    }

    /// The fixed names, each with its service.
    fn container_names(&self) -> BTreeMap<String, String> {
        let services = self.document.get("services").and_then(Value::as_object);
        let services = services.into_iter().flatten();
        services
            .filter_map(|(name, service)| Some((service["container_name"].as_str()?.to_owned(), name.clone())))
            .collect()
    }
}

/// Puts services in the place of their containers: which they are.
fn redirect(service: &mut Map<String, Value>, owners: &BTreeMap<&String, &String>) -> Vec<String> {
    let owner_of = |container: &str| owners.get(&container.to_owned()).map(|owner| (*owner).clone());
    let mut referred = Vec::new();
    for key in MODES {
        let container = service.get(key).and_then(Value::as_str);
        let owner = container
            .and_then(|mode| mode.strip_prefix("container:"))
            .and_then(owner_of);
        if let Some(owner) = owner {
            service.insert(key.to_owned(), format!("service:{owner}").into());
            referred.push(owner);
        }
    }
    for from in items(service, "volumes_from") {
        let text = from
            .as_str()
            .and_then(|from| from.strip_prefix("container:"))
            .unwrap_or_default();
        let (container, mode) = text
            .split_once(':')
            .map_or((text, ""), |(container, mode)| (container, mode));
        if let Some(owner) = owner_of(container) {
            let mode = if mode.is_empty() {
                String::new()
            } else {
                format!(":{mode}")
            };
            *from = format!("{owner}{mode}").into();
            referred.push(owner);
        }
    }
    let mut links = Vec::new();
    if let Some(Value::Array(external)) = service.get_mut("external_links") {
        external.retain(|link| {
            let link = link.as_str().unwrap_or_default();
            let (container, alias) = link.split_once(':').unwrap_or((link, link));
            let owner = owner_of(container);
            if let Some(owner) = &owner {
                links.push(format!("{owner}:{alias}"));
                referred.push(owner.clone());
            }
            owner.is_none()
        });
    }
    if !links.is_empty()
        && let Value::Array(own) = service.entry("links").or_insert_with(|| json!([]))
    {
        own.extend(links.into_iter().map(Value::String));
    }
    referred
}

fn items<'a>(service: &'a mut Map<String, Value>, key: &str) -> impl Iterator<Item = &'a mut Value> {
    service.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten()
}

/// A script that calls `docker` with the name of a container cannot be helped.
fn scripts_note(name: &str, service: &Map<String, Value>, owners: &BTreeMap<String, String>) -> Option<String> {
    let scripts = ["entrypoint", "command", "post_start", "pre_stop", "healthcheck"];
    let text: String = scripts
        .iter()
        .filter_map(|key| service.get(*key))
        .map(|value| format!("{value} "))
        .collect();
    if !text.contains("docker") {
        return None;
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let words: Vec<&str> = text.split(|c: char| !is_part(c)).collect();
    let (container, owner) = owners
        .iter()
        .find(|(container, _)| words.contains(&container.as_str()))?;
    Some(format!(
        "the container of `{owner}` does not have its name `{container}` in this run, and a script of `{name}` calls docker \
         with it: find the container by `docker ps -q --filter label=com.docker.compose.service={owner}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(services: &str) -> Project {
        Project::read_yaml(&format!("name: shop\nservices:\n{services}")).unwrap()
    }

    #[test]
    fn container_of_another_service_becomes_the_service_and_a_dependency() {
        let mut project = project(
            "  net: {image: i, container_name: shop_net}
  test: {image: i, network_mode: 'container:shop_net', pid: 'container:shop_net', ipc: 'container:other', volumes_from: ['container:shop_net:ro', 'container:other', db], external_links: ['shop_net:n', 'else:e', shop_net]}
",
        );
        assert_eq!(project.refer_to_services(), [""; 0]);
        let test = &project.document["services"]["test"];
        assert_eq!(test["network_mode"], "service:net");
        assert_eq!(test["pid"], "service:net");
        assert_eq!(test["ipc"], "container:other");
        assert_eq!(test["volumes_from"], json!(["net:ro", "container:other", "db"]));
        assert_eq!(test["external_links"], json!(["else:e"]));
        assert_eq!(test["links"], json!(["net:n", "net:shop_net"]));
        let needs = &project.service("test").unwrap().depends_on;
        assert_eq!(needs.keys().collect::<Vec<_>>(), ["net"]);
        assert_eq!(needs["net"].condition, Condition::Started);
    }

    #[test]
    fn condition_that_the_file_has_stays() {
        let mut project = project(
            "  net: {image: i, container_name: shop_net, healthcheck: {test: [CMD, x]}}
  test: {image: i, network_mode: 'container:shop_net', depends_on: {net: {condition: service_healthy, required: true}}}
",
        );
        project.refer_to_services();
        assert_eq!(
            project.service("test").unwrap().depends_on["net"].condition,
            Condition::Healthy
        );
    }

    #[test]
    fn script_that_calls_docker_with_the_name_is_noted() {
        let mut project = project(
            "  net: {image: i, container_name: shop_net}
  test: {image: i, command: [sh, -c, 'docker exec shop_net true']}
  other: {image: i, command: [curl, shop_net]}
",
        );
        let notes = project.refer_to_services();
        assert_eq!(notes.len(), 1);
        assert!(
            notes[0].contains("`shop_net`") && notes[0].contains("`test`"),
            "{notes:?}"
        );
    }
}
