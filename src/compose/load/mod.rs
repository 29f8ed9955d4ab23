//! The native loader: a Compose project's files → the verdict and the resolved model of `docker compose config`, without
//! Docker, and with the place of every value.
//!
//! An untyped tree goes through the same stages in the same order as in Compose, since what a later stage sees, and which
//! problem a person is told, depends on it. The stages of one document are in `model`; what follows for the whole is in
//! [`load`].

mod advice;
mod canonical;
mod check;
mod consistency;
mod container_only;
mod decode;
mod discover;
mod dotenv;
mod emit;
mod environment;
mod extends;
mod files;
mod include;
mod interpolate;
mod merge;
mod model;
mod mounts;
mod normalise;
mod number;
mod part;
mod path;
mod paths;
mod ports;
mod reset;
mod rest;
mod same;
mod schema;
mod select;
mod service_env;
mod survey;
mod template;
#[cfg(test)]
mod testing;
mod unique;
mod units;
mod words;

use std::collections::HashMap;
use std::sync::Arc;

use consistency::Around;
use files::Files;
use model::{Loader, Scope};
use rest::Doubt;
pub use units::duration;
pub use words::dropped;

use crate::diagnostic::{Diagnostic, Diagnostics, Label, Stop};
use crate::source::{Source, SourceId, Sources, Span};
use crate::yaml::{Key, Map, Node};

/// How many files are told through which a problem was brought in. It also ends a circle of them.
const MAX_ORIGINS: usize = 8;

/// What to load, in Compose's own terms.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The current directory, absolute.
    pub directory: String,
    /// `--project-directory`.
    pub project_directory: Option<String>,
    /// `--project-name`.
    pub project_name: Option<String>,
    /// `--file`, in order.
    pub files: Vec<String>,
    /// `--env-file`, in order.
    pub env_files: Vec<String>,
    /// `--profile`, in order.
    pub profiles: Vec<String>,
    /// The services that are asked for; none stands for all.
    pub services: Vec<String>,
    /// `--all-resources`: keep networks, volumes and the like that no service uses.
    pub all_resources: bool,
    /// The variables of the process.
    pub environment: Vec<(String, String)>,
    /// The home directory.
    pub home: Option<String>,
    /// What the file `-` holds; without it, the standard input is read.
    pub stdin: Option<Vec<u8>>,
    /// What files hold that are not read from disk, by their absolute paths.
    pub texts: HashMap<String, Vec<u8>>,
}

/// A resolved project.
#[derive(Clone, Debug)]
pub struct Model {
    /// The project's name.
    pub name: String,
    /// The resolved tree. Each value has the place where it was written, and one that was added that of what implies it.
    pub root: Node,
    /// The services whose profiles are not active.
    pub inactive: Map,
    /// Networks, volumes, configs, secrets and models that no active service uses, by section.
    pub unused: Vec<Unused>,
    /// The directory of the project, absolute: relative paths begin there.
    pub directory: String,
    /// The variables that texts can use: those of the process and those of `.env` and `--env-file`.
    pub variables: HashMap<String, String>,
}

impl Model {
    /// The model as `docker compose config --format json` prints it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        emit::emit(&self.root, &self.name, emit::Form::Json)
    }

    /// The values that `docker compose config` prints as YAML: with the extensions of services and what else lies below
    /// the top, with models, and without what is not set.
    #[must_use]
    pub fn to_yaml_values(&self) -> serde_json::Value {
        emit::emit(&self.root, &self.name, emit::Form::Yaml)
    }

    /// What a plan looks at, of the services whose profiles are not active too.
    #[must_use]
    pub fn to_plan(&self) -> serde_json::Value {
        let mut values = emit::services(&self.root, &self.name);
        for (name, service) in &self.inactive {
            values["services"][&*name.text] = emit::planned(service);
        }
        values
    }
}

/// The section, the name and the value of what nothing uses.
pub type Unused = (&'static str, Key, Node);

/// What came of a request.
#[derive(Debug)]
pub struct Loaded {
    /// The model; none where Compose rejects the project.
    pub model: Option<Model>,
    /// The documents of the files that were read, as they are written: variables and short forms still stand in them.
    pub documents: Vec<Arc<[Node]>>,
    /// What is left of a rejected project without what is wrong in it, as far as that is known.
    pub rest: Option<Node>,
    /// The values of secrets with `environment` that included projects have from variables of their own, by the secrets'
    /// names. They are for nobody's eyes.
    pub included_secrets: HashMap<String, String>,
    /// All that was found on the way, warnings too.
    pub diagnostics: Diagnostics,
    /// The texts that the places point into.
    pub sources: Sources,
}

/// Loads a project.
#[must_use]
pub fn load(request: Request) -> Loaded {
    let files = Files::new(request.home.clone(), request.stdin.clone(), request.texts.clone());
    let mut loader = Loader {
        files,
        problems: Diagnostics::default(),
        including: Vec::new(),
        brought: HashMap::new(),
        included_secrets: HashMap::new(),
        is_partial: false,
        rejected: None,
    };
    let model = loader.load(&request).ok();
    loader.tell_origins();
    loader.problems.once();
    let documents = loader.files.all_documents();
    container_only::advise(&documents, &loader.files.sources, &mut loader.problems);
    Loaded {
        model,
        documents,
        included_secrets: loader.included_secrets,
        rest: loader.rejected,
        diagnostics: loader.problems,
        sources: loader.files.sources,
    }
}

/// Reads the text of an env file by itself: names and values, where `known` has the variables from outside.
///
/// # Errors
/// The text is no env file: the line, and what is wrong with it.
pub fn read_env_file(
    text: &str,
    known: &dyn Fn(&str) -> Option<String>,
) -> std::result::Result<Vec<(String, String)>, String> {
    let mut found = indexmap::IndexMap::new();
    dotenv::parse(text, known, &mut found, &mut Vec::new()).map_err(|error| {
        let line = text[..error.at.start].matches('\n').count() + 1;
        format!("line {line}: {}", error.message)
    })?;
    Ok(found.into_iter().collect())
}

/// The use of a variable that a text begins with.
#[must_use]
pub fn variable_at(text: &str) -> Option<&str> {
    template::first_use(text)
}

/// Puts values in the place of the variables of one text.
///
/// # Errors
/// The text uses a variable in a way that has no meaning, or one that is required and not set.
pub fn interpolate_text(text: &str, known: &dyn Fn(&str) -> Option<String>) -> std::result::Result<String, String> {
    struct Known<'a>(&'a dyn Fn(&str) -> Option<String>);

    impl template::Lookup for Known<'_> {
        fn value(&self, name: &str) -> Option<String> {
            (self.0)(name)
        }

        fn unset(&mut self, _: &str) {}
    }

    template::substitute(text, &mut Known(known)).map_err(|error| error.to_string())
}

impl Loader {
    /// Adds, to what was found in a file that another one names, where it does.
    fn tell_origins(&mut self) {
        let sources = &self.files.sources;
        let named_at = |span: Span| *self.brought.get(&*sources.path(span).to_string_lossy())?;
        for (own, labels) in self.problems.labels_mut() {
            let mut step = own.and_then(named_at);
            for _ in 0..MAX_ORIGINS {
                let Some((span, how)) = step else { break };
                if Some(span) != own {
                    let text = how.to_owned();
                    labels.push(Label { span, text });
                }
                step = named_at(span);
            }
        }
    }

    /// The files that others extend, each with the name of the file that does.
    fn extended(&self) -> HashMap<SourceId, String> {
        let sources = &self.files.sources;
        let by = |source: &Source| {
            let (span, how) = (*self.brought.get(&*source.path.to_string_lossy())?)?;
            let name = sources.path(span).file_name()?.to_string_lossy().into_owned();
            (how == extends::HOW).then_some(name)
        };
        let files = sources.with_ids();
        files.filter_map(|(id, source)| Some((id, by(source)?))).collect()
    }

    fn load(&mut self, request: &Request) -> Result<Model, Stop> {
        let found = self.discover(request)?;
        let (name, scope) = (found.name, found.scope);
        let profiles = select::profiles(&request.profiles, &scope.environment);
        let decoded = self.decoded(&found.files, &scope);
        if let Some(rejected) = self.rejected.take() {
            self.rejected = Some(self.survey(rejected, &name, &scope, &profiles));
        }
        let mut root = decoded?;
        match self.resolve(&mut root, &name, &scope, &profiles, request) {
            Ok((inactive, unused)) => Ok(Model {
                name,
                root,
                inactive,
                unused,
                directory: scope.base,
                variables: scope.environment.into_map(),
            }),
            Err(Stop) => {
                self.rejected = Some(root);
                Err(Stop)
            }
        }
    }

    /// The model of all files, with values in their final form.
    fn decoded(&mut self, files: &[String], scope: &Scope) -> Result<Node, Stop> {
        let model = self.model(files, scope)?;
        let is_empty = model.as_ref().and_then(|root| root.entries().next()).is_none();
        if is_empty && !self.is_partial {
            let problem = Diagnostic::error("empty", None, "the compose file is empty");
            return self.problems.stop(problem);
        }
        let mut root = model.unwrap_or_else(|| decode::empty(Span::default()));
        advice::advise(&mut root, &mut self.problems);
        normalise::inherit(&mut root, &mut self.problems)?;
        // Variables are resolved as texts: decoding gives them one form, whichever they are written in.
        decode::decode(&mut root, &mut self.problems);
        if self.problems.has_errors() {
            self.rejected = Some(root);
            return Err(Stop);
        }
        Ok(root)
    }

    /// Looks at the rest of a model that has values which cannot be used, and gives it. What lies elsewhere may have what is
    /// missing here.
    fn survey(&mut self, rejected: Node, name: &str, scope: &Scope, profiles: &[String]) -> Node {
        let around = Around {
            base: &scope.base,
            sources: &self.files.sources,
            extended: self.extended(),
        };
        let mut beside = self.problems.clone();
        let problems = if self.is_partial {
            &mut beside
        } else {
            &mut self.problems
        };
        survey::references(&rejected, name, &scope.environment, profiles, &around, problems)
    }

    /// Makes a model whole, and leaves what the request is about. What is taken out is given: services without an active
    /// profile, and what nothing uses.
    fn resolve(
        &mut self,
        root: &mut Node,
        name: &str,
        scope: &Scope,
        profiles: &[String],
        request: &Request,
    ) -> Result<(Map, Vec<Unused>), Stop> {
        normalise::normalise(root, name, &scope.environment);
        let mut inactive = select::deactivate(root, profiles);
        let names: Vec<String> = inactive.keys().map(ToString::to_string).collect();
        // What lies elsewhere may have what is missing here, a service that is asked for too.
        let wanted = if self.is_partial { &[] } else { &request.services[..] };
        if !self.is_partial {
            let around = Around {
                base: &scope.base,
                sources: &self.files.sources,
                extended: self.extended(),
            };
            consistency::check(root, &names, &Doubt::default(), &around, &mut self.problems);
        }
        self.problems.check()?;
        service_env::resolve(root, &scope.environment, &mut self.files, &mut self.problems)?;
        select::select(root, &mut inactive, profiles, wanted, &mut self.problems)?;
        let unused = if request.all_resources {
            Vec::new()
        } else {
            select::prune(root)
        };
        select::check_container_names(root, &mut self.problems);
        self.problems.check()?;
        Ok((inactive, unused))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Severity;

    #[test]
    fn a_plan_sees_of_a_service_what_it_sees_of_the_whole_model() {
        let text = "services:\n  web:\n    image: i\n    build: .\n    command: [a, '$$B']\n    entrypoint: [sh]\n    \
                    attach: false\n    depends_on: {db: {condition: service_healthy, required: false}}\n    \
                    deploy: {replicas: 0, restart_policy: {condition: on-failure, max_attempts: 3}}\n    expose: [80]\n    \
                    healthcheck: {test: [CMD, x]}\n    logging: {driver: none}\n    ports: ['80:80']\n    \
                    post_start: [{command: x}]\n    pre_stop: [{command: x}]\n    stop_grace_period: 5s\n    \
                    x-towline: {kind: job}\n    environment: {A: b}\n  \
                    db: {image: i, restart: always, scale: 2, healthcheck: {disable: true}}\n  \
                    other: {provider: {type: x}}\n";
        let loaded = load(Request {
            directory: "/nowhere/project".to_owned(),
            files: vec!["-".to_owned()],
            stdin: Some(text.as_bytes().to_vec()),
            ..Request::default()
        });
        let model = loaded.model.unwrap();
        let services = |values| format!("{:#?}", crate::compose::Project::from_value(values).unwrap().services);
        assert_eq!(services(model.to_plan()), services(model.to_yaml_values()));
    }

    /// What is told of a file, each with the text that it points at.
    fn told(text: &str) -> String {
        let loaded = load(Request {
            directory: "/nowhere/project".to_owned(),
            files: vec!["-".to_owned()],
            stdin: Some(text.as_bytes().to_vec()),
            ..Request::default()
        });
        let show = |found: &Diagnostic| {
            let source = found
                .span
                .and_then(|span| Some(loaded.sources.get(span.source)?.slice(span)));
            let level = if found.severity == Severity::Error {
                "error"
            } else {
                "warning"
            };
            format!("{level} at {:?}: {}", source.unwrap_or_default(), found.message)
        };
        loaded.diagnostics.iter().map(show).collect::<Vec<_>>().join("\n")
    }

    /// The advice for the first error of a project, whose files lie in a directory of their own.
    fn advice(files: &[(&str, &str)]) -> String {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("data")).unwrap();
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).unwrap();
        }
        let loaded = load(Request {
            directory: directory.path().to_str().unwrap().to_owned(),
            ..Request::default()
        });
        let mut errors = loaded
            .diagnostics
            .iter()
            .filter(|found| found.severity == Severity::Error);
        errors.next().and_then(|error| error.help.clone()).unwrap_or_default()
    }

    #[test]
    fn a_path_without_a_dot_is_told_from_a_volume() {
        let of = |mount: &str| {
            let text = format!("services: {{a: {{image: i, volumes: ['{mount}']}}}}\n");
            advice(&[("compose.yaml", &text)])
        };
        assert!(of("data:/d").starts_with("write `./data` for the path"));
        assert!(of("other/:/d").starts_with("write `./other/` for the path"));
        assert!(of("other:/d").starts_with("declare it under"));
        let long = "services: {a: {image: i, volumes: [{type: volume, source: ./data, target: /d}]}}\n";
        assert!(advice(&[("compose.yaml", long)]).starts_with("write `type: bind`"));
    }

    #[test]
    fn what_extends_does_not_bring_along_is_asked_for_in_the_file_that_extends() {
        let of = |rest: &str| {
            let base = format!("services: {{a: {{image: i, {rest}}}, b: {{image: i}}}}\nvolumes: {{pool: }}\n");
            let text = "services: {a: {extends: {file: base.yaml, service: a}}}\n";
            advice(&[("compose.yaml", text), ("base.yaml", &base)])
        };
        assert_eq!(
            of("volumes: ['pool:/v']"),
            "`extends` does not bring it along: declare it under `volumes:` in compose.yaml too"
        );
        assert_eq!(
            of("depends_on: [b]"),
            "`extends` does not bring `b` along: define it in compose.yaml too"
        );
    }

    #[test]
    fn everything_that_is_wrong_with_a_file_is_told_at_once() {
        let text = "services:\n  web:\n    image: i\n    prots: ['80:80']\n    ports: ['80:80a', '1:2']\n    \
                    stop_grace_period: 5x\n  web: {image: j}\n";
        insta::assert_snapshot!(told(text), @r#"
        error at "web": the key "web" is given twice
        error at "prots": services.web: unknown key "prots"
        "#);
        insta::assert_snapshot!(told(&text.replace("  web: {image: j}\n", "")), @r#"
        error at "prots": services.web: unknown key "prots"
        error at "'80:80a'": "80a" is no port and no range of ports between 0 and 65535
        error at "5x": "5x" is no duration such as 1m30s
        "#);
    }

    #[test]
    fn what_follows_from_a_fault_is_not_told() {
        let text = "services:\n  web: {imag: i}\n  db: {image: '${X?set it}', ports: [[1]]}\n  c: {image: [j\n";
        insta::assert_snapshot!(told(text), @r#"
        error at "": a "," or "]" is missing before this
        error at "imag": services.web: unknown key "imag"
        error at "[1]": services.db.ports.0: must be a number or a text or a mapping, and not a list
        "#);
        insta::assert_snapshot!(told(&text.replace("[j", "j}")), @r#"
        error at "${X?set it}": the variable "X" must be set: set it
        error at "imag": services.web: unknown key "imag"
        error at "[1]": services.db.ports.0: must be a number or a text or a mapping, and not a list
        "#);
    }

    #[test]
    fn faults_of_the_schema_do_not_hide_what_services_refer_to() {
        let text = "services:\n  web:\n    prots: [80]\n    depends_on: [db, zz]\n    networks: [front]\n    \
                    volumes: ['data:/d']\n    devices: ['a:b:c:d']\n    secrets: [key]\n    configs: [conf]\n  db: 5\n  \
                    a: {image: i, links: [b], healthcheck: {test: [CMD]}}\n  b: {image: i, depends_on: [a]}\n";
        insta::assert_snapshot!(told(text), @r#"
        error at "prots": services.web: unknown key "prots"
        error at "5": services.db: must be a mapping, and not a number
        error at "'a:b:c:d'": a device has at most three parts between colons
        error at "web": the service "web" has neither an image nor a build
        error at "zz": the service "web" depends on "zz", which does not exist
        error at "front": the service "web" uses the network "front", which is not declared
        error at "'data:/d'": the service "web" uses the volume "data", which is not declared
        error at "conf": the service "web" uses the config "conf", which is not declared
        error at "key": the service "web" uses the secret "key", which is not declared
        error at "a": the services depend on each other in a circle: a -> b -> a
        "#);
        insta::assert_snapshot!(told(&text.replace("prots", "ports").replace("5", "{}")), @r#"
        error at "'a:b:c:d'": a device has at most three parts between colons
        error at "web": the service "web" has neither an image nor a build
        error at "zz": the service "web" depends on "zz", which does not exist
        error at "front": the service "web" uses the network "front", which is not declared
        error at "'data:/d'": the service "web" uses the volume "data", which is not declared
        error at "conf": the service "web" uses the config "conf", which is not declared
        error at "key": the service "web" uses the secret "key", which is not declared
        error at "db": the service "db" has neither an image nor a build
        error at "a": the services depend on each other in a circle: a -> b -> a
        "#);
    }

    #[test]
    fn a_key_that_may_mean_another_one_makes_that_one_no_fault() {
        let web = |keys: &str| {
            told(&format!(
                "services:\n  web: {{{keys}}}\n  b: {{image: i, profiles: [p]}}\n"
            ))
        };
        insta::assert_snapshot!(web("imgae: x, depends_on: [zz]"), @r#"
        error at "imgae": services.web: unknown key "imgae"
        error at "zz": the service "web" depends on "zz", which does not exist
        "#);
        insta::assert_snapshot!(web("image: [x]"), @r#"error at "[x]": services.web.image: must be a text, and not a list"#);
        insta::assert_snapshot!(web("prots: [80]"), @r#"
        error at "prots": services.web: unknown key "prots"
        error at "web": the service "web" has neither an image nor a build
        "#);
        insta::assert_snapshot!(web("image: i, profile: [p], depends_on: [zz]"), @r#"error at "profile": services.web: unknown key "profile""#);
        insta::assert_snapshot!(web("image: i, profiles: [p, 5], depends_on: [zz]"), @r#"error at "5": this item must be a text"#);
        insta::assert_snapshot!(web("image: i, depends_on: {b: {condition: service_started, requird: no}}"), @r#"error at "requird": services.web.depends_on.b: unknown key "requird""#);
        insta::assert_snapshot!(web("image: i, mem_limit: 5m, deploy: {resources: {limits: {memry: 5m}}}"), @r#"error at "memry": services.web.deploy.resources.limits: unknown key "memry""#);
        insta::assert_snapshot!(web("image: i, healthcheck: {test: [5, x], interval: 5s}"), @r#"error at "5": services.web.healthcheck.test.0: must be a text, and not a number"#);
        insta::assert_snapshot!(web("image: i, volumes: [{type: bind, soruce: /a, target: /b}]"), @r#"error at "soruce": services.web.volumes.0: unknown key "soruce""#);
    }

    #[test]
    fn what_a_misplaced_or_misspelt_key_may_declare_is_not_missing() {
        let web = |rest: &str| {
            told(&format!(
                "services:\n  web: {{image: i, depends_on: [db], networks: [front], volumes: ['data:/d']}}\n{rest}\n"
            ))
        };
        insta::assert_snapshot!(web("netwroks: {front: }"), @r#"
        error at "netwroks": unknown key "netwroks"
        error at "db": the service "web" depends on "db", which does not exist
        error at "'data:/d'": the service "web" uses the volume "data", which is not declared
        "#);
        insta::assert_snapshot!(web("includes: [a.yaml]"), @r#"error at "includes": unknown key "includes""#);
        insta::assert_snapshot!(web("more: {front: }"), @r#"
        error at "more": unknown key "more"
        error at "db": the service "web" depends on "db", which does not exist
        "#);
        insta::assert_snapshot!(web("db: {image: i}"), @r#"error at "db": unknown key "db""#);
        insta::assert_snapshot!(web("  networks: {front: {}, db: }"), @r#"
        error at "front": services.networks: unknown key "front"
        error at "db": services.networks: unknown key "db"
        error at "'data:/d'": the service "web" uses the volume "data", which is not declared
        "#);
        insta::assert_snapshot!(web("networks: [front]"), @r#"
        error at "[front]": networks: must be a mapping, and not a list
        error at "db": the service "web" depends on "db", which does not exist
        error at "'data:/d'": the service "web" uses the volume "data", which is not declared
        "#);
        insta::assert_snapshot!(web("volumes: {data: 5}"), @r#"
        error at "5": volumes.data: must be empty or a mapping, and not a number
        error at "db": the service "web" depends on "db", which does not exist
        error at "front": the service "web" uses the network "front", which is not declared
        "#);
    }

    #[test]
    fn a_file_that_has_to_be_fetched_is_not_looked_for_here() {
        let told = |files: &[&str]| {
            let loaded = load(Request {
                directory: "/nowhere/project".to_owned(),
                files: files.iter().map(|file| (*file).to_owned()).collect(),
                services: vec!["db".to_owned()],
                stdin: Some(b"services: {web: {depends_on: [db], networks: [n]}}".to_vec()),
                ..Request::default()
            });
            let messages: Vec<_> = loaded.diagnostics.iter().map(|found| found.message.clone()).collect();
            (messages.join("\n"), loaded.model.is_some())
        };
        for remote in [
            "oci://a.b/c",
            "https://a.b/c.git#main",
            "git@a.b:c.git",
            "github.com/a/b",
        ] {
            let warning = format!("{remote} is not checked: it lies elsewhere, and is not fetched");
            assert_eq!(told(&[remote]), (warning.clone(), true));
            assert_eq!(told(&[remote, "-"]), (warning.clone(), true));
            assert_eq!(told(&["-", remote]), (warning, true));
        }
        let (nowhere, loads) = told(&["c.yaml"]);
        assert!(!loads && nowhere.ends_with("does not exist"), "{nowhere}");
    }

    #[test]
    fn a_fault_in_one_of_several_files_takes_nothing_from_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("a.yaml", "services: {web: {imgae: x, depends_on: [db], networks: [n]}}");
        write("b.yaml", "services: {db: {image: x}}\nnetworks: {n: }");
        write("c.yaml", "include: [a.yaml]\nservices: {db: {image: x}}");
        write("d.yaml", "services: {db: {image: x, networks: [m]}}\nnetworks: {n: }");
        let told = |files: &[&str]| {
            let loaded = load(Request {
                directory: folder.path().to_string_lossy().into_owned(),
                files: files.iter().map(|file| (*file).to_owned()).collect(),
                ..Request::default()
            });
            let messages: Vec<_> = loaded.diagnostics.iter().map(|found| found.message.clone()).collect();
            messages.join("\n")
        };
        insta::assert_snapshot!(told(&["a.yaml", "b.yaml"]), @r#"services.web: unknown key "imgae""#);
        insta::assert_snapshot!(told(&["b.yaml", "a.yaml"]), @r#"services.web: unknown key "imgae""#);
        insta::assert_snapshot!(told(&["d.yaml", "a.yaml"]), @r#"
        services.web: unknown key "imgae"
        the service "db" uses the network "m", which is not declared
        "#);
        insta::assert_snapshot!(told(&["c.yaml"]), @r#"services.web: unknown key "imgae""#);
    }

    #[test]
    fn a_variable_that_must_be_set_hides_nothing_beside_it() {
        let text =
            "services:\n  web: {image: '${X?set it}', depends_on: [db], networks: ['${Y?too}'], mem_limit: 5x}\n";
        insta::assert_snapshot!(told(text), @r#"
        error at "${X?set it}": the variable "X" must be set: set it
        error at "${Y?too}": the variable "Y" must be set: too
        error at "5x": "5x" is no size such as 64m or 1.5g
        error at "db": the service "web" depends on "db", which does not exist
        "#);
        insta::assert_snapshot!(told(&text.replace("mem_limit: 5x", "extends: a")), @r#"
        error at "${X?set it}": the variable "X" must be set: set it
        error at "${Y?too}": the variable "Y" must be set: too
        "#);
    }

    #[test]
    fn a_warning_hides_no_error_at_its_place() {
        insta::assert_snapshot!(told("services: {web: {image: i, container_name: $X}}\n"), @r#"
        warning at "$X": the variable "X" is not set, and an empty text stands for it
        error at "$X": services.web.container_name: must be a container name of at least two characters
        "#);
    }

    #[test]
    fn a_variable_has_its_place_inside_the_text() {
        let text = "services:\n  web:\n    image: \"i:${TAG}-$TAG\"\n    hostname: a${X-${Y.}}\n    tty: 'yes'\n";
        insta::assert_snapshot!(told(text), @r#"
        warning at "${TAG}": the variable "TAG" is not set, and an empty text stands for it
        warning at "$TAG": the variable "TAG" is not set, and an empty text stands for it
        error at "${Y.}": "${Y.}" is no valid use of a variable
        warning at "'yes'": "yes" is a text, and only taken for a truth value
        "#);
    }

    #[test]
    fn what_has_to_be_fetched_is_not_checked() {
        insta::assert_snapshot!(told("include: ['oci://example/app']\n"), @r#"warning at "'oci://example/app'": oci://example/app is not checked: it lies elsewhere, and is not fetched"#);
        let text = "include: ['oci://example/app']\nservices:\n  web:\n    extends: {file: 'https://e.x/a.git#main', \
                    service: a}\n    depends_on: [other]\n    \
                    prots: [80]\n";
        insta::assert_snapshot!(told(text), @r#"
        warning at "'oci://example/app'": oci://example/app is not checked: it lies elsewhere, and is not fetched
        warning at "{file: 'https://e.x/a.git#main', service: a}": https://e.x/a.git#main is not checked: it lies elsewhere, and is not fetched
        error at "prots": services.web: unknown key "prots"
        "#);
    }
}
