//! What a rule sees: the resolved model, every service in it with its kind and its needs, and the text as it was written.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::Settings;
use super::dockerfile::Dockerfile;
use super::edits::Places;
use super::images::{self, Known, Reference};
use super::levels::levels;
use super::rule::Limit;
use super::started::Starts;
use crate::compose::Restart;
use crate::compose::load::Model;
use crate::event::{Condition, Kind};
use crate::plan::{self, Evidence, KindRule, Looks};
use crate::source::{Source, SourceId, Sources, Span};
use crate::yaml::{Key, Node, Value};

/// Words in the name or the command of a job that checks something.
const CHECKS: [&str; 37] = [
    "audit",
    "bats",
    "check",
    "checks",
    "clippy",
    "coverage",
    "ctest",
    "cypress",
    "eslint",
    "flake",
    "fmt",
    "gotestsum",
    "integration",
    "jest",
    "lint",
    "linter",
    "mocha",
    "mypy",
    "nox",
    "phpstan",
    "phpunit",
    "playwright",
    "pylint",
    "pytest",
    "rspec",
    "rubocop",
    "ruff",
    "scan",
    "spec",
    "specs",
    "sut",
    "test",
    "tests",
    "tox",
    "unit",
    "verify",
    "vitest",
];

/// So many needs are followed for each service, all in all, to find out what comes after what.
const MOST_STEPS: usize = 100;

/// How far above a project's directory something is looked for.
const MOST_PARENTS: usize = 4;

/// What stands in commands that start the server of an image themselves.
const SERVERS: [&str; 14] = [
    "docker-entrypoint.sh",
    "etcd",
    "kafka-server-start",
    "mariadbd",
    "memcached",
    "minio",
    "mongod",
    "mysqld",
    "nginx",
    "postgres",
    "rabbitmq-server",
    "redis-server",
    "start-single-node",
    "valkey-server",
];

/// Values by the place that they are written at.
pub type SpanMap<T> = HashMap<Span, T, RandomState>;

/// What nothing uses, by section and name.
type Unused<'a> = HashMap<(&'a str, &'a str), (&'a Key, &'a Node)>;

/// A project that compose would load.
#[derive(Debug)]
pub struct Project<'a> {
    /// The resolved model.
    pub model: &'a Model,
    sources: &'a Sources,
    documents: &'a [Arc<[Node]>],
    settings: &'a Settings,
    services: Vec<Service<'a>>,
    by_name: HashMap<&'a str, usize, RandomState>,
    dependents: OnceCell<HashMap<&'a str, Vec<usize>>>,
    levels: OnceCell<Vec<Option<usize>>>,
    steps_left: Cell<usize>,
    written: OnceCell<SpanMap<&'a Node>>,
    files: RefCell<HashMap<PathBuf, Option<Rc<str>>>>,
    dockerfiles: RefCell<HashMap<String, Option<Rc<Dockerfile>>>>,
    places: OnceCell<Places<'a>>,
    has_other_files: OnceCell<bool>,
    builders: OnceCell<HashMap<String, usize>>,
    unused: OnceCell<Unused<'a>>,
    pub(super) starts: Starts,
}

/// A service, or an entry of the top-level `jobs:`.
#[derive(Debug)]
pub struct Service<'a> {
    /// Its name, at the place where it is defined.
    pub key: &'a Key,
    /// What it says, resolved.
    pub node: &'a Node,
    /// What it is in a pipeline: the same as in a plan.
    pub kind: Kind,
    /// What its kind is known from.
    pub evidence: Evidence,
    /// What it would be without its restart policy, which is a sign of a server.
    pub kind_without_restart: Kind,
    /// What it would be without its command, which can be one that keeps running.
    pub kind_without_command: Kind,
    /// Whether one of its profiles is active, or it has none.
    pub is_active: bool,
}

/// What a service needs of another.
#[derive(Clone, Copy, Debug)]
pub struct Need<'a> {
    /// The other one's name, at the place where the need is written.
    pub key: &'a Key,
    /// What it says.
    pub node: &'a Node,
    /// What is waited for.
    pub condition: Condition,
    /// Whether the service starts only where the other one exists.
    pub is_required: bool,
}

/// What a service is in a pipeline.
#[derive(Clone, Copy, Debug)]
struct Role {
    kind: Kind,
    evidence: Evidence,
    without_restart: Kind,
    without_command: Kind,
}

/// What the services are in a pipeline, by name.
#[derive(Clone, Debug)]
pub struct Kinds(HashMap<String, Role>);

impl Kinds {
    /// Looks through a model; `rules` are kinds given by hand. Nothing where it has services that plans know nothing of, which
    /// is a bug.
    #[must_use]
    pub fn of(model: &Model, rules: &[KindRule]) -> Option<Self> {
        let typed = crate::compose::Project::from_value(model.to_plan()).ok()?;
        let looks = plan::kinds(&typed, rules);
        let without = |take: fn(&mut crate::compose::Service), is_there: fn(&crate::compose::Service) -> bool| {
            if !typed.services.iter().any(is_there) {
                return looks.clone();
            }
            let mut typed = typed.clone();
            typed.services.iter_mut().for_each(take);
            plan::kinds(&typed, rules)
        };
        let restart = without(
            |service| service.restart = Restart::No,
            |service| service.restart != Restart::No,
        );
        let command = without(
            |service| (service.command, service.entrypoint) = Default::default(),
            |service| service.command_line().is_some(),
        );
        let known = |at: usize, looks: &Looks| Role {
            kind: looks.kind,
            evidence: looks.evidence,
            without_restart: restart[at].kind,
            without_command: command[at].kind,
        };
        let known = looks.iter().enumerate().map(|(at, looks)| known(at, looks));
        let names = typed.services.iter().map(|service| service.name.clone());
        Some(Self(names.zip(known).collect()))
    }

    fn get(&self, name: &str) -> Role {
        self.0.get(name).copied().unwrap_or(Role {
            kind: Kind::Unknown,
            evidence: Evidence::Nothing,
            without_restart: Kind::Unknown,
            without_command: Kind::Unknown,
        })
    }
}

impl<'a> Project<'a> {
    /// Looks through a model.
    #[must_use]
    pub fn new(
        model: &'a Model,
        sources: &'a Sources,
        documents: &'a [Arc<[Node]>],
        settings: &'a Settings,
        kinds: &Kinds,
    ) -> Self {
        let entries = |section| model.root.get(section).into_iter().flat_map(Node::entries);
        let active = entries("services").chain(entries("jobs")).map(|entry| (entry, true));
        let all = active.chain(model.inactive.iter().map(|entry| (entry, false)));
        let services: Vec<Service<'a>> = all
            .map(|((key, node), is_active)| {
                let known = kinds.get(&key.text);
                Service {
                    key,
                    node,
                    kind: known.kind,
                    evidence: known.evidence,
                    kind_without_restart: known.without_restart,
                    kind_without_command: known.without_command,
                    is_active,
                }
            })
            .collect();
        let by_name = services
            .iter()
            .enumerate()
            .map(|(at, service)| (service.name(), at))
            .collect();
        Self {
            model,
            sources,
            documents,
            settings,
            steps_left: Cell::new(MOST_STEPS * services.len()),
            services,
            by_name,
            dependents: OnceCell::new(),
            levels: OnceCell::new(),
            written: OnceCell::new(),
            files: RefCell::default(),
            dockerfiles: RefCell::default(),
            places: OnceCell::new(),
            has_other_files: OnceCell::new(),
            builders: OnceCell::new(),
            unused: OnceCell::new(),
            starts: Starts::default(),
        }
    }

    /// A number that a rule goes by.
    #[must_use]
    pub fn limit(&self, limit: &Limit) -> u64 {
        self.settings.limit(limit)
    }

    /// All services, those without an active profile last.
    #[must_use]
    pub fn services(&self) -> &[Service<'a>] {
        &self.services
    }

    /// The service of this name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service<'a>> {
        self.services.get(*self.by_name.get(name)?)
    }

    /// The services of whose needs this one is a part, each with the need.
    pub fn dependents<'b>(&'b self, name: &'b str) -> impl Iterator<Item = (&'b Service<'a>, Need<'a>)> {
        let dependents = self.dependents.get_or_init(|| {
            let mut dependents: HashMap<&str, Vec<usize>> = HashMap::new();
            for (at, service) in self.services.iter().enumerate() {
                for need in service.needs() {
                    dependents.entry(&need.key.text).or_default().push(at);
                }
            }
            dependents
        });
        let services = dependents.get(name).into_iter().flatten();
        services
            .filter_map(|at| self.services.get(*at))
            .filter_map(move |service| Some((service, service.need(name)?)))
    }

    /// Whether a service starts only after the success of another, directly or by those between them.
    #[must_use]
    pub fn waits_for_success(&self, service: &str, of: &str) -> bool {
        self.reaches(service, of, |need| need.condition == Condition::Succeeded)
    }

    /// Whether a service starts after another in some way, directly or by those between them.
    #[must_use]
    pub fn is_behind(&self, service: &str, other: &str) -> bool {
        self.reaches(service, other, |_| true)
    }

    /// The services after whose success one starts, directly or by those between them.
    #[must_use]
    pub fn awaited(&self, service: &str) -> HashSet<&'a str> {
        let needs = |name: &str| self.service(name).map(Service::needs).into_iter().flatten();
        closure(service, |name| {
            let awaited = needs(name).filter(|need| need.condition == Condition::Succeeded);
            awaited.map(|need| &*need.key.text).collect()
        })
    }

    /// The services that start after one in some way, directly or by those between them.
    #[must_use]
    pub fn behind(&self, service: &str) -> HashSet<&'a str> {
        closure(service, |name| {
            let behind = self.dependents(name);
            behind.map(|(service, _)| service.name()).collect()
        })
    }

    /// Whether needs that count lead from one service to another. Where this is asked so often that it would take too long,
    /// they are taken to: rules find something where no need leads from one to the other.
    fn reaches(&self, service: &str, other: &str, counts: impl Fn(&Need<'_>) -> bool) -> bool {
        let level = self.level(other);
        let may_lead_there = |name: &str| level.is_none() || self.level(name).is_none_or(|above| Some(above) > level);
        let mut seen = HashSet::new();
        let mut open = vec![service];
        while let Some(name) = open.pop() {
            let Some(service) = self.service(name).filter(|_| seen.insert(name)) else {
                continue;
            };
            for need in service.needs().filter(&counts) {
                if *need.key.text == *other || !self.may_step() {
                    return true;
                }
                if may_lead_there(&need.key.text) {
                    open.push(&need.key.text);
                }
            }
        }
        false
    }

    fn may_step(&self) -> bool {
        let left = self.steps_left.get();
        self.steps_left.set(left.saturating_sub(1));
        left > 0
    }

    /// A service comes after those of lower levels alone. None where there is nothing to tell it by.
    fn level(&self, service: &str) -> Option<usize> {
        let levels = self.levels.get_or_init(|| {
            let index = |need: Need<'_>| self.by_name.get(&*need.key.text).copied();
            let needs = |service: &Service<'_>| service.needs().filter_map(index).collect();
            levels(&self.services.iter().map(needs).collect::<Vec<_>>())
        });
        *levels.get(*self.by_name.get(service)?)?
    }

    /// Whether something in it runs to completion: a pipeline, and not only servers.
    #[must_use]
    pub fn is_pipeline(&self) -> bool {
        self.services.iter().any(|service| service.kind.runs_to_completion())
    }

    /// The entries of a section of the top level, those included that no active service uses.
    pub fn section(&self, name: &'static str) -> impl Iterator<Item = (&'a Key, &'a Node)> {
        let unused = self.model.unused.iter().filter(move |(section, _, _)| *section == name);
        let used = self.model.root.get(name).into_iter().flat_map(Node::entries);
        used.chain(unused.map(|(_, key, node)| (key, node)))
    }

    /// A declared network, volume or the like, with its name at the place where it is declared.
    #[must_use]
    pub fn declared(&self, section: &str, name: &str) -> Option<(&'a Key, &'a Node)> {
        let unused = self.unused.get_or_init(|| {
            let unused = self.model.unused.iter();
            let entry = |(section, key, node): &'a (&str, Key, Node)| ((*section, &*key.text), (key, node));
            unused.map(entry).collect()
        });
        let used = self.model.root.get(section).and_then(Node::as_map);
        let used = used.and_then(|section| section.get_key_value(name));
        used.or_else(|| unused.get(&(section, name)).copied())
    }

    /// The text at a place, as it is written in its file.
    #[must_use]
    pub fn text(&self, span: Span) -> &'a str {
        self.source(span.source).map_or("", |source| source.slice(span))
    }

    /// A file that was read.
    #[must_use]
    pub fn source(&self, id: SourceId) -> Option<&'a Source> {
        self.sources.get(id)
    }

    /// All files that were read.
    pub fn sources(&self) -> impl Iterator<Item = &'a Source> {
        self.sources.iter()
    }

    /// All files that were read, with their ids.
    pub fn sources_with_ids(&self) -> impl Iterator<Item = (SourceId, &'a Source)> {
        self.sources.with_ids()
    }

    /// The documents of the files, as they are written: variables and short forms still stand in them.
    pub fn documents(&self) -> impl Iterator<Item = &'a Node> {
        self.documents.iter().flat_map(|documents| documents.iter())
    }

    /// The value that is written at a place, as it is written.
    #[must_use]
    pub fn written(&self, span: Span) -> Option<&'a Node> {
        let written = self.written.get_or_init(|| {
            let mut written = SpanMap::default();
            self.documents().for_each(|document| index(document, &mut written));
            written
        });
        written.get(&span).copied()
    }

    /// Where keys and items of lists are written.
    pub(super) fn places(&self) -> &Places<'a> {
        self.places.get_or_init(|| {
            let services = self.services.iter().map(|service| service.node);
            Places::new(self.documents(), services)
        })
    }

    /// Whether the value at a place is written as one text: the short form of what is a list or a mapping in the model.
    #[must_use]
    pub fn is_text(&self, span: Span) -> bool {
        self.written(span).is_some_and(|node| node.as_str().is_some())
    }

    /// Whether a value is written as it is: no variable decides what it is.
    #[must_use]
    pub fn is_literal(&self, span: Span) -> bool {
        !self.text(span).contains('$')
    }

    /// The active or inactive service that builds an image of this name.
    #[must_use]
    pub fn builder(&self, image: &str) -> Option<&Service<'a>> {
        let builders = self.builders.get_or_init(|| {
            let mut builders = HashMap::new();
            for (at, service) in self.services.iter().enumerate() {
                for image in service.built_images() {
                    builders.entry(Reference::split(image).full()).or_insert(at);
                }
            }
            builders
        });
        if builders.is_empty() {
            return None;
        }
        self.services.get(*builders.get(&Reference::split(image).full())?)
    }

    /// A path of the project, absolute.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        Path::new(&self.model.directory).join(path)
    }

    /// Where a service's Dockerfile lies; none where it is built from what lies elsewhere.
    #[must_use]
    pub fn dockerfile_path(&self, service: &Service<'_>) -> Option<PathBuf> {
        let context = self.context(service)?;
        let build = service.node.get("build")?;
        if build.get("dockerfile_inline").is_some() {
            return None;
        }
        let name = build.get("dockerfile").and_then(Node::as_str).unwrap_or("Dockerfile");
        if name.contains("://") {
            return None;
        }
        let path = context.join(name);
        // BuildKit takes the name in lower case as well, where it is the one that nobody had to write.
        let lower = context.join("dockerfile");
        let is_other = name == "Dockerfile" && !path.exists() && lower.exists();
        Some(if is_other { lower } else { path })
    }

    /// A path as a person would write it: as seen from the directory of the project, where it lies there.
    #[must_use]
    pub fn shown(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.model.directory);
        below.map_or_else(
            |_| path.display().to_string(),
            |below| Path::new(".").join(below).display().to_string(),
        )
    }

    /// A directory above that of the project, as seen from there, from which a path would lead to something. Files that
    /// are made to be laid over one that lies there are written so.
    #[must_use]
    pub fn below_parent(&self, path: &Path) -> Option<String> {
        let path = path.strip_prefix(&self.model.directory).ok()?;
        let mut directories = Path::new(&self.model.directory).ancestors().take(MOST_PARENTS + 1);
        // Nothing is laid over what lies outside the repository.
        let root = directories.position(|directory| directory.join(".git").exists())?;
        let mut parents = Path::new(&self.model.directory).ancestors().skip(1).take(root);
        let steps = parents.position(|directory| directory.join(path).exists())?;
        Some(vec![".."; steps + 1].join("/"))
    }

    /// What a service is built with, as its build gives the arguments; none where that lies elsewhere or cannot be read.
    #[must_use]
    pub fn dockerfile(&self, service: &Service<'_>) -> Option<Rc<Dockerfile>> {
        let build = service.get("build")?;
        let given = |name: &str| Some(build.at(&["args", name])?.as_str()?.to_owned());
        let inline = build.get("dockerfile_inline").and_then(Node::as_str);
        let path = match inline {
            Some(_) => None,
            None => Some(self.dockerfile_path(service)?),
        };
        let args = build.get("args").into_iter().flat_map(Node::entries);
        let args: String = args
            .map(|(name, value)| format!("\0{name}={}", value.as_str().unwrap_or_default()))
            .collect();
        let key = match &path {
            Some(path) => format!("{}{args}", path.display()),
            None => format!("\0{}{args}", inline.unwrap_or_default()),
        };
        if let Some(known) = self.dockerfiles.borrow().get(&key) {
            return known.clone();
        }
        let read = self
            .dockerfile_text(service)
            .map(|text| Rc::new(Dockerfile::parse_with(&text, &given)));
        self.dockerfiles.borrow_mut().insert(key, read.clone());
        read
    }

    /// The text of a service's Dockerfile; none where that lies elsewhere or cannot be read.
    #[must_use]
    pub fn dockerfile_text(&self, service: &Service<'_>) -> Option<Rc<str>> {
        match service.node.at(&["build", "dockerfile_inline"]).and_then(Node::as_str) {
            Some(text) => Some(Rc::from(text)),
            None => self.file(&self.dockerfile_path(service)?),
        }
    }

    /// The text of a file beside the compose files; none where it cannot be read. It is read once.
    #[must_use]
    pub fn file(&self, path: &Path) -> Option<Rc<str>> {
        if let Some(known) = self.files.borrow().get(path) {
            return known.clone();
        }
        let text = std::fs::read(path).ok();
        let text = text.map(|bytes| Rc::from(&*String::from_utf8_lossy(&bytes)));
        self.files.borrow_mut().insert(path.to_owned(), text.clone());
        text
    }

    /// Whether compose files that were not read lie beside the first one: they may be laid over it.
    #[must_use]
    pub fn has_other_files(&self) -> bool {
        *self.has_other_files.get_or_init(|| {
            let Some(directory) = self.sources().next().and_then(|source| source.path.parent()) else {
                return false;
            };
            let directory = if directory.as_os_str().is_empty() {
                Path::new(".")
            } else {
                directory
            };
            let is_read = |name: &OsStr| self.sources().any(|source| source.path.file_name() == Some(name));
            let names = std::fs::read_dir(directory).into_iter().flatten().flatten();
            let mut names = names.map(|entry| entry.file_name());
            names.any(|name| is_named_as_overlay(&name.to_string_lossy()) && !is_read(&name))
        })
    }

    /// The directory that a service is built from; none where that is no directory of this machine.
    #[must_use]
    pub fn context(&self, service: &Service<'_>) -> Option<PathBuf> {
        let context = service.node.at(&["build", "context"])?.as_str()?;
        let is_local = context.starts_with('/') && !context.contains("://");
        is_local.then(|| PathBuf::from(context))
    }
}

/// All names that a step leads to, from one on and then from each of them.
fn closure<'a>(from: &str, step: impl Fn(&str) -> Vec<&'a str>) -> HashSet<&'a str> {
    let mut reached = HashSet::new();
    let mut open = step(from);
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            open.extend(step(name));
        }
    }
    reached
}

/// Whether a file is named like one that is laid over another: `compose.ci.yaml`, `docker-compose.override.yml`.
fn is_named_as_overlay(name: &str) -> bool {
    let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    is_yaml && (name.starts_with("compose.") || name.starts_with("docker-compose")) && name.matches('.').count() > 1
}

fn index<'a>(node: &'a Node, written: &mut SpanMap<&'a Node>) {
    written.entry(node.span).or_insert(node);
    node.items().for_each(|item| index(item, written));
    node.entries().for_each(|(_, value)| index(value, written));
}

impl<'a> Service<'a> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        &self.key.text
    }

    /// A value of it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.node.get(key)
    }

    /// A text of it.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key)?.as_str()
    }

    /// A key of it, at its place.
    #[must_use]
    pub fn key_of(&self, key: &str) -> Option<&'a Key> {
        Some(self.node.as_map()?.get_key_value(key)?.0)
    }

    /// The items of a list of it.
    pub fn items(&self, key: &str) -> std::slice::Iter<'a, Node> {
        self.get(key).map_or_else(|| [].iter(), Node::items)
    }

    /// The entries of a mapping of it.
    pub fn entries(&self, key: &str) -> impl Iterator<Item = (&'a Key, &'a Node)> {
        self.get(key).into_iter().flat_map(Node::entries)
    }

    /// How many containers it has, and where it says so; none where it does not.
    #[must_use]
    pub fn replicas(&self) -> Option<(f64, Span)> {
        let count = self.get("scale").or_else(|| self.node.at(&["deploy", "replicas"]))?;
        Some((count.as_f64()?, count.span))
    }

    /// The profiles without one of which it is not active; none where it always is.
    #[must_use]
    pub fn profiles(&self) -> Vec<&'a str> {
        self.items("profiles").filter_map(Node::as_str).collect()
    }

    /// Its published ports: that of the machine, and that of the container which it leads to. Ranges are left out.
    #[must_use]
    pub fn published(&self) -> Vec<(u16, u16)> {
        let pair = |port: &Node| Some((port_number(port.get("published")?)?, port_number(port.get("target")?)?));
        self.items("ports").filter_map(pair).collect()
    }

    /// What it needs of others. What compose takes as a need, such as `network_mode: service:…`, is among them.
    pub fn needs(&self) -> impl Iterator<Item = Need<'a>> {
        self.entries("depends_on").map(|(key, node)| Need::new(key, node))
    }

    /// What it needs of one other.
    #[must_use]
    pub fn need(&self, name: &str) -> Option<Need<'a>> {
        let (key, node) = self.get("depends_on")?.as_map()?.get_key_value(name)?;
        Some(Need::new(key, node))
    }

    /// The words of its entrypoint and its command, as the container gets them.
    #[must_use]
    pub fn words(&self) -> Vec<&'a str> {
        let words = self.items("entrypoint").chain(self.items("command"));
        words.filter_map(Node::as_str).collect()
    }

    /// The image that it runs, where it is not built here.
    #[must_use]
    pub fn pulled_image(&self) -> Option<&'a Node> {
        self.get("image").filter(|_| self.get("build").is_none())
    }

    /// What is known of the server that it runs: its image is a known one, and it runs nothing else.
    #[must_use]
    pub fn server(&self) -> Option<&'static Known> {
        let image = self.pulled_image().and_then(Node::as_str)?;
        let known = images::known(image)?;
        let words = self.words();
        let is_plain = words.is_empty() && known.command.is_none();
        let is_options = self.items("entrypoint").len() == 0 && words.first().is_some_and(|word| word.starts_with('-'));
        let is_started = words
            .iter()
            .any(|word| SERVERS.iter().any(|server| word.contains(server)));
        (is_plain || is_options || is_started).then_some(known)
    }

    /// The images that it builds, by the names that the file gives them.
    pub fn built_images(&self) -> impl Iterator<Item = &'a str> {
        let build = self.get("build");
        let tags = build.and_then(|build| build.get("tags")).into_iter();
        let tags = tags.flat_map(Node::items);
        let image = build.and_then(|_| self.get("image"));
        image.into_iter().chain(tags).filter_map(Node::as_str)
    }

    /// Whether the file says that something asks it while it runs: it has ports or a health check.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        let has = |key| self.items(key).len() > 0;
        has("ports") || has("expose") || self.get("healthcheck").is_some()
    }

    /// When the engine starts it again.
    #[must_use]
    pub fn restart(&self) -> Restart {
        if let Some(policy) = self.text("restart") {
            return Restart::parse(policy);
        }
        let Some(policy) = self.node.at(&["deploy", "restart_policy"]) else {
            return Restart::No;
        };
        match policy.get("condition").and_then(Node::as_str) {
            Some("none") => Restart::No,
            Some("on-failure") => Restart::OnFailure(None),
            _ => Restart::Always,
        }
    }

    /// Whether it is a job that checks something: tests, a linter, a scan.
    #[must_use]
    pub fn is_check(&self) -> bool {
        self.is_job() && self.looks_like_check()
    }

    /// Whether its name or its command has a word of what checks something.
    #[must_use]
    pub fn looks_like_check(&self) -> bool {
        let words = self.words();
        let named = self.name().split(|c: char| !c.is_ascii_alphanumeric());
        let run = words
            .iter()
            .flat_map(|word| word.split(|c: char| !c.is_ascii_alphanumeric()));
        named.map(str::to_lowercase).any(|word| is_check(&word)) || run.into_iter().any(is_check)
    }

    /// Whether it is a job by more than its name.
    #[must_use]
    pub fn is_surely_job(&self) -> bool {
        self.is_job() && self.evidence != Evidence::Name
    }

    /// Whether the run waits for its end.
    #[must_use]
    pub fn is_job(&self) -> bool {
        self.kind.runs_to_completion()
    }
}

/// A port as it is written, as a number or as a text.
#[must_use]
pub fn port_number(node: &Node) -> Option<u16> {
    match &node.value {
        Value::Int(number) => u16::try_from(*number).ok(),
        Value::Str(text) => text.parse().ok(),
        _ => None,
    }
}

/// Whether a word of a name or a command says that something is checked.
#[must_use]
pub fn is_check(word: &str) -> bool {
    CHECKS.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit()))
}

impl<'a> Need<'a> {
    /// Where it says what is waited for; the other one's name where it does not say.
    #[must_use]
    pub fn place(&self) -> Span {
        self.node
            .get("condition")
            .map_or(self.key.span, |condition| condition.span)
    }

    fn new(key: &'a Key, node: &'a Node) -> Self {
        let condition = match node.get("condition").and_then(Node::as_str) {
            Some("service_healthy") => Condition::Healthy,
            Some("service_completed_successfully") => Condition::Succeeded,
            _ => Condition::Started,
        };
        Self {
            key,
            node,
            condition,
            is_required: node.get("required").and_then(Node::as_bool) != Some(false),
        }
    }
}
