//! The engine's record of a container, as `docker inspect` gives it. Pure.

use serde_json::Value;

use super::engine_events::is_of_service;

use crate::event::Probe;

/// What the engine has on record of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its id.
    pub container: String,
    /// The compose service that it belongs to.
    pub service: String,
    /// Its number within the service.
    pub number: u32,
    /// Whether it runs.
    pub running: bool,
    /// Whether its restart policy is about to start it again.
    pub restarting: bool,
    /// Whether it has ever been started.
    pub was_started: bool,
    /// The code with which it last ended.
    pub code: i32,
    /// Whether memory ran out.
    pub oom: bool,
    /// Why it could not be started, where it could not.
    pub error: String,
    /// Its health, where it has a health check.
    pub health: Option<Health>,
}

/// The health of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// `starting`, `healthy` or `unhealthy`.
    pub status: String,
    /// The last probe, where one failed.
    pub probe: Option<Probe>,
}

/// Reads what `docker inspect` printed.
#[must_use]
pub fn read(json: &[u8]) -> Vec<Record> {
    let containers: Vec<Value> = serde_json::from_slice(json).unwrap_or_default();
    containers.iter().filter_map(read_one).collect()
}

fn read_one(container: &Value) -> Option<Record> {
    let labels = &container["Config"]["Labels"];
    if !is_of_service(labels) {
        return None;
    }
    let state = &container["State"];
    let number = labels["com.docker.compose.container-number"].as_str();
    let is = |key: &str| state[key].as_bool() == Some(true);
    Some(Record {
        container: container["Id"].as_str()?.to_owned(),
        service: labels["com.docker.compose.service"].as_str()?.to_owned(),
        number: number.and_then(|number| number.parse().ok()).unwrap_or(1),
        running: is("Running") && !is("Restarting"),
        restarting: is("Restarting"),
        // The engine writes the zero time for a container that never ran.
        was_started: state["StartedAt"]
            .as_str()
            .is_some_and(|time| !time.starts_with("0001-")),
        code: state["ExitCode"]
            .as_i64()
            .and_then(|code| i32::try_from(code).ok())
            .unwrap_or(255),
        oom: is("OOMKilled"),
        error: state["Error"].as_str().unwrap_or_default().to_owned(),
        health: read_health(&state["Health"]),
    })
}

fn read_health(health: &Value) -> Option<Health> {
    let status = health["Status"].as_str().filter(|status| *status != "none")?;
    let last = health["Log"].as_array().and_then(|probes| probes.last());
    let probe = last
        .filter(|probe| probe["ExitCode"].as_i64() != Some(0))
        .map(|probe| Probe {
            code: probe["ExitCode"]
                .as_i64()
                .and_then(|code| i32::try_from(code).ok())
                .unwrap_or(-1),
            output: probe["Output"].as_str().unwrap_or_default().to_owned(),
            streak: health["FailingStreak"]
                .as_u64()
                .and_then(|streak| u32::try_from(streak).ok())
                .unwrap_or(0),
        });
    Some(Health {
        status: status.to_owned(),
        probe,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_state_and_health() {
        let json = br#"[{"Id":"c1","Config":{"Labels":{"com.docker.compose.service":"db","com.docker.compose.container-number":"1"}},
            "State":{"Running":true,"ExitCode":0,"OOMKilled":false,"Error":"","StartedAt":"2026-01-01T00:00:00Z",
            "Health":{"Status":"starting","FailingStreak":3,"Log":[{"ExitCode":0,"Output":"ok"},{"ExitCode":2,"Output":"no role"}]}}}]"#;
        let records = read(json);
        let health = records[0].health.as_ref().unwrap();
        assert!(records[0].running && records[0].was_started);
        assert_eq!(
            health.probe,
            Some(Probe {
                code: 2,
                output: "no role".into(),
                streak: 3
            })
        );
    }

    #[test]
    fn a_container_that_never_ran_was_not_started() {
        let json = br#"[{"Id":"c1","Config":{"Labels":{"com.docker.compose.service":"a"}},
            "State":{"Running":false,"ExitCode":127,"Error":"exec: x","StartedAt":"0001-01-01T00:00:00Z"}}]"#;
        let record = &read(json)[0];
        assert!(!record.was_started && record.health.is_none());
        assert_eq!((record.code, record.error.as_str()), (127, "exec: x"));
    }
}
