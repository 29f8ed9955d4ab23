//! What compose prints with `--progress json`, as data: which images and containers it works on, the steps of a build, and
//! the error in its last line. Pure.

use std::time::Duration;

use serde_json::Value;

use crate::base64;

/// One line of compose's progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// An image began to be pulled: its name, or that of its service.
    Pulling(String),
    /// An image was pulled: its name, or that of its service.
    Pulled(String),
    /// An image, or a container by its name, or a service (`service:NAME:NUMBER`) could not be brought about.
    Failed {
        /// What compose calls it: `Image X`, `Container X`, `service:X:1`, or a bare service's name for the pull of its image.
        id: String,
        /// Why.
        details: String,
    },
    /// A step of a build is called by this name. It has another one for each stage that it belongs to.
    Named {
        /// The step.
        step: String,
        /// Its name.
        name: String,
    },
    /// A step of a build wrote something.
    Wrote {
        /// The step.
        step: String,
        /// The bytes.
        text: Vec<u8>,
    },
    /// The builder warns of something in a Dockerfile.
    BuildWarning {
        /// The step.
        step: String,
        /// What it says.
        text: String,
    },
    /// A step of a build ended well.
    Step {
        /// The step.
        step: String,
        /// Its name: `[unit 2/4] RUN …`.
        name: String,
        /// Whether it came from the cache.
        cached: bool,
        /// How long it took.
        took: Duration,
    },
    /// A step of a build failed.
    StepFailed {
        /// The step.
        step: String,
        /// Its name.
        name: String,
        /// Why.
        error: String,
    },
    /// The call failed; compose's last word.
    Error(String),
    /// A warning of compose.
    Warning(String),
}

/// Reads one line. Most lines (started, still at it) say nothing that is kept; a line that is not JSON is a message.
#[must_use]
pub fn read(line: &str) -> Vec<Progress> {
    let line = line.trim();
    if line.is_empty() {
        return Vec::new();
    }
    let Ok(Value::Object(entry)) = serde_json::from_str::<Value>(line) else {
        return vec![read_message(line)];
    };
    let entry = Value::Object(entry);
    if entry["error"].as_bool() == Some(true) {
        return vec![Progress::Error(text(&entry["message"]))];
    }
    let mut progress: Vec<Progress> = items(&entry["vertexes"]).flat_map(read_step).collect();
    progress.extend(items(&entry["logs"]).filter_map(read_log));
    progress.extend(items(&entry["warnings"]).filter_map(read_build_warning));
    if !progress.is_empty() {
        return progress;
    }
    if entry["level"].as_str() == Some("warning") {
        return vec![Progress::Warning(text(&entry["msg"]))];
    }
    read_resource(&entry).into_iter().collect()
}

/// Compose's logger writes `time="…" level=warning msg="…"` between the lines of JSON.
fn read_message(line: &str) -> Progress {
    let message = line.split_once("msg=\"").and_then(|(_, rest)| rest.strip_suffix('"'));
    match message {
        Some(message) if line.contains("level=warning") => Progress::Warning(message.replace("\\\"", "\"")),
        _ => Progress::Error(line.to_owned()),
    }
}

/// Compose 5 says `{"id": "Image X", "status": "Error", "details": …}` of a pull. Compose 2 calls it by the service's bare
/// name and has the two words the other way round: `{"id": "web", "text": "Error", "status": …}`.
fn read_resource(entry: &Value) -> Option<Progress> {
    let id = entry["id"].as_str()?;
    let status = entry["status"].as_str().unwrap_or_default();
    let word = entry["text"].as_str().unwrap_or_default();
    let pulled = id
        .strip_prefix("Image ")
        .or_else(|| (!id.contains([' ', ':'])).then_some(id));
    let failed = |details: &str| {
        Some(Progress::Failed {
            id: id.to_owned(),
            details: details.to_owned(),
        })
    };
    match (pulled, status, word) {
        (_, "Error", _) => failed(entry["details"].as_str().unwrap_or(word)),
        (_, details, "Error") => failed(details),
        (Some(image), _, "Pulling") => Some(Progress::Pulling(image.to_owned())),
        (Some(image), _, "Pulled") => Some(Progress::Pulled(image.to_owned())),
        _ => None,
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn read_step(vertex: &Value) -> Vec<Progress> {
    let (Some(step), Some(name)) = (vertex["digest"].as_str(), vertex["name"].as_str()) else {
        return Vec::new();
    };
    let mut progress = vec![Progress::Named {
        step: step.to_owned(),
        name: name.to_owned(),
    }];
    progress.extend(read_end(vertex, step, name));
    progress
}

fn read_end(vertex: &Value, step: &str, name: &str) -> Option<Progress> {
    let (step, name) = (step.to_owned(), name.to_owned());
    if let Some(error) = vertex["error"].as_str().filter(|error| !error.is_empty()) {
        let error = error.to_owned();
        return Some(Progress::StepFailed { step, name, error });
    }
    let completed = vertex["completed"].as_str()?.parse::<jiff::Timestamp>().ok()?;
    let started = vertex["started"]
        .as_str()
        .and_then(|time| time.parse().ok())
        .unwrap_or(completed);
    let took = Duration::try_from(completed.duration_since(started)).unwrap_or_default();
    // Steps such as `[internal] load build context` and `[unit internal] …` are the builder's own affair.
    let is_internal = !name.starts_with('[') || name.split(']').next().is_some_and(|words| words.ends_with("internal"));
    let cached = vertex["cached"].as_bool() == Some(true);
    (!is_internal).then_some(Progress::Step {
        step,
        name,
        cached,
        took,
    })
}

fn read_log(log: &Value) -> Option<Progress> {
    Some(Progress::Wrote {
        step: log["vertex"].as_str()?.to_owned(),
        text: bytes(log["data"].as_str()?),
    })
}

fn read_build_warning(warning: &Value) -> Option<Progress> {
    let line = |text: &Value| String::from_utf8_lossy(&bytes(text.as_str().unwrap_or_default())).into_owned();
    let mut lines = vec![format!("warning: {}", line(&warning["short"]))];
    lines.extend(items(&warning["detail"]).map(line));
    lines.extend(warning["url"].as_str().map(str::to_owned));
    lines.retain(|line| !line.is_empty());
    Some(Progress::BuildWarning {
        step: warning["vertex"].as_str()?.to_owned(),
        text: lines.join("\n"),
    })
}

/// Bytes as Go writes them in JSON. What is none of the alphabet ends them.
fn bytes(text: &str) -> Vec<u8> {
    base64::bytes(text.bytes().map_while(base64::digit))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim_end().replace("\n\n", "\n")
}

/// The stage that a build step belongs to: with several images the builder puts the service's name first, `[unit 2/4]`.
#[must_use]
pub fn stage_of_step<'a>(step: &str, built: &[&'a str]) -> Option<&'a str> {
    if let [only] = built {
        return Some(only);
    }
    let inside = step.strip_prefix('[')?.split([' ', ']']).next()?;
    built.iter().copied().find(|stage| *stage == inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_pulls_failures_and_the_last_word() {
        assert_eq!(
            read(r#"{"id":"Image a:1","status":"Working","text":"Pulling"}"#),
            [Progress::Pulling("a:1".into())]
        );
        assert_eq!(
            read(r#"{"id":"Image a:1","status":"Error","text":"Error","details":"no such host"}"#),
            [Progress::Failed {
                id: "Image a:1".into(),
                details: "no such host".into()
            }]
        );
        assert_eq!(
            read(r#"{"id":"service:a:1","status":"Error","text":"invalid mount"}"#),
            [Progress::Failed {
                id: "service:a:1".into(),
                details: "invalid mount".into()
            }]
        );
        assert_eq!(
            read(r#"{"error":true,"message":"a\n\nb\n"}"#),
            [Progress::Error("a\nb".into())]
        );
        assert_eq!(read(r#"{"id":"Container p-a-1","status":"Done","text":"Created"}"#), []);
    }

    #[test]
    fn reads_how_compose_2_tells_a_pull() {
        assert_eq!(
            read(r#"{"id":"web","text":"Pulling"}"#),
            [Progress::Pulling("web".into())]
        );
        assert_eq!(
            read(r#"{"id":"web","text":"Error","status":"no such host"}"#),
            [Progress::Failed {
                id: "web".into(),
                details: "no such host".into()
            }]
        );
        assert_eq!(read(r#"{"id":"web","status":"Interrupted"}"#), []);
    }

    #[test]
    fn reads_the_steps_of_a_build() {
        let line = r#"{"vertexes":[{"digest":"d2","name":"[2/2] RUN exit 5","started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:01.5Z","error":"exit code: 5"},
            {"digest":"d1","name":"[1/2] FROM b","started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:01.5Z","cached":true},
            {"digest":"d0","name":"[unit internal] load .dockerignore","completed":"2026-01-01T00:00:01Z"}]}"#;
        let named = |step: &str, name: &str| Progress::Named {
            step: step.into(),
            name: name.into(),
        };
        assert_eq!(
            read(&line.replace('\n', "")),
            [
                named("d2", "[2/2] RUN exit 5"),
                Progress::StepFailed {
                    step: "d2".into(),
                    name: "[2/2] RUN exit 5".into(),
                    error: "exit code: 5".into()
                },
                named("d1", "[1/2] FROM b"),
                Progress::Step {
                    step: "d1".into(),
                    name: "[1/2] FROM b".into(),
                    cached: true,
                    took: Duration::from_millis(1500)
                },
                named("d0", "[unit internal] load .dockerignore"),
            ]
        );
    }

    #[test]
    fn reads_what_builds_write_and_are_warned_of() {
        assert_eq!(
            read(r#"{"logs":[{"vertex":"d","stream":2,"data":"RkFUQUw6IGl0IGJyb2tlCg==","timestamp":"x"}]}"#),
            [Progress::Wrote {
                step: "d".into(),
                text: b"FATAL: it broke\n".to_vec()
            }]
        );
        assert_eq!(
            read(
                r#"{"warnings":[{"vertex":"d","level":1,"short":"c2hvcnQ=","detail":["bG9uZw=="],"url":"https://x"}]}"#
            ),
            [Progress::BuildWarning {
                step: "d".into(),
                text: "warning: short\nlong\nhttps://x".into()
            }]
        );
    }

    #[test]
    fn warning_among_the_progress_is_read_in_either_form() {
        assert_eq!(
            read(r#"{"level":"warning","msg":"Found orphan containers ([x])","time":"t"}"#),
            [Progress::Warning("Found orphan containers ([x])".into())]
        );
    }

    #[test]
    fn a_line_that_is_not_json_is_a_message() {
        assert_eq!(
            read(r#"time="x" level=warning msg="volume \"v\" exists""#),
            [Progress::Warning("volume \"v\" exists".into())]
        );
        assert_eq!(read("panic: boom"), [Progress::Error("panic: boom".into())]);
    }

    #[test]
    fn a_step_names_its_stage_where_there_are_several() {
        assert_eq!(stage_of_step("[unit 2/4] RUN x", &["app", "unit"]), Some("unit"));
        assert_eq!(stage_of_step("[2/4] RUN x", &["app", "unit"]), None);
        assert_eq!(stage_of_step("[2/4] RUN x", &["app"]), Some("app"));
    }
}
