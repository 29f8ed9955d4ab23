//! The resolved model as types: what plan and run decide by. The whole of it stays at hand as a JSON value, for the
//! documents that go back to compose.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::parse_duration;
use crate::event::Condition;
use crate::failure::{Failure, Result};

/// A resolved compose project.
#[derive(Clone, Debug)]
pub struct Project {
    /// The project name that compose worked out.
    pub name: String,
    /// All services that are active, and the entries of the top-level `jobs:`, in name order.
    pub services: Vec<Service>,
    /// The model as compose printed it.
    pub document: Map<String, Value>,
}

/// A service, or an entry of the top-level `jobs:`.
#[derive(Clone, Debug, Default)]
pub struct Service {
    /// Its name, unique among services and jobs.
    pub name: String,
    /// Whether it stands under `jobs:` rather than `services:`.
    pub is_job_entry: bool,
    /// `triggers.manual` of an entry of `jobs:`.
    pub manual: bool,
    /// `x-towline.kind`, as written.
    pub kind: Option<String>,
    /// `image`.
    pub image: Option<String>,
    /// Whether it has a `build`.
    pub builds: bool,
    /// `entrypoint`, with `$$` undone.
    pub entrypoint: Vec<String>,
    /// `command`, with `$$` undone.
    pub command: Vec<String>,
    /// `depends_on`, implicit dependencies (`network_mode: service:`, `volumes_from`, `links`) included.
    pub depends_on: BTreeMap<String, DependsOn>,
    /// Its `healthcheck`.
    pub health: Health,
    /// `restart`, else `deploy.restart_policy`.
    pub restart: Restart,
    /// How many containers it has: `scale` or `deploy.replicas`, else 1.
    pub replicas: u32,
    /// Whether it has `ports`.
    pub publishes: bool,
    /// Whether it has `expose`.
    pub exposes: bool,
    /// Whether it has `pre_start` or `post_start` hooks.
    pub has_start_hooks: bool,
    /// Whether it has `pre_stop` hooks.
    pub has_stop_hooks: bool,
    /// `stop_grace_period`.
    pub stop_grace: Option<Duration>,
    /// `logging.driver`.
    pub log_driver: Option<String>,
    /// Whether a `provider` brings it about rather than a container (Compose specification, "provider").
    pub provided: bool,
    /// `attach`: whether `up` shows its output.
    pub attach: bool,
    /// Its terminal.
    pub terminal: Terminal,
}

/// What a service asks for in the way of a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
    /// `tty`.
    pub tty: bool,
    /// `stdin_open`.
    pub stdin_open: bool,
}

/// One entry of `depends_on`, in its long form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DependsOn {
    /// What opens it.
    pub condition: Condition,
    /// `required`: false lets the dependency be absent.
    pub required: bool,
}

/// What the file says of a service's health. An image can bring a health check of its own, which the file does not show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// The file does not say.
    #[default]
    Unsaid,
    /// The file has a health check.
    Checked,
    /// The file turns the image's health check off.
    Disabled,
}

/// A restart policy, as the engine understands it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restart {
    /// Never restarted.
    #[default]
    No,
    /// Restarted after an end with another code than 0, at most this often (`None`: without limit).
    OnFailure(Option<u32>),
    /// Always restarted.
    Always,
}

impl Restart {
    /// Whether the engine starts a container again that ended with `code` after `restarts` restarts.
    #[must_use]
    pub fn restarts_after(self, code: i32, restarts: u32) -> bool {
        match self {
            Self::No => false,
            Self::OnFailure(limit) => code != 0 && limit.is_none_or(|limit| restarts < limit),
            Self::Always => true,
        }
    }

    /// Reads `restart` (Compose specification, "restart").
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.split_once(':').unwrap_or((text, "")) {
            ("always" | "unless-stopped", _) => Self::Always,
            // The engine takes a limit of 0 as no limit.
            ("on-failure", limit) => Self::OnFailure(limit.parse().ok().filter(|limit| *limit != 0)),
            _ => Self::No,
        }
    }

    /// Reads `deploy.restart_policy` (Compose deploy specification, "restart_policy").
    fn from_policy(policy: &Value) -> Self {
        let attempts = policy["max_attempts"]
            .as_u64()
            .and_then(|attempts| u32::try_from(attempts).ok())
            .filter(|attempts| *attempts != 0);
        match policy["condition"].as_str().unwrap_or("any") {
            "none" => Self::No,
            "on-failure" => Self::OnFailure(attempts),
            _ => Self::Always,
        }
    }
}

impl Project {
    /// Reads what `docker compose config` printed: the JSON form is the model, and the YAML form adds what JSON leaves out
    /// (the `x-towline` of services, and `models`). YAML alone cannot be the model: compose writes a text that begins with
    /// blank lines and spaces in a way that loses the spaces.
    ///
    /// # Errors
    /// When it is not a compose model; that is compose's doing or a bug, never the user's file.
    pub fn read(json: &str, yaml: &str) -> Result<Self> {
        let mut model: Value = serde_json::from_str(json)
            .map_err(|error| anyhow::anyhow!("reading what 'docker compose config --format json' printed: {error}"))?;
        adopt(&mut model, &parse_yaml(yaml)?);
        Self::from_value(model)
    }

    /// Reads the model from YAML alone, for the few files that compose accepts and cannot write as JSON (`build.ssh`
    /// with a path).
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_yaml(yaml: &str) -> Result<Self> {
        Self::from_value(parse_yaml(yaml)?)
    }

    /// Reads the model from a JSON value.
    ///
    /// # Errors
    /// When it is not a mapping with a `name`.
    pub fn from_value(value: Value) -> Result<Self> {
        let Value::Object(document) = value else {
            return Err(anyhow::anyhow!("'docker compose config' printed no mapping").into());
        };
        let name = document
            .get("name")
            .and_then(Value::as_str)
            .ok_or_else(|| Failure::from(anyhow::anyhow!("'docker compose config' printed no project name")))?
            .to_owned();
        let entries = |section: &str, is_job: bool| -> Vec<Service> {
            let section = document.get(section).and_then(Value::as_object);
            section
                .into_iter()
                .flatten()
                .map(|(name, value)| Service::read(name, value, is_job))
                .collect()
        };
        let mut services = entries("services", false);
        services.extend(entries("jobs", true));
        services.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            name,
            services,
            document,
        })
    }

    /// Gives a service this many containers; whether there is such a service.
    pub fn scale(&mut self, name: &str, replicas: u32) -> bool {
        let Some(Value::Object(services)) = self.document.get_mut("services") else {
            return false;
        };
        let Some(Value::Object(entry)) = services.get_mut(name) else {
            return false;
        };
        entry.insert("scale".to_owned(), replicas.into());
        if let Some(Value::Object(deploy)) = entry.get_mut("deploy") {
            deploy.shift_remove("replicas");
        }
        let service = self.services.iter_mut().find(|service| service.name == name);
        service.is_some_and(|service| {
            service.replicas = replicas;
            true
        })
    }

    /// The service or job entry of this name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services
            .binary_search_by(|service| service.name.as_str().cmp(name))
            .ok()
            .map(|index| &self.services[index])
    }
}

impl Service {
    fn read(name: &str, value: &Value, is_job_entry: bool) -> Self {
        let text = |key: &str| value[key].as_str().map(unescape);
        let filled = |key: &str| value[key].as_array().is_some_and(|items| !items.is_empty());
        Self {
            name: name.to_owned(),
            is_job_entry,
            manual: value["triggers"]["manual"].as_bool().unwrap_or(false),
            kind: value["x-towline"]["kind"].as_str().map(str::to_owned),
            image: text("image"),
            builds: value["build"].is_object(),
            entrypoint: words(&value["entrypoint"]),
            command: words(&value["command"]),
            depends_on: depends_on(&value["depends_on"]),
            health: health(&value["healthcheck"]),
            restart: match value["restart"].as_str() {
                Some(policy) => Restart::parse(policy),
                None if value["deploy"]["restart_policy"].is_object() => {
                    Restart::from_policy(&value["deploy"]["restart_policy"])
                }
                None => Restart::No,
            },
            replicas: [&value["scale"], &value["deploy"]["replicas"]]
                .iter()
                .find_map(|count| count.as_u64())
                .map_or(1, |count| u32::try_from(count).unwrap_or(u32::MAX)),
            publishes: filled("ports"),
            exposes: filled("expose"),
            has_start_hooks: filled("pre_start") || filled("post_start"),
            has_stop_hooks: filled("pre_stop"),
            stop_grace: value["stop_grace_period"].as_str().and_then(parse_duration),
            log_driver: value["logging"]["driver"].as_str().map(str::to_owned),
            provided: value["provider"].is_object(),
            attach: value["attach"].as_bool().unwrap_or(true),
            terminal: Terminal {
                tty: value["tty"].as_bool().unwrap_or(false),
                stdin_open: value["stdin_open"].as_bool().unwrap_or(false),
            },
        }
    }

    /// The command line as the container gets it, where the file names one.
    #[must_use]
    pub fn command_line(&self) -> Option<String> {
        let words: Vec<&String> = self.entrypoint.iter().chain(&self.command).collect();
        (!words.is_empty()).then(|| show_command(words))
    }
}

fn parse_yaml(yaml: &str) -> Result<Value> {
    let value = serde_yaml::from_str(yaml)
        .map_err(|error| anyhow::anyhow!("reading what 'docker compose config' printed: {error}"))?;
    Ok(value)
}

/// Takes over from the YAML form what the JSON form leaves out.
fn adopt(model: &mut Value, yaml: &Value) {
    if yaml["models"].is_object() {
        model["models"] = yaml["models"].clone();
    }
    for section in ["services", "jobs"] {
        for (name, service) in yaml[section].as_object().into_iter().flatten() {
            if !service["x-towline"].is_null() && model[section][name].is_object() {
                model[section][name]["x-towline"] = service["x-towline"].clone();
            }
        }
    }
}

/// Shows a command as one line that a shell would split into the same words.
pub fn show_command<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| quote(word.as_ref())).collect();
    quoted.join(" ")
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The model writes every `$` twice, so that it can be read again; a person and a container see one.
fn unescape(text: &str) -> String {
    text.replace("$$", "$")
}

fn words(value: &Value) -> Vec<String> {
    let words = value.as_array().map(Vec::as_slice).unwrap_or_default();
    words.iter().filter_map(Value::as_str).map(unescape).collect()
}

fn depends_on(value: &Value) -> BTreeMap<String, DependsOn> {
    let entries = value.as_object().into_iter().flatten();
    entries
        .map(|(name, entry)| {
            let condition = match entry["condition"].as_str() {
                Some("service_healthy") => Condition::Healthy,
                Some("service_completed_successfully") => Condition::Succeeded,
                _ => Condition::Started,
            };
            let required = entry["required"].as_bool().unwrap_or(true);
            (name.clone(), DependsOn { condition, required })
        })
        .collect()
}

fn health(value: &Value) -> Health {
    let first_word = value["test"][0].as_str();
    if value["disable"].as_bool() == Some(true) || first_word == Some("NONE") {
        Health::Disabled
    } else if first_word.is_some() {
        Health::Checked
    } else {
        Health::Unsaid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(yaml: &str) -> Service {
        let text = format!("name: p\nservices:\n  a: {yaml}\n");
        let project = Project::read_yaml(&text).unwrap();
        project.service("a").unwrap().clone()
    }

    #[test]
    fn reads_restart_policies_as_the_engine_does() {
        for (yaml, policy) in [
            ("{}", Restart::No),
            ("{restart: 'no'}", Restart::No),
            ("{restart: always}", Restart::Always),
            ("{restart: unless-stopped}", Restart::Always),
            ("{restart: on-failure}", Restart::OnFailure(None)),
            ("{restart: 'on-failure:3'}", Restart::OnFailure(Some(3))),
            ("{deploy: {restart_policy: {condition: none}}}", Restart::No),
            (
                "{deploy: {restart_policy: {condition: on-failure, max_attempts: 2}}}",
                Restart::OnFailure(Some(2)),
            ),
            ("{deploy: {restart_policy: {delay: 1s}}}", Restart::Always),
        ] {
            assert_eq!(service(yaml).restart, policy, "{yaml}");
        }
    }

    #[test]
    fn a_policy_with_a_limit_gives_up_after_it() {
        let policy = Restart::OnFailure(Some(2));
        assert!(policy.restarts_after(1, 0));
        assert!(policy.restarts_after(1, 1));
        assert!(!policy.restarts_after(1, 2));
        assert!(!policy.restarts_after(0, 0));
        assert!(Restart::Always.restarts_after(0, 99));
    }

    #[test]
    fn a_command_is_shown_as_a_shell_would_read_it() {
        let service = service("{command: [sh, -c, 'echo $$HOME && it''s']}");
        assert_eq!(
            service.command_line().as_deref(),
            Some(r"sh -c 'echo $HOME && it'\''s'")
        );
    }

    #[test]
    fn health_is_checked_disabled_or_unsaid() {
        assert_eq!(service("{healthcheck: {test: [CMD, 'true']}}").health, Health::Checked);
        assert_eq!(service("{healthcheck: {disable: true}}").health, Health::Disabled);
        assert_eq!(service("{healthcheck: {test: [NONE]}}").health, Health::Disabled);
        assert_eq!(service("{healthcheck: {interval: 5s}}").health, Health::Unsaid);
    }

    #[test]
    fn the_yaml_form_adds_what_json_leaves_out_and_nothing_else() {
        let json = r#"{"name": "p", "services": {"a": {"command": ["\n  x"]}}}"#;
        let yaml = "name: p\nservices:\n  a:\n    command: [wrong]\n    x-towline: {kind: job}\nmodels: {m: {}}\n";
        let project = Project::read(json, yaml).unwrap();
        let service = project.service("a").unwrap();
        assert_eq!(service.kind.as_deref(), Some("job"));
        assert_eq!(service.command, ["\n  x"]);
        assert!(project.document.contains_key("models"));
    }

    #[test]
    fn job_entries_stand_beside_services() {
        let project =
            Project::read_yaml("name: p\nservices: {b: {image: i}}\njobs: {a: {image: i, triggers: {manual: true}}}\n")
                .unwrap();
        let names: Vec<_> = project.services.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert!(project.services[0].is_job_entry && project.services[0].manual);
    }
}
