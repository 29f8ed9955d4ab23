//! Stages whose commands put files into the directories of the system alone, as far as that is known of the programs.

use super::Stage;
use crate::shell::{Command, commands, program_name};

/// Programs that leave nothing in other directories, or remove and permit what is there.
const INSTALLERS: [&str; 30] = [
    "addgroup",
    "adduser",
    "apk",
    "apt",
    "apt-get",
    "chmod",
    "chown",
    "corepack",
    "dnf",
    "dpkg",
    "echo",
    "export",
    "gem",
    "groupadd",
    "ldconfig",
    "locale-gen",
    "microdnf",
    "mkdir",
    "pip",
    "pip3",
    "printf",
    "rm",
    "set",
    "test",
    "true",
    "update-ca-certificates",
    "useradd",
    "usermod",
    "yum",
    ":",
];

/// Programs that fill one directory of the project, which everybody knows, where they are told to install.
const OF_PROJECTS: [&str; 4] = ["bundle", "npm", "pnpm", "yarn"];

impl Stage {
    /// Whether what the stage itself runs makes no file elsewhere than in the directories of the system.
    #[must_use]
    pub fn only_installs(&self) -> bool {
        let mut scripts = self.runs.iter().flat_map(|run| commands(&run.script));
        self.mounts.is_empty() && scripts.all(|command| installs(&command))
    }
}

fn installs(command: &Command) -> bool {
    let program = command.program().map_or("", |word| program_name(&word.text));
    let verb = command.arguments().first().map(|word| word.text.as_str());
    let is_of_project =
        OF_PROJECTS.contains(&program) && matches!(verb, Some("cache" | "ci" | "config" | "i" | "install" | "set"));
    (INSTALLERS.contains(&program) || is_of_project) && !command.is_redirected
}
