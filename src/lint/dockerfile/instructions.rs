//! Instructions → stages.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::images::plain;
use super::expand::{expand, list, words};
use super::lines::{self, Instruction};
use super::{Argument, Copy, Dockerfile, Healthcheck, Program, Run, Stage, unset};

/// What the stages are made with.
struct Reader<'a> {
    file: Dockerfile,
    /// The arguments from before the first stage, as the build has them.
    global: HashMap<String, String>,
    /// The arguments of the stage that is being read.
    local: HashMap<String, String>,
    given: &'a dyn Fn(&str) -> Option<String>,
    escape: char,
    /// Whether the stage that is being read has said what its command is.
    has_command: bool,
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
        has_command: false,
    };
    for instruction in &lines.instructions {
        reader.take(instruction);
    }
    reader.file
}

impl Reader<'_> {
    fn take(&mut self, instruction: &Instruction) {
        match &*instruction.name {
            "FROM" => self.from(instruction),
            "ARG" => self.arguments(&instruction.rest),
            _ => {
                if let Some(mut stage) = self.file.stages.pop() {
                    unset::collect(&mut stage, instruction);
                    self.in_stage(&mut stage, instruction);
                    self.file.stages.push(stage);
                }
            }
        }
    }

    fn from(&mut self, instruction: &Instruction) {
        let (_, words) = flags(words(&instruction.rest, self.escape));
        let written = words.first().cloned().unwrap_or_default();
        let base =
            expand(&written, self.escape, &|name| self.global.get(name).cloned()).filter(|base| !base.is_empty());
        let is_named = words.get(1).is_some_and(|word| word.eq_ignore_ascii_case("as"));
        let index = self.file.stages.len();
        let parent = base.as_ref().and_then(|base| self.file.names.last_among(index, base));
        let parent_stage = parent.and_then(|parent| self.file.stages.get(parent));
        let inherited = parent_stage.map_or_else(|| image(base.as_deref()), inherited);
        let name = words.get(2).filter(|_| is_named).cloned();
        if let Some(name) = &name {
            self.file.names.add(name, index);
        }
        self.local.clear();
        self.has_command = false;
        self.file.stages.push(Stage {
            index,
            name,
            base,
            written,
            line: instruction.line,
            parent,
            ..inherited
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
                Some(stage) => {
                    Rc::make_mut(&mut stage.sets).insert(argument.name.clone());
                    (&mut self.local, &mut stage.arguments)
                }
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

    fn in_stage(&mut self, stage: &mut Stage, instruction: &Instruction) {
        let rest = &*instruction.rest;
        match &*instruction.name {
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
            "COPY" | "ADD" => self.copy(stage, instruction),
            "RUN" => self.run(stage, instruction),
            "VOLUME" => {
                let volumes = self.all(stage, list(rest, self.escape));
                Rc::make_mut(&mut stage.volumes).extend(volumes);
            }
            "ENTRYPOINT" => {
                stage.entrypoint = program(instruction);
                // The command of what it is built on was meant for another entrypoint.
                stage.command = stage.command.take().filter(|_| self.has_command);
            }
            "CMD" => {
                stage.command = program(instruction);
                self.has_command = true;
            }
            _ => {}
        }
    }

    fn run(&self, stage: &mut Stage, instruction: &Instruction) {
        let rest = &*instruction.rest;
        let mounts = rest.split_whitespace().map_while(|word| word.strip_prefix("--"));
        let mounts = mounts.filter_map(|word| word.strip_prefix("mount="));
        let from = mounts.flat_map(|mount| mount.split(',').filter_map(|part| part.strip_prefix("from=")));
        let from = from
            .filter_map(|name| self.put_in(Some(stage), name))
            .collect::<Vec<_>>();
        stage.mounts.extend(from);
        let (_, command) = split_flags(rest);
        let words = exec_form(command).map(|words| words.join(" "));
        stage.runs.push(Run {
            script: format!("{}\n{}", words.as_deref().unwrap_or(command), instruction.texts),
            workdir: stage.workdir.clone(),
        });
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
            Rc::make_mut(&mut stage.sets).insert(name.clone());
            match value {
                Some(value) => environment.insert(name, value),
                None => environment.remove(&name),
            };
        }
    }

    fn copy(&self, stage: &mut Stage, instruction: &Instruction) {
        let (flags, rest) = split_flags(&instruction.rest);
        let words = list(rest, self.escape);
        let Some((written, sources)) = words.split_last() else {
            return;
        };
        let value = |name: &str| flags.iter().find_map(|flag| flag.strip_prefix(name)?.strip_prefix('='));
        let (texts, sources): (Vec<_>, Vec<_>) = sources.iter().cloned().partition(|source| source.starts_with("<<"));
        let sources = self.all(stage, sources);
        let target = self.put_in(Some(stage), written).unwrap_or_else(|| written.clone());
        let is_partial = |flag: &&str| flag.starts_with("--exclude") || flag.starts_with("--parents");
        let copy = Copy {
            is_into_directory: sources.len() > 1 || target.ends_with(['/', '.']),
            sources,
            target: below(stage, &target).unwrap_or(target),
            from: value("--from").map(|from| self.put_in(Some(stage), from).unwrap_or_else(|| from.to_owned())),
            is_add: instruction.name == "ADD",
            has_texts: !texts.is_empty(),
            mode: value("--chmod").map(str::to_owned),
            is_partial: flags.iter().any(is_partial),
            line: instruction.line,
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
        entrypoint: stage.entrypoint.clone(),
        command: stage.command.clone(),
        volumes: Rc::clone(&stage.volumes),
        sets: Rc::clone(&stage.sets),
        ..Stage::default()
    }
}

/// What a stage has from an image that is not built here.
fn image(base: Option<&str>) -> Stage {
    Stage {
        workdir: base.and_then(first_workdir).map(str::to_owned),
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

/// The flags that an instruction begins with, and what follows them.
fn split_flags(rest: &str) -> (Vec<&str>, &str) {
    let mut flags = Vec::new();
    let mut rest = rest.trim_start();
    while rest.starts_with("--") {
        let (flag, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        flags.push(flag);
        rest = behind.trim_start();
    }
    (flags, rest)
}

/// The words of a list in brackets.
fn exec_form(rest: &str) -> Option<Vec<String>> {
    rest.starts_with('[').then(|| serde_json::from_str(rest).ok())?
}

/// What an `ENTRYPOINT` or a `CMD` runs; none for an empty one.
fn program(instruction: &Instruction) -> Option<Program> {
    let rest = &*instruction.rest;
    let in_shell = || vec!["/bin/sh".to_owned(), "-c".to_owned(), rest.to_owned()];
    let words = exec_form(rest).unwrap_or_else(in_shell);
    (!rest.is_empty() && !words.is_empty()).then_some(Program {
        words,
        line: instruction.line,
    })
}

/// The directory in which the containers of an image start, where that is known.
fn first_workdir(image: &str) -> Option<&'static str> {
    let plain = plain(image).map(|plain| plain.workdir);
    plain.or((image == "scratch").then_some("/"))
}

/// A path as a stage sees it: absolute, without `.` and `..`; none where the directory that it begins in is not known.
fn below(stage: &Stage, path: &str) -> Option<String> {
    let whole = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{}/{path}", stage.workdir.as_deref()?)
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
