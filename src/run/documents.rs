//! The run's own compose documents, made from the resolved model: one with all planned stages, and a small one for each
//! set of stages that starts together, because compose's time grows with the file. Pure.
//!
//! They go to compose on standard input, as JSON. YAML would be shorter to read, but a text such as `0644` that is
//! written without quotes comes back as a number; every JSON document is YAML and has no such case.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::Serialize as _;
use serde_json::ser::Formatter;
use serde_json::{Map, Value, json};

use crate::compose::{Project, Service};
use crate::event::Kind;
use crate::plan::Plan;
use crate::run::owner::{KEEP_LABEL, OWNER_LABEL};

/// The label that every container, network and volume of a run carries; its value is the run's id.
pub const RUN_LABEL: &str = "dev.towline.run";

/// The label that names the stage of a container.
pub const STAGE_LABEL: &str = "dev.towline.stage";

/// How the documents differ from the model.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The run's id.
    pub run: String,
    /// Whether the run has a project of its own (`ci`) rather than the user's (`up`).
    pub owned: bool,
    /// Who owns what the run makes, in the words of its label.
    pub owner: String,
    /// The command that leaves what it made to the user; none where the run removes it.
    pub keep: Option<&'static str>,
    /// Services of the file that are not active.
    pub inactive: Vec<String>,
}

/// The documents of a run.
#[derive(Clone, Debug)]
pub struct Documents {
    services: Map<String, Value>,
    inactive: Vec<String>,
    /// For each service, what it depends on.
    depends_on: BTreeMap<String, Vec<String>>,
    rest: Map<String, Value>,
}

/// Top-level sections that services name entries of.
const SECTIONS: [&str; 5] = ["networks", "volumes", "secrets", "configs", "models"];

impl Documents {
    /// Makes the documents of a plan.
    #[must_use]
    pub fn new(project: &Project, plan: &Plan, settings: &Settings) -> Self {
        let mut rest = Map::new();
        for section in SECTIONS {
            if let Some(Value::Object(entries)) = project.document.get(section) {
                rest.insert(
                    section.to_owned(),
                    Value::Object(adapt_section(section, entries, settings)),
                );
            }
        }
        let mut services = Map::new();
        for section in ["services", "jobs"] {
            for (name, service) in project
                .document
                .get(section)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                let kind = plan.index(name).map(|index| plan.stages[index].kind);
                services.insert(
                    name.clone(),
                    adapt_service(&project.name, name, service, kind, settings),
                );
            }
        }
        // Compose hands what a provider brings about over to the services that depend on it, as variables.
        for service in &project.services {
            let provided = |need: &&String| project.service(need).is_some_and(|need| need.provided);
            let providers: Map<String, Value> = service
                .depends_on
                .keys()
                .filter(provided)
                .map(|name| (name.clone(), json!({"condition": "service_started"})))
                .collect();
            if let Some(Value::Object(document)) = services.get_mut(&service.name).filter(|_| !providers.is_empty()) {
                document.insert("depends_on".to_owned(), Value::Object(providers));
            }
        }
        let depends_on = |service: &Service| (service.name.clone(), service.depends_on.keys().cloned().collect());
        let depends_on = project.services.iter().map(depends_on).collect();
        Self {
            services,
            inactive: settings.inactive.clone(),
            depends_on,
            rest,
        }
    }

    /// The document of all services. Those that are not active are named in it, so that compose does not take their
    /// containers for orphaned.
    #[must_use]
    pub fn whole(&self) -> Vec<u8> {
        let mut document = self.rest.clone();
        let mut services = self.services.clone();
        for name in &self.inactive {
            let inactive = json!({"image": "inactive", "profiles": ["inactive"]});
            services.insert(name.clone(), inactive);
        }
        document.insert("services".to_owned(), Value::Object(services));
        write(&Value::Object(document))
    }

    /// The name of the image that a service runs from.
    #[must_use]
    pub fn image_of(&self, service: &str) -> String {
        let image = self.services.get(service).and_then(|service| service["image"].as_str());
        image.unwrap_or_default().to_owned()
    }

    /// The small document of the services that providers bring about, and their names; nothing where there are none.
    #[must_use]
    pub fn of_providers(&self) -> Option<(Vec<u8>, Vec<&str>)> {
        let provided = self
            .services
            .iter()
            .filter(|(_, service)| service["provider"].is_object());
        let names: Vec<&str> = provided.map(|(name, _)| name.as_str()).collect();
        (!names.is_empty()).then(|| (self.of(names.iter().copied()), names))
    }

    /// The small document of these stages: their services and whatever these name.
    #[must_use]
    pub fn of<'a>(&self, stages: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
        write(&Value::Object(self.part(stages)))
    }

    /// The small document of these stages, in which they depend on each other as in the file: compose stops them in that
    /// order, dependents first.
    #[must_use]
    pub fn in_order<'a>(&self, stages: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
        let mut document = self.part(stages);
        if let Some(Value::Object(services)) = document.get_mut("services") {
            let present: BTreeSet<String> = services.keys().cloned().collect();
            for (name, service) in services.iter_mut() {
                let needs = self
                    .depends_on
                    .get(name)
                    .into_iter()
                    .flatten()
                    .filter(|need| present.contains(*need));
                let needs: Vec<&String> = needs.collect();
                service["depends_on"] = json!(needs);
            }
        }
        write(&Value::Object(document))
    }

    fn part<'a>(&self, stages: impl IntoIterator<Item = &'a str>) -> Map<String, Value> {
        let mut wanted: BTreeSet<String> = BTreeSet::new();
        let mut open: Vec<String> = stages.into_iter().map(str::to_owned).collect();
        while let Some(name) = open.pop() {
            if let Some(service) = self.services.get(&name)
                && wanted.insert(name)
            {
                open.extend(named_services(service));
            }
        }
        let services = self.services.iter().filter(|(name, _)| wanted.contains(*name));
        let services: Map<String, Value> = services
            .map(|(name, service)| (name.clone(), service.clone()))
            .collect();
        let mut document = Map::new();
        for section in SECTIONS {
            let used: BTreeSet<String> = services
                .values()
                .flat_map(|service| named_entries(service, section))
                .collect();
            let entries = self.rest.get(section).and_then(Value::as_object).into_iter().flatten();
            let entries: Map<String, Value> = entries
                .filter(|(name, _)| used.contains(*name))
                .map(|(name, entry)| (name.clone(), entry.clone()))
                .collect();
            if !entries.is_empty() {
                document.insert(section.to_owned(), Value::Object(entries));
            }
        }
        document.insert("services".to_owned(), Value::Object(services));
        document
    }
}

/// What a run of its own project shares with no other: networks and volumes get the project's names, even where the file
/// gives them a fixed one, so that a stack that is up keeps its own. External ones are the user's and stay as they are.
fn adapt_section(section: &str, entries: &Map<String, Value>, settings: &Settings) -> Map<String, Value> {
    let mut entries = entries.clone();
    if matches!(section, "networks" | "volumes") && settings.owned {
        for entry in entries
            .values_mut()
            .filter(|entry| entry["external"].as_bool() != Some(true))
        {
            if entry.is_null() {
                *entry = json!({});
            }
            if let Value::Object(entry) = entry {
                entry.shift_remove("name");
                mark(entry, settings);
            }
        }
    }
    for entry in entries.values_mut() {
        halve_dollars_in_keys(entry);
    }
    entries
}

fn adapt_service(project: &str, name: &str, service: &Value, kind: Option<Kind>, settings: &Settings) -> Value {
    let Value::Object(mut service) = service.clone() else {
        return service.clone();
    };
    for key in ["depends_on", "profiles", "extends", "develop", "triggers", "name"] {
        service.shift_remove(key);
    }
    service.retain(|key, _| !key.starts_with("x-"));
    for value in service.values_mut() {
        halve_dollars_in_keys(value);
    }
    forget_dockerfile_beside_inline(&mut service);
    let is_job = kind.is_some_and(Kind::runs_to_completion);
    if is_job && settings.owned {
        make_job(&mut service);
    }
    if is_job || settings.owned {
        // The labels also make compose take the container of an earlier run for another one, so that a job gets a fresh one.
        mark(&mut service, settings);
        label(&mut service, STAGE_LABEL, name);
        service.entry("logging").or_insert_with(log_driver);
    }
    if settings.owned {
        free_container_name(&mut service);
        keep_image_name(project, name, &mut service);
    }
    Value::Object(service)
}

/// The log driver that keeps every byte as it came; the default one replaces what is not UTF-8. Its size has no limit, as
/// with the default one: at a limit the engine drops what has not been read yet, and says nothing.
fn log_driver() -> Value {
    json!({"driver": "local", "options": {"max-size": "1t", "max-file": "1", "compress": "false"}})
}

/// Compose writes its default beside the inline text and then refuses to read both.
fn forget_dockerfile_beside_inline(service: &mut Map<String, Value>) {
    if let Some(Value::Object(build)) = service.get_mut("build")
        && build.contains_key("dockerfile_inline")
    {
        build.shift_remove("dockerfile");
    }
}

/// Images keep the names that compose would give them in the user's own project, so that tags and build cache are shared.
/// They are built before containers are created: compose never looks for such a name in a registry.
fn keep_image_name(project: &str, name: &str, service: &mut Map<String, Value>) {
    if service.contains_key("build") {
        service
            .entry("image")
            .or_insert_with(|| Value::String(format!("{project}-{name}")));
    }
}

/// A job of a run of its own runs once, without a terminal and without input. Under `up` it is as the file has it.
fn make_job(service: &mut Map<String, Value>) {
    service.insert("restart".to_owned(), "no".into());
    service.shift_remove("tty");
    service.shift_remove("stdin_open");
    if let Some(Value::Object(deploy)) = service.get_mut("deploy") {
        deploy.shift_remove("restart_policy");
    }
}

/// A fixed container name would clash with the stack that is up; others still find the service under it.
fn free_container_name(service: &mut Map<String, Value>) {
    let Some(Value::String(name)) = service.shift_remove("container_name") else {
        return;
    };
    let Some(Value::Object(networks)) = service.get_mut("networks") else {
        return;
    };
    for network in networks.values_mut() {
        if network.is_null() {
            *network = json!({});
        }
        if let Value::Object(network) = network {
            let aliases = network.entry("aliases").or_insert_with(|| json!([]));
            if let Value::Array(aliases) = aliases {
                aliases.push(Value::String(name.clone()));
            }
        }
    }
}

/// Says whose a container, a network or a volume is.
fn mark(entry: &mut Map<String, Value>, settings: &Settings) {
    label(entry, RUN_LABEL, &settings.run);
    label(entry, OWNER_LABEL, &settings.owner);
    if let Some(command) = settings.keep {
        label(entry, KEEP_LABEL, command);
    }
}

fn label(entry: &mut Map<String, Value>, key: &str, value: &str) {
    let labels = entry.entry("labels").or_insert_with(|| json!({}));
    if let Value::Object(labels) = labels {
        labels.insert(key.to_owned(), Value::String(value.to_owned()));
    }
}

/// Compose writes every `$` twice, in keys as well; but it interpolates values alone when it reads them again.
fn halve_dollars_in_keys(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            for entry in entries.values_mut() {
                halve_dollars_in_keys(entry);
            }
            if entries.keys().any(|key| key.contains("$$")) {
                let old = std::mem::take(entries);
                entries.extend(old.into_iter().map(|(key, value)| (key.replace("$$", "$"), value)));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(halve_dollars_in_keys),
        _ => {}
    }
}

/// The services that a service's container is tied to: they must stand in the same document.
fn named_services(service: &Value) -> Vec<String> {
    let modes = ["network_mode", "ipc", "pid"]
        .iter()
        .filter_map(|key| service[key].as_str());
    let modes = modes.filter_map(|mode| mode.strip_prefix("service:"));
    let volumes = service["volumes_from"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let volumes = volumes
        .filter(|from| !from.starts_with("container:"))
        .filter_map(|from| from.split(':').next());
    let links = service["links"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let links = links.filter_map(|link| link.split(':').next());
    let contexts = service["build"]["additional_contexts"]
        .as_object()
        .into_iter()
        .flatten();
    let contexts = contexts.filter_map(|(_, context)| context.as_str()?.strip_prefix("service:"));
    // Those that providers bring about: no other need is left in a document.
    let needs = service["depends_on"].as_object().into_iter().flatten();
    let needs = needs.map(|(name, _)| name.as_str());
    modes
        .chain(needs)
        .chain(volumes)
        .chain(links)
        .chain(contexts)
        .map(str::to_owned)
        .collect()
}

/// The entries of a top-level section that a service names.
fn named_entries(service: &Value, section: &str) -> Vec<String> {
    let sources = |items: &Value| -> Vec<String> {
        let items = items.as_array().into_iter().flatten();
        items
            .filter_map(|item| item["source"].as_str().or_else(|| item.as_str()))
            .map(str::to_owned)
            .collect()
    };
    match section {
        "networks" | "models" => service[section]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect(),
        "secrets" => [sources(&service["secrets"]), sources(&service["build"]["secrets"])].concat(),
        _ => sources(&service[section]),
    }
}

/// Writes JSON that a YAML reader takes: characters that JSON may hold as they are and YAML may not are escaped.
fn write(document: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, YamlSafe);
    // Writing a JSON value to memory cannot fail.
    let _ = document.serialize(&mut serializer);
    bytes
}

struct YamlSafe;

impl Formatter for YamlSafe {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let needs_escape = |c: char| {
            matches!(
                c,
                '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
            )
        };
        let mut rest = fragment;
        while let Some(at) = rest.find(needs_escape) {
            writer.write_all(&rest.as_bytes()[..at])?;
            let escaped = rest[at..].chars().next().map_or(0, u32::from);
            write!(writer, "\\u{escaped:04x}")?;
            rest = &rest[at..][rest[at..].chars().next().map_or(1, char::len_utf8)..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{self, Options};

    fn documents(yaml: &str, owned: bool) -> Documents {
        let project = Project::read_yaml(&format!("name: shop\n{yaml}")).unwrap();
        let plan = plan::build(&project, &Options::default()).unwrap();
        Documents::new(
            &project,
            &plan,
            &Settings {
                run: "r1".into(),
                owned,
                owner: "host/boot/1/2/3".into(),
                keep: (!owned).then_some("up"),
                inactive: vec!["debug".into()],
            },
        )
    }

    fn parse(bytes: &[u8]) -> Value {
        serde_json::from_slice(bytes).unwrap()
    }

    const STACK: &str = "services:
  db: {image: postgres, container_name: shop_db, networks: {back: null}, restart: always, volumes: [{type: volume, source: data, target: /d}]}
  unit: {build: {context: /x, dockerfile: Dockerfile, dockerfile_inline: FROM x}, command: [pytest], tty: true, restart: always, x-towline: {kind: job}, depends_on: {db: {condition: service_started}}, networks: {default: null}}
  side: {image: i, network_mode: 'service:db', environment: {a$$b: x$$y}}
networks: {back: {name: shop_back}, default: {name: fixed}, out: {name: out, external: true}}
volumes: {data: {name: shop_data}}
";

    #[test]
    fn a_job_runs_once_without_a_terminal() {
        let whole = parse(&documents(STACK, true).whole());
        let unit = &whole["services"]["unit"];
        assert_eq!(unit["restart"], "no");
        assert!(unit.get("tty").is_none() && unit.get("depends_on").is_none() && unit.get("x-towline").is_none());
        assert_eq!(unit["labels"][RUN_LABEL], "r1");
        assert_eq!(unit["logging"]["driver"], "local");
        assert_eq!(unit["image"], "shop-unit");
        assert!(unit["build"].get("dockerfile").is_none());
    }

    #[test]
    fn everything_that_a_run_makes_names_its_owner() {
        let whole = parse(&documents(STACK, true).whole());
        for made in [
            &whole["services"]["db"],
            &whole["services"]["side"],
            &whole["networks"]["default"],
            &whole["volumes"]["data"],
        ] {
            assert_eq!(made["labels"][RUN_LABEL], "r1", "{made}");
            assert_eq!(made["labels"][OWNER_LABEL], "host/boot/1/2/3", "{made}");
            assert!(made["labels"].get(KEEP_LABEL).is_none(), "{made}");
        }
        assert!(
            whole["networks"]["out"].get("labels").is_none(),
            "it belongs to somebody else"
        );
    }

    #[test]
    fn what_up_leaves_to_the_user_says_so() {
        let whole = parse(&documents(STACK, false).whole());
        assert_eq!(whole["services"]["unit"]["labels"][OWNER_LABEL], "host/boot/1/2/3");
        assert_eq!(whole["services"]["unit"]["labels"][KEEP_LABEL], "up");
        assert!(whole["networks"]["default"].get("labels").is_none());
    }

    #[test]
    fn job_under_up_keeps_what_the_file_gives_it() {
        let whole = parse(&documents(STACK, false).whole());
        let unit = &whole["services"]["unit"];
        assert_eq!((&unit["restart"], &unit["tty"]), (&json!("always"), &json!(true)));
    }

    #[test]
    fn a_project_of_its_own_shares_no_names() {
        let whole = parse(&documents(STACK, true).whole());
        let db = &whole["services"]["db"];
        assert!(db.get("container_name").is_none());
        assert_eq!(db["networks"]["back"]["aliases"], json!(["shop_db"]));
        assert_eq!(db["restart"], "always");
        assert!(whole["networks"]["default"].get("name").is_none());
        assert!(whole["volumes"]["data"].get("name").is_none());
        assert_eq!(whole["networks"]["out"]["name"], "out");
    }

    #[test]
    fn a_service_of_the_users_project_stays_as_it_is() {
        let whole = parse(&documents(STACK, false).whole());
        let db = &whole["services"]["db"];
        assert_eq!(db["container_name"], "shop_db");
        assert!(db.get("labels").is_none() && db.get("logging").is_none());
        assert_eq!(whole["networks"]["default"]["name"], "fixed");
    }

    #[test]
    fn services_that_are_not_active_are_named_in_the_whole_document_alone() {
        let documents = documents(STACK, false);
        let debug = &parse(&documents.whole())["services"]["debug"];
        assert_eq!(debug["profiles"], json!(["inactive"]));
        assert!(parse(&documents.of(["db"]))["services"].get("debug").is_none());
    }

    #[test]
    fn a_small_document_holds_what_the_stage_names() {
        let documents = documents(STACK, true);
        let side = parse(&documents.of(["side"]));
        let names: Vec<_> = side["services"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["db", "side"]);
        assert!(side["networks"].get("back").is_some() && side["networks"].get("out").is_none());
        assert!(side["volumes"].get("data").is_some());
        let unit = parse(&documents.of(["unit"]));
        assert_eq!(unit["services"].as_object().unwrap().len(), 1);
        assert!(unit.get("volumes").is_none());
    }

    #[test]
    fn what_is_stopped_in_order_depends_on_each_other_and_on_nothing_else() {
        let documents = documents(STACK, false);
        let both = parse(&documents.in_order(["db", "unit"]));
        assert_eq!(both["services"]["unit"]["depends_on"], json!(["db"]));
        let alone = parse(&documents.in_order(["unit"]));
        assert_eq!(alone["services"]["unit"]["depends_on"], json!([]));
    }

    #[test]
    fn who_depends_on_what_a_provider_brings_about_still_does() {
        let stack = "services:\n  db: {provider: {type: p}}\n  web: {image: w}\n  \
                     unit: {image: i, command: [pytest], depends_on: {db: {condition: service_started}, web: {condition: service_started}}}\n";
        let made = documents(stack, true);
        let alone = parse(&made.of(["unit"]));
        assert_eq!(
            alone["services"]["unit"]["depends_on"],
            json!({"db": {"condition": "service_started"}})
        );
        assert!(alone["services"]["db"]["provider"].is_object() && alone["services"]["web"].is_null());
        let (document, names) = made.of_providers().unwrap();
        assert_eq!(
            (names, parse(&document)["services"].as_object().unwrap().len()),
            (vec!["db"], 1)
        );
        assert!(documents(STACK, true).of_providers().is_none());
    }

    #[test]
    fn dollars_stay_doubled_in_values_and_are_halved_in_keys() {
        let whole = parse(&documents(STACK, true).whole());
        assert_eq!(whole["services"]["side"]["environment"], json!({"a$b": "x$$y"}));
    }

    #[test]
    fn what_yaml_cannot_hold_is_escaped() {
        let value = json!({"k": "a\u{7f}b\u{85}\u{2028}ü\u{1}"});
        let text = String::from_utf8(write(&value)).unwrap();
        assert_eq!(text, r#"{"k":"a\u007fb\u0085\u2028ü\u0001"}"#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        assert_eq!(serde_yaml::from_str::<Value>(&text).unwrap(), value);
    }
}
