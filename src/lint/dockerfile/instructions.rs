//! Instructions → stages.

use std::collections::HashMap;
use std::rc::Rc;

use super::expand::{expand, list, words};
use super::lines;
use super::{Argument, Copy, Dockerfile, Healthcheck, Stage};

/// What the stages are made with.
struct Reader<'a> {
    file: Dockerfile,
    /// The arguments from before the first stage, as the build has them.
    global: HashMap<String, String>,
    /// The arguments of the stage that is being read.
    local: HashMap<String, String>,
    given: &'a dyn Fn(&str) -> Option<String>,
    escape: char,
}

/// Reads a Dockerfile.
pub(super) fn read(text: &str, given: &dyn Fn(&str) -> Option<String>) -> Dockerfile {
    let lines = lines::read(text);
    let syntax = lines.syntax.filter(|syntax| !syntax.contains("docker/dockerfile"));
    let mut reader = Reader {
        file: Dockerfile {
            syntax,
            ..Dockerfile::default()
        },
        global: HashMap::new(),
        local: HashMap::new(),
        given,
        escape: lines.escape,
    };
    for instruction in lines.instructions {
        reader.take(&instruction.name, &instruction.rest);
    }
    reader.file
}

impl Reader<'_> {
    fn take(&mut self, name: &str, rest: &str) {
        match name {
            "FROM" => self.from(rest),
            "ARG" => self.arguments(rest),
            _ => {
                if let Some(mut stage) = self.file.stages.pop() {
                    self.in_stage(&mut stage, name, rest);
                    self.file.stages.push(stage);
                }
            }
        }
    }

    fn from(&mut self, rest: &str) {
        let (_, words) = flags(words(rest, self.escape));
        let written = words.first().map(String::as_str).unwrap_or_default();
        let base = expand(written, self.escape, &|name| self.global.get(name).cloned()).filter(|base| !base.is_empty());
        let is_named = words.get(1).is_some_and(|word| word.eq_ignore_ascii_case("as"));
        let index = self.file.stages.len();
        let parent = base.as_ref().and_then(|base| self.file.names.last_among(index, base));
        let inherited = parent.and_then(|parent| self.file.stages.get(parent)).map(inherited);
        let name = words.get(2).filter(|_| is_named).cloned();
        if let Some(name) = &name {
            self.file.names.add(name, index);
        }
        self.local.clear();
        self.file.stages.push(Stage {
            index,
            name,
            base,
            parent,
            ..inherited.unwrap_or_default()
        });
    }

    fn arguments(&mut self, rest: &str) {
        for word in words(rest, self.escape) {
            let (name, default) = word
                .split_once('=')
                .map_or((&*word, None), |(name, default)| (name, Some(default)));
            let default = default.and_then(|default| self.put_in(self.file.stages.last(), default));
            let inherited = || self.global.get(name).cloned();
            let value = (self.given)(name).or_else(|| default.clone()).or_else(inherited);
            let argument = Argument {
                name: name.to_owned(),
                default,
            };
            let (values, arguments) = match self.file.stages.last_mut() {
                Some(stage) => (&mut self.local, &mut stage.arguments),
                None => (&mut self.global, &mut self.file.arguments),
            };
            values.extend(value.map(|value| (argument.name.clone(), value)));
            arguments.push(argument);
        }
    }

    /// A text with its variables put in, as a stage knows them.
    fn put_in(&self, stage: Option<&Stage>, text: &str) -> Option<String> {
        let value = |name: &str| match stage {
            Some(stage) => stage.environment.get(name).or_else(|| self.local.get(name)).cloned(),
            None => self.global.get(name).cloned(),
        };
        expand(text, self.escape, &value)
    }

    fn in_stage(&self, stage: &mut Stage, name: &str, rest: &str) {
        match name {
            "WORKDIR" => {
                let [directory] = &words(rest, self.escape)[..] else {
                    stage.workdir = None;
                    return;
                };
                let directory = self.put_in(Some(stage), directory);
                stage.workdir = directory.and_then(|directory| below(stage, &directory));
            }
            "USER" => stage.user = self.put_in(Some(stage), rest),
            "ENV" => self.environment(stage, rest),
            "EXPOSE" => stage.exposed.extend(self.all(stage, words(rest, self.escape))),
            "HEALTHCHECK" => {
                let is_off = rest.eq_ignore_ascii_case("none");
                stage.healthcheck = Some(if is_off { Healthcheck::Off } else { Healthcheck::Command });
            }
            "COPY" | "ADD" => self.copy(stage, rest, name == "ADD"),
            "RUN" => {
                stage.runs = true;
                let mounts = rest.split_whitespace().map_while(|word| word.strip_prefix("--"));
                let mounts = mounts.filter_map(|word| word.strip_prefix("mount="));
                let from = mounts.flat_map(|mount| mount.split(',').filter_map(|part| part.strip_prefix("from=")));
                let from = from
                    .filter_map(|name| self.put_in(Some(stage), name))
                    .collect::<Vec<_>>();
                stage.mounts.extend(from);
            }
            _ => {}
        }
    }

    fn environment(&self, stage: &mut Stage, rest: &str) {
        let words = words(rest, self.escape);
        let is_old_form = words.first().is_some_and(|word| !word.contains('='));
        let pairs: Vec<(String, String)> = if is_old_form {
            let (name, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            vec![(name.to_owned(), value.trim().to_owned())]
        } else {
            let pair = |word: &String| word.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned()));
            words.iter().filter_map(pair).collect()
        };
        let known = |(name, value): (String, String)| (self.put_in(Some(stage), &value), name);
        let known: Vec<_> = pairs.into_iter().map(known).collect();
        let environment = Rc::make_mut(&mut stage.environment);
        for (value, name) in known {
            match value {
                Some(value) => environment.insert(name, value),
                None => environment.remove(&name),
            };
        }
    }

    fn copy(&self, stage: &mut Stage, rest: &str, is_add: bool) {
        let split = rest.split_whitespace().take_while(|word| word.starts_with("--"));
        let flags: Vec<&str> = split.collect();
        let words = flags.iter().fold(rest, |rest, flag| {
            rest.trim_start().strip_prefix(flag).unwrap_or(rest).trim_start()
        });
        let words = list(words, self.escape);
        let Some((target, sources)) = words.split_last() else {
            return;
        };
        let from = flags.iter().find_map(|flag| flag.strip_prefix("--from="));
        let sources = sources.iter().filter(|source| !source.starts_with("<<")).cloned();
        let sources = self.all(stage, sources.collect());
        let target = self.put_in(Some(stage), target).unwrap_or_else(|| target.clone());
        let copy = Copy {
            sources,
            target: below(stage, &target).unwrap_or(target),
            from: from.map(|from| self.put_in(Some(stage), from).unwrap_or_else(|| from.to_owned())),
            is_add,
        };
        stage.copies.push(copy);
    }

    /// Words with their variables put in, as far as those are known.
    fn all(&self, stage: &Stage, words: Vec<String>) -> Vec<String> {
        let put_in = |word: String| self.put_in(Some(stage), &word).unwrap_or(word);
        words.into_iter().map(put_in).collect()
    }
}

/// What a stage has from the one that it is built on.
fn inherited(stage: &Stage) -> Stage {
    Stage {
        workdir: stage.workdir.clone(),
        user: stage.user.clone(),
        healthcheck: stage.healthcheck,
        environment: Rc::clone(&stage.environment),
        ..Stage::default()
    }
}

/// The words that begin with `--` before all others, and those others.
fn flags(words: Vec<String>) -> (Vec<String>, Vec<String>) {
    let count = words.iter().take_while(|word| word.starts_with("--")).count();
    let mut flags = words;
    let rest = flags.split_off(count);
    (flags, rest)
}

/// A path as a stage sees it: absolute, without `.` and `..`; none where the directory that it begins in is not known.
fn below(stage: &Stage, path: &str) -> Option<String> {
    let whole = if path.starts_with('/') {
        path.to_owned()
    } else {
        // A base may have a directory of its own: only an empty one is known to have none.
        let known = stage.base.as_deref() == Some("scratch") && stage.parent.is_none();
        let start = stage.workdir.as_deref().or(known.then_some("/"))?;
        format!("{start}/{path}")
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}
