//! The exit codes of towline. They are written down once, here; `towline help exit-codes` prints this table.

use std::fmt::Write as _;

/// Every code that towline itself gives. The code of a job that failed is passed on as it is and is not listed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The run passed, or the command did what it was asked to do.
    Passed = 0,
    /// `lint` has findings at or above the threshold, or `gc` could not remove everything.
    Findings = 1,
    /// A flag or an argument is wrong, or a target is not in the file.
    Usage = 2,
    /// The compose file, or towline's own configuration, is not valid.
    Invalid = 65,
    /// There is no engine or no compose plugin, one is too old, or the engine went away.
    NoEngine = 69,
    /// A bug in towline.
    Bug = 70,
    /// An image could not be pulled.
    Pull = 75,
    /// A build failed.
    Build = 76,
    /// A container could not be created or started.
    Start = 77,
    /// A needed service was unhealthy or ended.
    Service = 78,
    /// A stage or the run took longer than it may.
    TimedOut = 124,
    /// Stopped by SIGHUP.
    HungUp = 129,
    /// Stopped by SIGINT.
    Interrupted = 130,
    /// Stopped by SIGTERM.
    Terminated = 143,
}

impl Exit {
    /// All codes, in the order in which they are documented.
    pub const ALL: [Self; 14] = [
        Self::Passed,
        Self::Findings,
        Self::Usage,
        Self::Invalid,
        Self::NoEngine,
        Self::Bug,
        Self::Pull,
        Self::Build,
        Self::Start,
        Self::Service,
        Self::TimedOut,
        Self::HungUp,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The number that the process ends with.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// When this code is given, as a phrase for the table.
    #[must_use]
    pub const fn when(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Findings => "lint: findings at or above the threshold; gc: something could not be removed",
            Self::Usage => "wrong usage: a flag, an argument, an unknown target",
            Self::Invalid => "the compose file, or towline's own configuration, is not valid",
            Self::NoEngine => "no engine, no compose plugin, or one too old; the engine went away",
            Self::Bug => "a bug in towline",
            Self::Pull => "an image could not be pulled",
            Self::Build => "a build failed",
            Self::Start => "a container could not be created or started (port taken, mount refused, command not found)",
            Self::Service => "a needed service was unhealthy or ended",
            Self::TimedOut => "a stage or the run timed out",
            Self::HungUp => "stopped by SIGHUP",
            Self::Interrupted => "stopped by SIGINT",
            Self::Terminated => "stopped by SIGTERM",
        }
    }
}

/// The table that `towline help exit-codes` prints.
#[must_use]
pub fn table() -> String {
    let mut text = String::from("code  when\n");
    let mut row = |code: &str, when: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{code:>4}  {when}");
    };
    row("0", Exit::Passed.when());
    row(
        "n",
        "the own code of the first failed job in plan order; 137 when it ran out of memory, 128 + n when signal n ended it",
    );
    for exit in &Exit::ALL[1..] {
        row(&exit.code().to_string(), exit.when());
    }
    text.push_str(
        "\nA job may itself end with one of these numbers: the last line on standard error\n\
         (`towline: FAILED stage=… outcome=… code=… run=…`) and report.json say which it was.\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_is_given_twice() {
        let mut codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Exit::ALL.len());
    }

    #[test]
    fn the_table_has_a_row_for_every_code() {
        let table = table();
        for exit in Exit::ALL {
            assert!(
                table.contains(&format!("{:>4}  {}", exit.code(), exit.when())),
                "no row for {exit:?} in:\n{table}"
            );
        }
    }
}
