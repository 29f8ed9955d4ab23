//! Checks of the active services against each other and against what the project declares.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use super::number::text_of;
use super::rest::Doubt;
use super::units;
use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Fix, NearNames};
use crate::source::{SourceId, Sources, Span};
use crate::yaml::{Key, Node, Value};

/// What lies around a model, for advice.
pub(super) struct Around<'a> {
    /// The directory in which relative paths begin.
    pub(super) base: &'a str,
    /// The texts of the files.
    pub(super) sources: &'a Sources,
    /// The files that others extend, each with the name of a file that does.
    pub(super) extended: HashMap<SourceId, String>,
}

/// Checks a whole model whose services are those that are active. `inactive` holds the names of the others, and `doubt`
/// what else may be there.
pub(super) fn check(root: &Node, inactive: &[String], doubt: &Doubt, around: &Around<'_>, problems: &mut Diagnostics) {
    let mut checker = Checker {
        root,
        inactive: inactive.iter().map(String::as_str).collect(),
        doubt,
        around,
        problems,
        near: HashMap::new(),
    };
    for (name, service) in section(root, "services") {
        checker.service(name, service);
    }
    for (name, job) in section(root, "jobs") {
        checker.job(name, job);
    }
    for (name, secret) in section(root, "secrets") {
        let given = ["external", "file", "environment"].iter().any(|key| {
            secret
                .get(key)
                .is_some_and(|value| value.as_bool() != Some(false) && value.as_str() != Some(""))
        });
        if !given {
            checker.fail(
                "no-origin",
                name.span,
                format!("the secret \"{}\" must have a file or an environment", name.text),
            );
        }
    }
    checker.cycles();
}

fn section<'a>(root: &'a Node, name: &str) -> impl Iterator<Item = (&'a Key, &'a Node)> {
    root.get(name).into_iter().flat_map(Node::entries)
}

struct Checker<'a> {
    root: &'a Node,
    inactive: HashSet<&'a str>,
    doubt: &'a Doubt,
    around: &'a Around<'a>,
    problems: &'a mut Diagnostics,
    /// The names of each section in which one was looked for that is missing.
    near: HashMap<&'static str, NearNames<'a>>,
}

impl Checker<'_> {
    fn fail(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.problems.push(Diagnostic::error(code, span, message));
    }

    fn is_declared(&self, section: &str, name: &str) -> bool {
        self.root.at(&[section, name]).is_some()
    }

    fn is_missing(&self, section: &str, name: &str) -> bool {
        !self.is_declared(section, name) && !self.doubt.may_declare(section, name)
    }

    /// The name in a section that a mistyped one is most likely to mean.
    fn nearest(&mut self, of: &'static str, name: &str) -> Option<&str> {
        let root = self.root;
        let names = || NearNames::among(section(root, of).map(|(key, _)| &**key));
        self.near.entry(of).or_insert_with(names).nearest(name)
    }

    fn service(&mut self, name: &Key, service: &Node) {
        let image = service.get("image").and_then(Node::as_str).unwrap_or_default();
        let has_origin = service.get("build").is_some() || !image.is_empty() || service.get("provider").is_some();
        if !has_origin && !self.doubt.may_have_origin(name) {
            let message = format!("the service \"{}\" has neither an image nor a build", name.text);
            let problem = Diagnostic::error("no-image", name.span, message);
            self.problems.push(problem.help(
                "add \"image\" or \"build\"; if this file only adds to another one, check both: -f FIRST -f THIS",
            ));
        }
        self.build(service);
        if let (Some(mode), Some(networks)) = (service.get("network_mode"), service.get("networks"))
            && mode.as_str() != Some("")
            && networks.entries().next().is_some()
        {
            let message = "\"network_mode\" and \"networks\" exclude each other";
            let problem = Diagnostic::error("network-mode", mode.span, message);
            self.problems.push(problem.label(networks.span, "the networks"));
        }
        self.network_of_service(name, service);
        self.health(service);
        self.dependencies(name, service);
        self.references(name, service);
        self.limits(service);
        self.replicas(service);
        self.watch(service);
        self.targets(service);
        if self.is_declared("jobs", name) {
            let message = format!("\"{}\" is the name of a service and of a job", name.text);
            self.fail("same-name", name.span, message);
        }
    }

    /// A network can be borrowed from an active service alone, whatever `depends_on` says of it.
    fn network_of_service(&mut self, name: &Key, service: &Node) {
        let Some(mode) = service.get("network_mode") else {
            return;
        };
        let target = mode.as_str().and_then(|text| text.strip_prefix("service:"));
        if let Some(target) = target.filter(|target| self.is_missing("services", target)) {
            let message = format!(
                "the service \"{}\" uses the network of \"{target}\", which is not active",
                name.text
            );
            self.fail("undefined-service", mode.span, message);
        }
    }

    fn build(&mut self, service: &Node) {
        let Some(build) = service.get("build") else { return };
        let filled = |key: &str| {
            build
                .get(key)
                .filter(|node| node.as_str().is_some_and(|text| !text.is_empty()))
        };
        if let (Some(_), Some(inline)) = (filled("dockerfile"), filled("dockerfile_inline")) {
            self.fail(
                "two-dockerfiles",
                inline.span,
                "\"dockerfile\" and \"dockerfile_inline\" exclude each other",
            );
        }
        for (_, context) in build.get("additional_contexts").into_iter().flat_map(Node::entries) {
            let Some(target) = context.as_str().and_then(|text| text.strip_prefix("service:")) else {
                continue;
            };
            match self.root.at(&["services", target]) {
                None if self.is_missing("services", target) => self.fail(
                    "undefined-service",
                    context.span,
                    format!("there is no service \"{target}\""),
                ),
                Some(other) if other.get("build").is_none() && !self.doubt.may_have_origin(target) => {
                    self.fail(
                        "no-build",
                        context.span,
                        format!("the service \"{target}\" has no build"),
                    );
                }
                _ => {}
            }
        }
        let platform = service
            .get("platform")
            .and_then(Node::as_str)
            .filter(|platform| !platform.is_empty());
        if let (Some(platform), Some(platforms)) = (platform, build.get("platforms"))
            && platforms.items().len() > 0
            && !platforms.items().any(|item| item.as_str() == Some(platform))
        {
            self.fail(
                "platform",
                platforms.span,
                format!("\"build.platforms\" lacks the platform of the service, {platform:?}"),
            );
        }
    }

    fn health(&mut self, service: &Node) {
        let Some(first) = service
            .at(&["healthcheck", "test"])
            .and_then(|test| test.items().next())
        else {
            return;
        };
        if !first
            .as_str()
            .is_some_and(|word| ["CMD", "CMD-SHELL", "NONE"].contains(&word))
        {
            let problem = Diagnostic::error(
                "healthcheck",
                first.span,
                "the test must begin with CMD, CMD-SHELL or NONE",
            );
            self.problems
                .push(problem.help("put \"CMD\" in front, or write the whole command as one text"));
        }
    }

    fn dependencies(&mut self, name: &Key, service: &Node) {
        for (target, entry) in service.get("depends_on").into_iter().flat_map(Node::entries) {
            if !self.is_missing("services", target) {
                continue;
            }
            let is_required = entry.get("required").and_then(Node::as_bool) != Some(false);
            let is_inactive = self.inactive.contains(&**target);
            let (name, target_name) = (&name.text, &target.text);
            if self.is_declared("jobs", target) {
                let message = format!("the service \"{name}\" depends on \"{target_name}\", which is a job");
                self.fail("undefined-service", target.span, message);
            } else if is_inactive && is_required {
                let message =
                    format!("the service \"{name}\" depends on \"{target_name}\", whose profile is not active");
                let problem = Diagnostic::error("inactive-service", target.span, message);
                self.problems
                    .push(problem.help("set \"required: false\", or activate the profile"));
            } else if !is_inactive {
                let message = format!("the service \"{name}\" depends on \"{target_name}\", which does not exist");
                let problem = Diagnostic::error("undefined-service", target.span, message);
                let help = match self.around.extended.get(&target.span.source) {
                    Some(file) => Some(format!(
                        "`extends` does not bring `{target_name}` along: define it in {file} too"
                    )),
                    None => self
                        .nearest("services", target)
                        .map(|near| format!("did you mean \"{near}\"?")),
                };
                self.problems.push(Diagnostic { help, ..problem });
            }
        }
    }

    fn job(&mut self, name: &Key, job: &Node) {
        for (target, _) in job.get("depends_on").into_iter().flat_map(Node::entries) {
            let is_known = !self.is_missing("services", target)
                || self.is_declared("jobs", target)
                || self.inactive.contains(&**target);
            if !is_known {
                let message = format!(
                    "the job \"{}\" depends on \"{}\", which does not exist",
                    name.text, target.text
                );
                self.fail("undefined-service", target.span, message);
            }
        }
    }

    /// Names of networks, volumes, secrets, configs and models.
    fn references(&mut self, name: &Key, service: &Node) {
        for (section, kind) in [("networks", "network"), ("models", "model")] {
            for (key, _) in service.get(section).into_iter().flat_map(Node::entries) {
                self.reference(name, section, kind, key, key.span);
            }
        }
        for mount in service.get("volumes").into_iter().flat_map(Node::items) {
            let is_volume = mount.get("type").and_then(Node::as_str) == Some("volume");
            if let Some(source) = mount.get("source").filter(|_| is_volume)
                && let Some(text) = source.as_str().filter(|text| !text.is_empty())
            {
                self.reference(name, "volumes", "volume", text, source.span);
            }
        }
        let places: [(&[&str], &'static str, &str); 3] = [
            (&["build", "secrets"], "secrets", "secret"),
            (&["configs"], "configs", "config"),
            (&["secrets"], "secrets", "secret"),
        ];
        for (place, section, kind) in places {
            for entry in service.at(place).into_iter().flat_map(Node::items) {
                let source = entry.get("source");
                let span = source.map_or(entry.span, |source| source.span);
                self.reference(
                    name,
                    section,
                    kind,
                    source.and_then(Node::as_str).unwrap_or_default(),
                    span,
                );
            }
        }
    }

    fn reference(&mut self, service: &Key, section: &'static str, kind: &str, name: &str, span: Span) {
        if self.is_missing(section, name) {
            let message = format!(
                "the service \"{}\" uses the {kind} \"{name}\", which is not declared",
                service.text
            );
            let problem = Diagnostic::error("undefined-resource", span, message);
            if section == "volumes" && self.is_path(name) {
                // The long form says what it mounts.
                let is_long = name.starts_with(['.', '/', '~']);
                self.problems.push(if is_long {
                    problem.help("write `type: bind` for a path: `type: volume` takes the name of a volume")
                } else {
                    let help = format!("write `./{name}` for the path: without `./` it is the name of a volume");
                    problem.help(help).fix(self.dot_before(name, span))
                });
                return;
            }
            let advice = if let Some(file) = self.around.extended.get(&span.source) {
                format!("`extends` does not bring it along: declare it under `{section}:` in {file} too")
            } else if let Some(near) = self.nearest(section, name) {
                format!("did you mean \"{near}\"?")
            } else {
                format!("declare it under \"{section}:\" at the top level of the file")
            };
            self.problems.push(problem.help(advice));
        }
    }

    /// Whether what is taken for the name of a volume is a path: no name has a slash in it.
    fn is_path(&self, name: &str) -> bool {
        name.contains('/') || Path::new(self.around.base).join(name).exists()
    }

    /// Makes a path of what is taken for the name of a volume.
    fn dot_before(&self, name: &str, span: Span) -> Option<Fix> {
        let written = self.around.sources.get(span.source)?.slice(span);
        let at = written.find(name)?;
        let is_start = written.get(..at)?.chars().all(|c| c == '"' || c == '\'');
        is_start.then(|| Fix::unsafe_("make it a path", vec![Edit::replace(span.part(at, at), "./")]))
    }

    /// A limit that can be written in two places must say the same in both.
    fn limits(&mut self, service: &Node) {
        let pairs: [(&str, &[&str], &str); 4] = [
            ("cpus", &["deploy", "resources", "limits"], "cpus"),
            ("mem_limit", &["deploy", "resources", "limits"], "memory"),
            ("mem_reservation", &["deploy", "resources", "reservations"], "memory"),
            ("pids_limit", &["deploy", "resources", "limits"], "pids"),
        ];
        for (own, place, other) in pairs {
            let (Some(value), Some(block)) = (service.get(own), service.at(place)) else {
                continue;
            };
            let zero = |value: &Node| amount(value) == 0.0;
            let differs = block.get(other).map_or(0.0, amount) != amount(value);
            if !zero(value) && differs {
                let path = format!("{}.{other}", place.join("."));
                let problem = Diagnostic::error(
                    "two-limits",
                    value.span,
                    format!("\"{own}\" and \"{path}\" say different things"),
                );
                self.problems.push(problem.label(block.span, "the other limit"));
            }
        }
    }

    fn replicas(&mut self, service: &Node) {
        let scale = service.get("scale");
        let replicas = service.at(&["deploy", "replicas"]);
        if let (Some(scale), Some(replicas)) = (scale, replicas)
            && amount(scale) != amount(replicas)
        {
            let problem = Diagnostic::error(
                "two-scales",
                scale.span,
                "\"scale\" and \"deploy.replicas\" say different things",
            );
            self.problems.push(problem.label(replicas.span, "the other number"));
        }
        let Some(count) = scale.or(replicas) else { return };
        if amount(count) < 0.0 {
            self.fail(
                "negative-scale",
                count.span,
                "a service cannot have less than 0 containers",
            );
        }
        if let Some(name) = service.get("container_name").filter(|name| name.as_str() != Some(""))
            && amount(count) > 1.0
        {
            let problem = Diagnostic::error(
                "container-name",
                name.span,
                "a service with a container name can have one container only",
            );
            self.problems.push(problem.label(count.span, "asks for more"));
        }
    }

    fn watch(&mut self, service: &Node) {
        for rule in service.at(&["develop", "watch"]).into_iter().flat_map(Node::items) {
            let action = rule.get("action").and_then(Node::as_str).unwrap_or_default();
            let target = rule.get("target").and_then(Node::as_str).unwrap_or_default();
            if target.is_empty() && !["rebuild", "restart"].contains(&action) {
                self.fail("watch", rule.span, format!("the action {action:?} needs a target"));
            }
        }
    }

    /// Two mounts cannot have one target.
    fn targets(&mut self, service: &Node) {
        let mut seen: HashMap<String, Span> = HashMap::new();
        let tmpfs = service.get("tmpfs").into_iter().flat_map(Node::items).map(|item| {
            (
                text_of(&item.value).split(':').next().unwrap_or_default().to_owned(),
                item.span,
            )
        });
        let mounts = service
            .get("volumes")
            .into_iter()
            .flat_map(Node::items)
            .filter_map(|mount| Some((mount.get("target")?.as_str()?.to_owned(), mount.span)));
        for (target, span) in tmpfs.chain(mounts) {
            if let Some(first) = seen.insert(target.clone(), span) {
                let problem = Diagnostic::error(
                    "same-target",
                    span,
                    format!("something is mounted at {target:?} already"),
                );
                self.problems.push(problem.label(first, "mounted here"));
            }
        }
    }

    /// Told at the last hop, with the others beside it.
    fn cycle(&mut self, hops: &[Hop<'_>]) {
        let Some(((_, back, span), others)) = hops.split_last() else {
            return;
        };
        let names: Vec<&str> = hops.iter().map(|(name, ..)| *name).chain([*back]).collect();
        let message = format!("the services depend on each other in a circle: {}", names.join(" -> "));
        let mut problem = Diagnostic::error("dependency-cycle", *span, message);
        for (name, target, span) in others.iter().take(SHOWN_HOPS) {
            problem = problem.label(*span, format!("\"{name}\" depends on \"{target}\""));
        }
        self.problems.push(problem.help("take one of these away"));
    }

    fn cycles(&mut self) {
        let mut graph: BTreeMap<&str, Vec<(&str, Span)>> = BTreeMap::new();
        for (name, service) in section(self.root, "services") {
            let targets = service.get("depends_on").into_iter().flat_map(Node::entries);
            graph.insert(name, targets.map(|(key, _)| (&**key, key.span)).collect());
        }
        let mut state: HashMap<&str, bool> = HashMap::new();
        let names: Vec<&str> = graph.keys().copied().collect();
        for name in names {
            if let Some(hops) = walk(&graph, name, &mut state) {
                self.cycle(&hops);
                return;
            }
        }
    }
}

/// So many hops of a circle are pointed at; the message names them all.
const SHOWN_HOPS: usize = 20;

/// A service, another that it depends on, and the place that says so.
type Hop<'a> = (&'a str, &'a str, Span);

type Graph<'a> = BTreeMap<&'a str, Vec<(&'a str, Span)>>;

/// The first cycle that can be reached. `state` tells the names that are being looked at from those that are done. A row
/// of services can be longer than the stack is deep, so that the path is kept by hand.
fn walk<'a>(graph: &Graph<'a>, start: &'a str, state: &mut HashMap<&'a str, bool>) -> Option<Vec<Hop<'a>>> {
    let mut path: Vec<(&str, usize)> = Vec::new();
    if state.insert(start, false).is_none() {
        path.push((start, 0));
    } else {
        state.insert(start, true);
    }
    while let Some((name, next)) = path.last_mut() {
        let edge = graph.get(*name).and_then(|targets| targets.get(*next));
        *next += 1;
        let Some((target, _)) = edge else {
            state.insert(name, true);
            path.pop();
            continue;
        };
        match state.get(target) {
            Some(true) => {}
            Some(false) => {
                let from = path.iter().position(|(name, _)| name == target).unwrap_or(0);
                // Each counter is one past the edge that the path took.
                let hop = |(name, next): &(&'a str, usize)| {
                    let (target, span) = graph.get(name)?.get(next - 1)?;
                    Some((*name, *target, *span))
                };
                return Some(path[from..].iter().filter_map(hop).collect());
            }
            None => {
                state.insert(target, false);
                path.push((target, 0));
            }
        }
    }
    None
}

/// A number, or a text that is one.
fn amount(node: &Node) -> f64 {
    match &node.value {
        #[expect(clippy::cast_precision_loss, reason = "sizes are compared, and are far below 2^53")]
        Value::Str(text) => units::bytes(text).map_or(0.0, |size| size as f64),
        _ => node.as_f64().unwrap_or(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{told, tree};
    use super::*;

    fn checked(text: &str) -> String {
        let mut problems = Diagnostics::default();
        let around = Around {
            base: "/nowhere",
            sources: &Sources::default(),
            extended: HashMap::new(),
        };
        let inactive = ["asleep".to_owned()];
        check(&tree(text), &inactive, &Doubt::default(), &around, &mut problems);
        told(&problems)
    }

    fn service(text: &str) -> String {
        checked(&format!(
            "services: {{a: {{image: i, {text}}}, b: {{image: i}}}}\nnetworks: {{n: {{}}}}\njobs: {{j: {{}}}}"
        ))
    }

    #[test]
    fn what_fits_together_is_not_told() {
        for text in [
            "networks: {n: }, depends_on: {b: {}, asleep: {required: false}}",
            "scale: 2, deploy: {replicas: 2, resources: {limits: {memory: 1k}}}, mem_limit: '1024'",
            "volumes: [{type: volume, target: /a}, {type: bind, source: /b, target: /b}], tmpfs: ['/c:x']",
            "network_mode: 'service:b', healthcheck: {test: [NONE]}",
        ] {
            assert_eq!(service(text), "", "{text}");
        }
    }

    #[test]
    fn what_does_not_is() {
        for (text, message) in [
            ("networks: {m: }", "uses the network \"m\", which is not declared"),
            (
                "volumes: [{type: volume, source: v, target: /v}]",
                "uses the volume \"v\", which is not declared",
            ),
            (
                "depends_on: {zz: {required: false}}",
                "depends on \"zz\", which does not exist",
            ),
            (
                "depends_on: {asleep: {}}",
                "depends on \"asleep\", whose profile is not active",
            ),
            ("depends_on: {j: {}}", "depends on \"j\", which is a job"),
            (
                "network_mode: 'service:asleep'",
                "uses the network of \"asleep\", which is not active",
            ),
            ("network_mode: host, networks: {n: }", "exclude each other"),
            ("healthcheck: {test: [x]}", "must begin with CMD, CMD-SHELL or NONE"),
            ("cpus: 1, deploy: {resources: {limits: {}}}", "say different things"),
            ("scale: 2, container_name: c", "can have one container only"),
            ("scale: -1", "cannot have less than 0 containers"),
            (
                "tmpfs: ['/a:x'], volumes: [{type: volume, target: /a}]",
                "mounted at \"/a\" already",
            ),
            ("develop: {watch: [{action: sync, path: a}]}", "needs a target"),
        ] {
            let told = service(text);
            assert!(told.contains(message), "{text}: {told:?}");
        }
    }

    #[test]
    fn a_circle_is_told_from_its_beginning() {
        let edge = |name: &str, target: &str| format!("{name}: {{image: i, depends_on: {{{target}: {{}}}}}}");
        let text = format!(
            "services: {{{}, {}, {}}}",
            edge("a", "b"),
            edge("b", "c"),
            edge("c", "b")
        );
        assert_eq!(
            checked(&text),
            "the services depend on each other in a circle: b -> c -> b"
        );
        assert_eq!(
            checked("services: {a: {}}"),
            "the service \"a\" has neither an image nor a build"
        );
    }
}
