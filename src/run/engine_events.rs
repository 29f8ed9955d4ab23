//! The engine's stream of container events, line by line. Pure.

use serde_json::Value;

/// One event of a container of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineEvent {
    /// The container's id.
    pub container: String,
    /// The compose service that it belongs to.
    pub service: String,
    /// Its number within the service, where compose gave it one.
    pub number: u32,
    /// What happened.
    pub action: Action,
    /// When, by the engine's clock, in nanoseconds since 1970.
    pub time: u64,
}

/// The code of an end of which nothing tells the code.
pub const UNKNOWN: i32 = 255;

/// What happened to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It was created.
    Created,
    /// It was started.
    Started,
    /// It ended with this code.
    Died(i32),
    /// The kernel ended one of its processes because memory ran out.
    OutOfMemory,
    /// Its health changed.
    Health(bool),
    /// Something that was run inside it, such as a health probe, ended with this code.
    ExecDied(i32),
    /// Somebody had the engine send it a signal to end.
    Killed,
    /// Its processes were frozen (`true`), or let go on.
    Paused(bool),
    /// It was removed.
    Removed,
}

/// Reads one line of `docker events --format '{{json .}}'`; nothing where it is of no interest.
#[must_use]
pub fn read(line: &str) -> Option<EngineEvent> {
    let event: Value = serde_json::from_str(line).ok()?;
    let attributes = &event["Actor"]["Attributes"];
    let code = || attributes["exitCode"].as_str().and_then(|code| code.parse().ok());
    let action = match event["Action"].as_str()? {
        "create" => Action::Created,
        "start" => Action::Started,
        // An end without a code is not one with 0.
        "die" => Action::Died(code().unwrap_or(UNKNOWN)),
        "oom" => Action::OutOfMemory,
        "health_status: healthy" => Action::Health(true),
        "health_status: unhealthy" => Action::Health(false),
        "exec_die" => Action::ExecDied(code()?),
        "kill" if is_to_end(attributes["signal"].as_str()) => Action::Killed,
        "pause" => Action::Paused(true),
        "unpause" => Action::Paused(false),
        "destroy" => Action::Removed,
        _ => return None,
    };
    if !is_of_service(attributes) {
        return None;
    }
    let number = attributes["com.docker.compose.container-number"].as_str();
    Some(EngineEvent {
        container: event["Actor"]["ID"].as_str()?.to_owned(),
        service: attributes["com.docker.compose.service"].as_str()?.to_owned(),
        number: number.and_then(|number| number.parse().ok()).unwrap_or(1),
        action,
        time: event["timeNano"].as_u64().unwrap_or_default(),
    })
}

/// Whether a signal asks a container to end. Servers read their settings or open their logs anew at HUP, USR1 and USR2; CHLD,
/// CONT and URG ask for nothing.
fn is_to_end(signal: Option<&str>) -> bool {
    !matches!(signal, Some("1" | "10" | "12" | "17" | "18" | "23"))
}

/// Whether labels are those of a service's own container. The containers of its hooks and of `compose run` carry its
/// name as well.
#[must_use]
pub(super) fn is_of_service(labels: &Value) -> bool {
    labels["com.docker.compose.hook"].is_null() && labels["com.docker.compose.oneoff"].as_str() != Some("True")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(action: &str, more: &str) -> String {
        format!(
            r#"{{"timeNano":1700000000000000001,"Action":"{action}","Actor":{{"ID":"c1","Attributes":{{"com.docker.compose.service":"db","com.docker.compose.container-number":"2"{more}}}}}}}"#
        )
    }

    #[test]
    fn reads_what_a_run_decides_by() {
        for (line, action) in [
            (event("start", ""), Action::Started),
            (event("die", r#","exitCode":"42""#), Action::Died(42)),
            (event("die", ""), Action::Died(255)),
            (event("health_status: unhealthy", ""), Action::Health(false)),
            (event("oom", ""), Action::OutOfMemory),
            (event("kill", r#","signal":"9""#), Action::Killed),
            (event("pause", ""), Action::Paused(true)),
            (event("destroy", ""), Action::Removed),
        ] {
            let read = read(&line).unwrap();
            assert_eq!(
                (read.container.as_str(), read.service.as_str(), read.number, read.time),
                ("c1", "db", 2, 1_700_000_000_000_000_001)
            );
            assert_eq!(read.action, action);
        }
    }

    #[test]
    fn skips_what_it_does_not_know() {
        assert_eq!(read(&event("rename", "")), None);
        assert_eq!(read(&event("kill", r#","signal":"1""#)), None);
        assert_eq!(read("not json"), None);
        assert_eq!(read(&event("start", r#","com.docker.compose.hook":"pre_start""#)), None);
        assert_eq!(read(&event("start", r#","com.docker.compose.oneoff":"True""#)), None);
        assert_eq!(read(r#"{"Action":"start","Actor":{"ID":"c","Attributes":{}}}"#), None);
    }
}
