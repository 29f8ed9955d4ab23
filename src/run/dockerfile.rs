//! What other programs find in a Dockerfile: BuildKit's own checks, and hadolint.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::binary::Tools;
use super::process::{Invocation, Spawner};
use crate::diagnostic::{Remark, Severity};

/// How long one call may take. BuildKit may ask a registry for what a base image is.
const TIME: Duration = Duration::from_secs(120);

/// What hadolint finds in nearly every Dockerfile, and people turn off: versions of a distribution's packages, and several
/// RUN in a row.
const NOISE: [&str; 4] = ["DL3008", "DL3013", "DL3018", "DL3059"];

/// What both find, by hadolint's name and by BuildKit's.
const SAME: [(&str, &str); 6] = [
    ("DL3000", "WorkdirRelativePath"),
    ("DL3025", "JSONArgsRecommended"),
    ("DL3064", "SecretsUsedInArgOrEnv"),
    ("DL3065", "RedundantTargetPlatform"),
    ("DL4000", "MaintainerDeprecated"),
    ("DL4003", "MultipleInstructionsDisallowed"),
];

/// How a Dockerfile is built.
#[derive(Clone, Copy, Debug)]
pub struct Build<'a> {
    /// The directory that it is built from.
    pub context: &'a Path,
    /// The stage that is built, where it is not the last.
    pub target: Option<&'a str>,
    /// The build arguments.
    pub args: &'a [(String, String)],
}

/// The programs that are there.
#[derive(Debug, Default)]
pub struct Checkers {
    /// hadolint.
    pub hadolint: Option<PathBuf>,
    /// docker, with buildx and an engine to be asked.
    pub docker: Option<Tools>,
}

impl Checkers {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        usize::from(self.hadolint.is_some()) + usize::from(self.docker.is_some())
    }

    /// What they find in one Dockerfile, which is built in these ways; and why one of them could not look.
    ///
    /// # Errors
    /// None of them could look: why.
    pub fn check(&self, dockerfile: &Path, builds: &[Build<'_>]) -> Result<(Vec<Remark>, Option<String>), String> {
        let checked = self.docker.as_ref().map(|tools| {
            let remarks = builds.iter().map(|build| buildkit(tools, dockerfile, *build));
            remarks.collect::<Result<Vec<_>, _>>().map(|remarks| remarks.concat())
        });
        let linted = self.hadolint.as_ref().map(|program| hadolint(program, dockerfile));
        match (checked, linted) {
            (Some(Ok(mut remarks)), Some(Ok(others))) => {
                remarks.extend(without_same(others, &remarks));
                Ok((remarks, None))
            }
            (Some(Ok(remarks)), failed) | (failed, Some(Ok(remarks))) => Ok((remarks, failed.and_then(Result::err))),
            (checked, linted) => {
                let failed = [checked, linted].into_iter().flatten().filter_map(Result::err);
                Err(failed.collect::<Vec<_>>().join("; "))
            }
        }
    }
}

/// What only hadolint finds.
fn without_same(found: Vec<Remark>, known: &[Remark]) -> Vec<Remark> {
    let other = |code: &str| {
        let pair = SAME
            .iter()
            .find(|(own, _)| code.strip_prefix("hadolint/") == Some(*own))?;
        Some(format!("buildkit/{}", pair.1))
    };
    let is_known = |remark: &Remark| {
        let code = other(&remark.code);
        code.is_some_and(|code| known.iter().any(|known| known.code == code))
    };
    found.into_iter().filter(|remark| !is_known(remark)).collect()
}

/// A remark of hadolint.
#[derive(Deserialize)]
struct Hadolint {
    line: usize,
    code: String,
    message: String,
    level: String,
}

fn hadolint(program: &Path, dockerfile: &Path) -> Result<Vec<Remark>, String> {
    let mut argv: Vec<OsString> = vec![program.into()];
    argv.extend(["--no-fail", "--format", "json", "--"].map(OsString::from));
    argv.push(dockerfile.into());
    let found: Vec<Hadolint> = answer(&Invocation {
        argv,
        ..Invocation::default()
    })
    .map_err(|why| format!("hadolint does not look at {}: {why}", dockerfile.display()))?;
    let wanted = found.into_iter().filter(|found| !NOISE.contains(&&*found.code));
    Ok(wanted
        .map(|found| Remark {
            path: dockerfile.to_owned(),
            lines: Some((found.line, found.line)),
            help: found
                .code
                .starts_with("DL")
                .then(|| format!("see https://github.com/hadolint/hadolint/wiki/{}", found.code)),
            code: format!("hadolint/{}", found.code),
            message: found.message,
            level: match &*found.level {
                "error" => Severity::Error,
                "warning" => Severity::Warning,
                _ => Severity::Hint,
            },
        })
        .collect())
}

/// What `docker buildx build --call=check,format=json` prints.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Checked {
    warnings: Option<Vec<Warning>>,
    build_error: Option<BuildError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Warning {
    rule_name: String,
    detail: String,
    url: Option<String>,
    location: Option<Location>,
}

#[derive(Deserialize)]
struct BuildError {
    message: String,
    location: Option<Location>,
}

#[derive(Deserialize)]
struct Location {
    #[serde(default)]
    ranges: Vec<Range>,
}

#[derive(Deserialize)]
struct Range {
    start: Line,
    end: Line,
}

#[derive(Deserialize)]
struct Line {
    line: usize,
}

fn buildkit(tools: &Tools, dockerfile: &Path, build: Build<'_>) -> Result<Vec<Remark>, String> {
    let mut argv: Vec<OsString> = vec![tools.docker.clone().into()];
    argv.extend(["buildx", "build", "--call=check,format=json", "--file"].map(OsString::from));
    argv.push(dockerfile.into());
    if let Some(target) = build.target {
        argv.extend([OsString::from("--target"), target.into()]);
    }
    for (name, value) in build.args {
        argv.extend([OsString::from("--build-arg"), format!("{name}={value}").into()]);
    }
    argv.push(build.context.into());
    let checked: Checked = answer(&Invocation {
        argv,
        env: tools.env.clone(),
        ..Invocation::default()
    })
    .map_err(|why| format!("BuildKit does not look at {}: {why}", dockerfile.display()))?;
    let warnings = checked.warnings.into_iter().flatten().map(|warning| Remark {
        path: dockerfile.to_owned(),
        lines: lines(warning.location.as_ref()),
        code: format!("buildkit/{}", warning.rule_name),
        message: warning.detail,
        help: warning.url.map(|url| format!("see {url}")),
        level: Severity::Warning,
    });
    // A stage that does not exist is found by a rule, in the compose file that names it.
    let error = checked
        .build_error
        .filter(|error| !error.message.starts_with("target stage "));
    let error = error.map(|error| build_error(error, dockerfile));
    Ok(warnings.chain(error).collect())
}

/// Why the build cannot work. An image that cannot be asked for here is no fault of the file.
fn build_error(error: BuildError, dockerfile: &Path) -> Remark {
    let is_elsewhere = error.message.contains("failed to resolve source metadata");
    let (code, level) = match is_elsewhere {
        true => ("buildkit/not-checked", Severity::Hint),
        false => ("buildkit/build-error", Severity::Error),
    };
    Remark {
        path: dockerfile.to_owned(),
        lines: lines(error.location.as_ref()),
        code: code.to_owned(),
        message: error.message,
        help: None,
        level,
    }
}

fn lines(location: Option<&Location>) -> Option<(usize, usize)> {
    let range = location?.ranges.first()?;
    Some((range.start.line, range.end.line))
}

/// The JSON that a program prints, whatever its code: both tell by it only that they found something.
fn answer<T: serde::de::DeserializeOwned>(invocation: &Invocation) -> Result<T, String> {
    let finished = Spawner::default()
        .capture_within(TIME, invocation)
        .map_err(|error| format!("{error:#}"))?;
    if finished.timed_out {
        return Err(format!("it did not end within {} s", TIME.as_secs()));
    }
    serde_json::from_slice(&finished.stdout).map_err(|_| {
        let stderr = String::from_utf8_lossy(&finished.stderr);
        let last = stderr.lines().rfind(|line| !line.trim().is_empty());
        let last = last.unwrap_or("it says nothing that can be read").trim();
        last.trim_start_matches("ERROR: ").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remark(code: &str) -> Remark {
        Remark {
            path: PathBuf::from("Dockerfile"),
            lines: None,
            code: code.to_owned(),
            message: String::new(),
            help: None,
            level: Severity::Warning,
        }
    }

    #[test]
    fn what_both_find_is_told_once() {
        let known = [remark("buildkit/JSONArgsRecommended")];
        let found = vec![
            remark("hadolint/DL3025"),
            remark("hadolint/DL3006"),
            remark("hadolint/DL3000"),
        ];
        let left: Vec<String> = without_same(found, &known)
            .into_iter()
            .map(|remark| remark.code)
            .collect();
        assert_eq!(left, ["hadolint/DL3006", "hadolint/DL3000"]);
    }

    #[test]
    fn an_image_that_cannot_be_asked_for_is_no_fault() {
        let error = |message: &str| {
            let error = BuildError {
                message: message.to_owned(),
                location: None,
            };
            build_error(error, Path::new("Dockerfile")).level
        };
        assert_eq!(
            error("x: failed to resolve source metadata for x: no such host"),
            Severity::Hint
        );
        assert_eq!(error("unknown instruction: RUNN"), Severity::Error);
    }
}
