//! `.towline.yaml`: what is chosen for all files below the folder that it lies in.

use std::fs;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::rule::{Category, Preset};
use super::settings::{Excluded, Settings, SettingsFile};
use super::{ignore, rules};
use crate::diagnostic::{Diagnostic, Severity, nearest};
use crate::plan::{self, KindRule, RulePlace};
use crate::source::{Source, SourceId, Span};
use crate::yaml::{self, Key, Node, Value};

/// The names that it can have.
const NAMES: [&str; 2] = [".towline.yaml", ".towline.yml"];

/// The id of what is wrong in it.
const CODE: &str = "settings";

/// A settings file that was read.
pub(super) struct Read {
    /// Its text.
    pub(super) source: Source,
    /// The folder that its paths begin in.
    pub(super) folder: PathBuf,
    /// What it says, as far as it could be understood.
    pub(super) settings: Settings,
    /// What is wrong with it.
    pub(super) problems: Vec<Diagnostic>,
    /// What of that makes its kinds doubtful.
    pub(super) kind_problems: Vec<Diagnostic>,
}

/// Reads the settings for a project in `directory`, where there are any. `id` is the one that its text will have.
pub(super) fn read(chosen: &SettingsFile, directory: &Path, id: SourceId) -> Option<Read> {
    let path = match chosen {
        SettingsFile::Without => return None,
        SettingsFile::At(path) => path.clone(),
        SettingsFile::Search => find(directory)?,
    };
    let folder = path.parent().unwrap_or(directory).to_owned();
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let message = format!("{} cannot be read: {error}", path.display());
            let problem = Diagnostic::error(CODE, Span::new(id, 0, 0), message);
            return Some(Read {
                source: Source::new(path, ""),
                folder,
                settings: Settings::default(),
                problems: vec![problem.clone()],
                kind_problems: vec![problem],
            });
        }
    };
    let (text, problem) = yaml::decode(&bytes, id);
    let mut reader = Reader {
        problems: problem.into_iter().collect(),
        ..Reader::default()
    };
    reader.text(&text, id);
    let kind_problems = reader
        .problems
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .cloned();
    let kind_problems: Vec<Diagnostic> = kind_problems.filter(|found| reader.is_of_kinds(found)).collect();
    Some(Read {
        source: Source::new(path, text),
        folder,
        settings: reader.settings,
        problems: reader.problems,
        kind_problems,
    })
}

/// The nearest one in a folder or above it. What lies above the root of a repository belongs to something else.
fn find(directory: &Path) -> Option<PathBuf> {
    for folder in directory.ancestors() {
        let mut paths = NAMES.iter().map(|name| folder.join(name));
        if let Some(path) = paths.find(|path| path.is_file()) {
            return Some(path);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

#[derive(Default)]
struct Reader {
    settings: Settings,
    problems: Vec<Diagnostic>,
    /// Where the entries are that have nothing to do with kinds.
    others: Vec<Span>,
}

impl Reader {
    fn text(&mut self, text: &str, id: SourceId) {
        let (tree, problems) = yaml::parse(text, id);
        self.problems.extend(problems);
        let Some(document) = tree.documents.first() else {
            return;
        };
        let (root, problems) = yaml::expand(&tree, *document);
        self.problems.extend(problems);
        self.root(&root);
    }

    /// Whether what is wrong makes the kinds doubtful: it is in them, or in nothing that is known.
    fn is_of_kinds(&self, found: &Diagnostic) -> bool {
        found
            .span
            .is_none_or(|span| !self.others.iter().any(|other| other.holds(span)))
    }

    fn root(&mut self, root: &Node) {
        for (key, value) in self.entries(root, "the settings") {
            if ["preset", "rules", "ignore"].contains(&&*key.text) {
                self.others.push(value.span);
            }
            match &*key.text {
                "preset" => self.preset(value),
                "rules" => self.rules(value),
                "ignore" => self.ignore(value),
                "kinds" => self.kinds(value),
                _ => self.unknown(key, "settings", &["preset", "rules", "ignore", "kinds"]),
            }
        }
    }

    /// The entries of what must be a mapping.
    fn entries<'a>(&mut self, node: &'a Node, of: &str) -> Vec<(&'a Key, &'a Node)> {
        if node.as_map().is_none() && !node.is_null() {
            self.fail(node.span, format!("{of} must be a mapping"));
        }
        node.entries().collect()
    }

    /// The items of what must be a list.
    fn items<'a>(&mut self, node: &'a Node, of: &str) -> &'a [Node] {
        if node.as_seq().is_none() {
            self.fail(node.span, format!("{of} must be a list"));
        }
        node.as_seq().unwrap_or_default()
    }

    fn preset(&mut self, node: &Node) {
        let word = node.as_str().unwrap_or_default();
        self.settings.preset = Preset::ALL.into_iter().find(|preset| preset.word() == word);
        if self.settings.preset.is_none() {
            let words = Preset::ALL.map(Preset::word);
            self.fail(node.span, format!("the preset must be {}", one_of(&words)));
        }
    }

    fn rules(&mut self, node: &Node) {
        for (key, value) in self.entries(node, "the rules") {
            if !self.is_rule(&key.text, key.span) {
                continue;
            }
            if value.as_map().is_none() {
                self.level(&key.text, value);
                continue;
            }
            for (name, value) in value.entries() {
                if &*name.text == "level" {
                    self.level(&key.text, value);
                } else {
                    self.limit(key, name, value);
                }
            }
        }
    }

    fn level(&mut self, rule: &str, node: &Node) {
        let level = match node.as_str() {
            Some("off") => None,
            Some("hint") => Some(Severity::Hint),
            Some("warning") => Some(Severity::Warning),
            Some("error") => Some(Severity::Error),
            _ => {
                let levels = one_of(&["off", "hint", "warning", "error"]);
                return self.fail(node.span, format!("the level of {rule} must be {levels}"));
            }
        };
        self.settings.levels.insert(rule.to_owned(), level);
    }

    fn limit(&mut self, rule: &Key, name: &Key, node: &Node) {
        let limits: Vec<&str> = rules::limits(&rule.text).map(|limit| limit.name).collect();
        if !limits.contains(&&*name.text) {
            let names: Vec<&str> = limits.into_iter().chain(["level"]).collect();
            return self.unknown(name, &rule.text, &names);
        }
        let Value::Int(number) = node.value else {
            return self.fail(node.span, format!("{} must be a whole number", name.text));
        };
        let Ok(number) = u64::try_from(number) else {
            return self.fail(node.span, format!("{} must not be negative", name.text));
        };
        let key = (rule.text.to_string(), name.text.to_string());
        self.settings.limits.insert(key, number);
    }

    /// Names of services, or patterns for them, with their kinds.
    fn kinds(&mut self, node: &Node) {
        for (name, value) in self.entries(node, "the kinds") {
            let Some(word) = value.as_str() else {
                self.fail(value.span, format!("the kind of `{}` must be a string", name.text));
                continue;
            };
            let kind = match plan::read_kind(word) {
                Ok(kind) => kind,
                Err(hint) => {
                    let problem = Diagnostic::error(CODE, value.span, format!("unknown kind `{word}`"));
                    self.problems.push(problem.help(hint));
                    continue;
                }
            };
            match KindRule::new(&name.text, kind, RulePlace::Settings) {
                Ok(rule) => self.settings.kinds.push(rule),
                Err(error) => {
                    let message = format!("invalid pattern `{}`: {}", name.text, error.kind());
                    self.problems.push(Diagnostic::error(CODE, name.span, message));
                }
            }
        }
    }

    fn ignore(&mut self, node: &Node) {
        for item in self.items(node, "ignore") {
            self.excluded(item);
        }
    }

    fn excluded(&mut self, node: &Node) {
        const KEYS: [&str; 4] = ["rules", "services", "paths", "reason"];
        let mut excluded = Excluded {
            rules: None,
            services: None,
            paths: None,
        };
        for (key, value) in self.entries(node, "what is ignored") {
            match &*key.text {
                "rules" => excluded.rules = Some(self.names(value)),
                "services" => excluded.services = self.globs(value, "services"),
                "paths" => excluded.paths = self.globs(value, "paths"),
                "reason" if value.as_str().is_some() => {}
                "reason" => self.fail(value.span, "the reason must be a text".to_owned()),
                _ => self.unknown(key, "ignore", &KEYS),
            }
        }
        let is_any = excluded.rules.is_some() || excluded.services.is_some() || excluded.paths.is_some();
        if is_any {
            self.settings.excluded.push(excluded);
        } else if node.as_map().is_some() {
            self.fail(
                node.span,
                "this ignores everything: name rules, services or paths".to_owned(),
            );
        }
    }

    fn names(&mut self, node: &Node) -> Vec<String> {
        let mut names = Vec::new();
        for item in self.items(node, "rules") {
            let Some(name) = item.as_str() else {
                self.fail(item.span, "the name of a rule must be a text".to_owned());
                continue;
            };
            if self.is_rule(name, item.span) {
                names.push(name.to_owned());
            }
        }
        names
    }

    fn globs(&mut self, node: &Node, of: &str) -> Option<GlobSet> {
        let mut globs = GlobSetBuilder::new();
        for item in self.items(node, of) {
            let glob = item.as_str().unwrap_or_default();
            match GlobBuilder::new(glob).literal_separator(true).build() {
                Ok(glob) if item.as_str().is_some() => {
                    globs.add(glob);
                }
                Ok(_) => self.fail(item.span, format!("{of} must be texts")),
                Err(error) => self.fail(item.span, format!("{glob:?} is no pattern: {}", error.kind())),
            }
        }
        globs.build().ok()
    }

    /// Whether a name is that of a rule or of a category. A rule can go away with a new version, so that is no error.
    fn is_rule(&mut self, name: &str, span: Span) -> bool {
        let is_known = Settings::is_known(name);
        if !is_known {
            self.problems.push(ignore::unknown_rule(name, span));
        }
        is_known
    }

    fn unknown(&mut self, key: &Key, of: &str, known: &[&str]) {
        let problem = Diagnostic::error(CODE, key.span, format!("{of}: there is no key {:?}", &*key.text));
        let problem = match nearest(&key.text, known.iter().copied()) {
            Some(near) => problem.help(format!("did you mean {near:?}?")),
            None => problem.help(format!("the keys are {}", known.join(", "))),
        };
        self.problems.push(problem);
    }

    fn fail(&mut self, span: Span, message: String) {
        self.problems.push(Diagnostic::error(CODE, span, message));
    }
}

fn one_of(words: &[&str]) -> String {
    match words {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// The schema of the file, for editors.
#[must_use]
pub fn schema() -> serde_json::Value {
    use serde_json::{Map, Value, json};

    let level = json!({ "enum": ["off", "hint", "warning", "error"] });
    let mut properties = Map::new();
    for rule in rules::all() {
        let mut keys = Map::new();
        keys.insert("level".to_owned(), level.clone());
        for limit in rules::limits(rule.id) {
            let number = json!({
                "type": "integer",
                "minimum": 0,
                "default": limit.default,
                "description": limit.summary,
            });
            keys.insert(limit.name.to_owned(), number);
        }
        let whole = json!({ "type": "object", "additionalProperties": false, "properties": keys });
        let either = json!({ "description": rule.summary, "oneOf": [level, whole] });
        properties.insert(rule.id.to_owned(), either);
    }
    let categories = Category::ALL.map(Category::word);
    let plain = categories
        .iter()
        .copied()
        .chain(super::IDS.iter().map(|id| id.id))
        .map(|name| (name.to_owned(), level.clone()));
    properties.extend(plain);
    let names: Vec<Value> = properties.keys().cloned().map(Value::String).collect();
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "towline's settings",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": {
            "preset": {
                "description": "The rules to begin with; each preset has those of the ones before it",
                "enum": Preset::ALL.map(Preset::word),
            },
            "rules": {
                "description": "Levels of rules and of categories, and the numbers that rules go by",
                "type": "object",
                "additionalProperties": false,
                "properties": properties,
            },
            "ignore": {
                "description": "Findings that are left out",
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "rules": { "type": "array", "items": { "enum": names } },
                        "services": texts,
                        "paths": texts,
                        "reason": { "type": "string" },
                    },
                    "anyOf": [
                        { "required": ["rules"] },
                        { "required": ["services"] },
                        { "required": ["paths"] },
                    ],
                },
            },
            "kinds": {
                "description": "Kinds of services, by name or by a pattern such as import-*; --kind and x-towline outweigh them",
                "type": "object",
                "additionalProperties": { "enum": ["build", "job", "service", "deploy"] },
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let mut reader = Reader::default();
        reader.text(text, SourceId::default());
        let show = |found: &Diagnostic| {
            let at = &text[found.span.unwrap().range()];
            let help = found.help.as_ref().map_or(String::new(), |help| format!(" ({help})"));
            format!("{} at {at:?}: {}{help}", found.severity.word(), found.message)
        };
        reader.problems.iter().map(show).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        let text = "preset: cli\nrules:\n  gate-optonal: off\n  gate-optional: fatal\n  gate-not-enforced: {levl: off}\n\
                    ignore:\n  - {services: [a], path: [b]}\n  - {reason: none}\n  - rules: security\n  - paths: ['a[']\nkinds: {a: jop, b: 1, 'c[': job, d: job}\nmore: 1\n";
        insta::assert_snapshot!(told(text), @r#"
        error at "cli": the preset must be default, ci or strict
        warning at "gate-optonal": there is no rule "gate-optonal" (did you mean "gate-optional"?)
        error at "fatal": the level of gate-optional must be off, hint, warning or error
        error at "levl": gate-not-enforced: there is no key "levl" (did you mean "level"?)
        error at "path": ignore: there is no key "path" (did you mean "paths"?)
        error at "{reason: none}": this ignores everything: name rules, services or paths
        error at "security": rules must be a list
        error at "'a['": "a[" is no pattern: unclosed character class; missing ']'
        error at "jop": unknown kind `jop` (did you mean `job`?)
        error at "1": the kind of `b` must be a string
        error at "'c['": invalid pattern `c[`: unclosed character class; missing ']'
        error at "more": settings: there is no key "more" (the keys are preset, rules, ignore, kinds)
        "#);
        assert_eq!(told(""), "");
        assert_eq!(told("[]"), "error at \"[]\": the settings must be a mapping");
    }

    #[test]
    fn numbers_that_rules_go_by_can_be_set() {
        let mut reader = Reader::default();
        reader.text(
            "rules: {stop-grace-long: {seconds: 5, level: error}}",
            SourceId::default(),
        );
        assert_eq!(reader.problems, []);
        let limit = rules::limits("stop-grace-long").next().unwrap();
        assert_eq!(reader.settings.limit(limit), 5);
        assert_eq!(Settings::default().limit(limit), 60);
        insta::assert_snapshot!(told("rules: {stop-grace-long: {seconds: 5s}, file-complexity: {lins: 1, lines: -1}}"), @r#"
        error at "5s": seconds must be a whole number
        error at "lins": file-complexity: there is no key "lins" (did you mean "lines"?)
        error at "-1": lines must not be negative
        "#);
    }

    #[test]
    fn the_nearest_file_counts_up_to_the_root_of_the_repository() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        fs::write(root.path().join(".towline.yaml"), "").unwrap();
        assert_eq!(find(&inner), Some(root.path().join(".towline.yaml")));
        fs::write(root.path().join("a/.towline.yml"), "").unwrap();
        assert_eq!(find(&inner), Some(root.path().join("a/.towline.yml")));
        fs::create_dir(inner.join(".git")).unwrap();
        assert_eq!(find(&inner), None);
    }
}
