//! What a Dockerfile says, as far as rules ask: its stages, what each is built from, and what it leaves in its image.

mod expand;
mod installs;
mod instructions;
mod lines;
mod unset;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// A Dockerfile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dockerfile {
    /// The arguments that are declared before the first stage.
    pub arguments: Vec<Argument>,
    /// Its stages, in order.
    pub stages: Vec<Stage>,
    /// What reads it, where a `# syntax=` names something else than `docker/dockerfile`: it may mean other things then.
    pub syntax: Option<String>,
    names: Names,
}

/// The stages of each name, in order, by the name in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Names(HashMap<String, Vec<usize>>);

impl Names {
    fn add(&mut self, name: &str, stage: usize) {
        self.0.entry(name.to_ascii_lowercase()).or_default().push(stage);
    }

    /// The last stage of a name among the first `count` of all stages.
    fn last_among(&self, count: usize, name: &str) -> Option<usize> {
        let stages = self.0.get(&name.to_ascii_lowercase())?;
        let earlier = stages.partition_point(|stage| *stage < count);
        stages.get(earlier.checked_sub(1)?).copied()
    }
}

/// An `ARG`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// What it is where the build does not say otherwise, with variables put in.
    pub default: Option<String>,
}

/// A stage. Its directory, its user, its health check and its variables are those that it inherits from an earlier stage
/// where it has none of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// Its place, from 0 on.
    pub index: usize,
    /// Its name, as it is written.
    pub name: Option<String>,
    /// The image or the stage that it is built on; none where a variable in it is not known.
    pub base: Option<String>,
    /// The same as it is written.
    pub written: String,
    /// The line of its `FROM`, counted from 1.
    pub line: usize,
    /// The earlier stage that it is built on.
    pub parent: Option<usize>,
    /// The arguments that the stage itself declares.
    pub arguments: Vec<Argument>,
    /// The directory in which its containers start; none where it is not known here.
    pub workdir: Option<String>,
    /// The user of its containers; none where it is not known here.
    pub user: Option<String>,
    /// What it says of a health check.
    pub healthcheck: Option<Healthcheck>,
    /// What the stage itself copies, in order.
    pub copies: Vec<Copy>,
    /// What the stage itself runs, in order.
    pub runs: Vec<Run>,
    /// What `RUN --mount=from=…` names.
    pub mounts: Vec<String>,
    /// The ports that the stage itself exposes, as they are written: `80` or `53/udp`.
    pub exposed: Vec<String>,
    /// The variables that its containers have: those of the stage that it is built on, until it has one of its own.
    pub environment: Rc<HashMap<String, String>>,
    /// What its containers start with, whatever their command is.
    pub entrypoint: Option<Program>,
    /// What its containers run where nothing else is said.
    pub command: Option<Program>,
    /// The directories that it declares as volumes.
    pub volumes: Rc<Vec<String>>,
    /// The names of the variables that an `ARG` or an `ENV` sets in it, to whatever.
    pub sets: Rc<HashSet<String>>,
    /// The variables that the stage itself uses and that no `ARG` or `ENV` in the file sets there.
    pub unset: Vec<Unset>,
}

/// A `RUN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What its shell is given, or its words where no shell reads them.
    pub script: String,
    /// The directory in which it runs; none where that is not known here.
    pub workdir: Option<String>,
}

/// An `ENTRYPOINT` or a `CMD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its words. A line without brackets is given to `/bin/sh -c`.
    pub words: Vec<String>,
    /// The line that it stands in, counted from 1.
    pub line: usize,
}

/// A variable that is used and not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unset {
    /// Its name.
    pub name: String,
    /// The line of the instruction that uses it, counted from 1.
    pub line: usize,
}

/// What a `HEALTHCHECK` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Healthcheck {
    /// There is a check.
    Command,
    /// `NONE`: that of the base is gone.
    Off,
}

/// A `COPY` or an `ADD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// What is copied, as it is written, with variables put in. Texts that stand in the file itself are not among them.
    pub sources: Vec<String>,
    /// Where it goes: absolute where that is known.
    pub target: String,
    /// The stage, the image or the named context that it comes from; none for the context of the build.
    pub from: Option<String>,
    /// Whether it is an `ADD`.
    pub is_add: bool,
    /// Whether its target is a directory by how it is written.
    pub is_into_directory: bool,
    /// Whether it has texts that stand in the file itself.
    pub has_texts: bool,
    /// The permissions of `--chmod`.
    pub mode: Option<String>,
    /// Whether it leaves out a part of what it names, or keeps the directories above it: `--exclude`, `--parents`.
    pub is_partial: bool,
    /// The line that it begins in, counted from 1.
    pub line: usize,
}

impl Dockerfile {
    /// Reads a Dockerfile, with the defaults of its arguments.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::parse_with(text, &|_| None)
    }

    /// Reads a Dockerfile, with the arguments that a build gives.
    #[must_use]
    pub fn parse_with(text: &str, given: &dyn Fn(&str) -> Option<String>) -> Self {
        instructions::read(text, given)
    }

    /// A stage by its name, in whatever case, or by its number.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        let named = self.names.last_among(self.stages.len(), name);
        self.stages.get(named.or_else(|| name.parse().ok())?)
    }

    /// The stage that a build ends with: the target, or else the last.
    #[must_use]
    pub fn target(&self, target: Option<&str>) -> Option<&Stage> {
        match target.filter(|target| !target.is_empty()) {
            Some(name) => self.stage(name),
            None => self.stages.last(),
        }
    }

    /// The stages that a target is built from, with the target itself, in order.
    #[must_use]
    pub fn reached(&self, target: Option<&str>) -> Vec<&Stage> {
        let mut reached = HashSet::new();
        let mut open: Vec<usize> = self.target(target).map(|stage| stage.index).into_iter().collect();
        while let Some(index) = open.pop() {
            let Some(stage) = self.stages.get(index).filter(|_| reached.insert(index)) else {
                continue;
            };
            open.extend(stage.parent);
            open.extend(stage.sources().filter_map(|name| self.before(index, name)));
        }
        self.stages
            .iter()
            .filter(|stage| reached.contains(&stage.index))
            .collect()
    }

    /// A target and the stages that it is built on, one on the other: the lowest first.
    #[must_use]
    pub fn lineage(&self, target: Option<&str>) -> Vec<&Stage> {
        // A stage stands behind the one that it is built on: there is no circle.
        let below = |stage: &&Stage| {
            let parent = self.stages.get(stage.parent?)?;
            (parent.index < stage.index).then_some(parent)
        };
        let mut lineage: Vec<&Stage> = std::iter::successors(self.target(target), below).collect();
        lineage.reverse();
        lineage
    }

    /// The images that a target is built from, or copies from: what is no stage. A named context is among them.
    #[must_use]
    pub fn images(&self, target: Option<&str>) -> Vec<&str> {
        let mut images = Vec::new();
        for stage in self.reached(target) {
            let base = stage.base.as_deref().filter(|_| stage.parent.is_none());
            let copied = stage
                .sources()
                .filter(|name| self.before(stage.index, name).is_none() && name.parse::<usize>().is_err());
            images.extend(base.into_iter().chain(copied).filter(|image| *image != "scratch"));
        }
        images
    }

    /// The names of all arguments that it declares anywhere.
    pub fn declared(&self) -> impl Iterator<Item = &str> {
        let of_stages = self.stages.iter().flat_map(|stage| &stage.arguments);
        self.arguments.iter().chain(of_stages).map(|argument| &*argument.name)
    }

    /// An earlier stage that a stage names.
    fn before(&self, index: usize, name: &str) -> Option<usize> {
        let named = self.names.last_among(index, name);
        named.or_else(|| name.parse().ok().filter(|number| *number < index))
    }
}

impl Stage {
    /// The stages, images and named contexts that it copies or mounts from.
    fn sources(&self) -> impl Iterator<Item = &str> {
        let copied = self.copies.iter().filter_map(|copy| copy.from.as_deref());
        copied.chain(self.mounts.iter().map(String::as_str))
    }
}

#[cfg(test)]
mod tests;
