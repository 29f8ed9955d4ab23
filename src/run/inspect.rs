//! The engine's record of a container, as `docker inspect` gives it. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::engine_events::{UNKNOWN, is_of_service};

use crate::event::Probe;
use crate::plan::ImageSays;

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
    /// Whether somebody froze its processes.
    pub paused: bool,
    /// When it was last started, by the engine's clock, in nanoseconds since 1970; 0 when it never was.
    pub started: u64,
    /// When it last ended, in the same way.
    pub ended: u64,
    /// How often its restart policy has started it again.
    pub restarts: u32,
    /// The code with which it last ended.
    pub code: i32,
    /// Whether the kernel may end it for memory: it has a limit of its own.
    pub memory_limited: bool,
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

/// Parses what `docker inspect` printed: a value for each container.
#[must_use]
pub fn parse(json: &[u8]) -> Vec<Value> {
    serde_json::from_slice(json).unwrap_or_default()
}

/// Reads the records of containers.
#[must_use]
pub fn read(containers: &[Value]) -> Vec<Record> {
    containers.iter().filter_map(read_one).collect()
}

/// What the containers run, by service: the configuration of their images with what the file has in place of it.
#[must_use]
pub fn read_configurations(containers: &[Value]) -> BTreeMap<String, ImageSays> {
    let says = |container: &Value| {
        let config = &container["Config"];
        let service = config["Labels"]["com.docker.compose.service"].as_str()?.to_owned();
        if !is_of_service(&config["Labels"]) {
            return None;
        }
        let words = |key: &str| -> Vec<String> {
            let words = config[key].as_array().into_iter().flatten();
            words.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let check = config["Healthcheck"]["Test"][0].as_str();
        let says = ImageSays {
            entrypoint: words("Entrypoint"),
            command: words("Cmd"),
            exposes: config["ExposedPorts"]
                .as_object()
                .is_some_and(|ports| !ports.is_empty()),
            health: check.is_some_and(|check| check != "NONE"),
        };
        Some((service, says))
    };
    containers.iter().filter_map(says).collect()
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
        paused: is("Paused"),
        started: time(&state["StartedAt"]),
        ended: time(&state["FinishedAt"]),
        restarts: count(&container["RestartCount"]),
        code: state["ExitCode"]
            .as_i64()
            .and_then(|code| i32::try_from(code).ok())
            .unwrap_or(UNKNOWN),
        memory_limited: container["HostConfig"]["Memory"]
            .as_i64()
            .is_some_and(|bytes| bytes > 0),
        oom: is("OOMKilled"),
        error: state["Error"].as_str().unwrap_or_default().to_owned(),
        health: read_health(&state["Health"]),
    })
}

impl Record {
    /// Whether it has ever been started.
    #[must_use]
    pub const fn was_started(&self) -> bool {
        self.started > 0
    }
}

/// A time of the engine's in nanoseconds since 1970. It writes the year 1 for what has not happened.
fn time(value: &Value) -> u64 {
    let time = value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    time.map_or(0, |time| u64::try_from(time.as_nanosecond()).unwrap_or(0))
}

fn count(value: &Value) -> u32 {
    value.as_u64().and_then(|count| u32::try_from(count).ok()).unwrap_or(0)
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
            streak: count(&health["FailingStreak"]),
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
            "State":{"Running":true,"ExitCode":0,"OOMKilled":false,"Error":"","StartedAt":"2026-01-01T00:00:00.000000001Z",
            "Health":{"Status":"starting","FailingStreak":3,"Log":[{"ExitCode":0,"Output":"ok"},{"ExitCode":2,"Output":"no role"}]}}}]"#;
        let records = read(&parse(json));
        let health = records[0].health.as_ref().unwrap();
        assert!(records[0].running);
        assert_eq!(records[0].started, 1_767_225_600_000_000_001);
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
    fn a_container_says_what_its_image_and_the_file_make_of_it() {
        let json = br#"[{"Id":"c1","Config":{"Labels":{"com.docker.compose.service":"web"},"Entrypoint":["tini","--"],
            "Cmd":["node","app.js"],"ExposedPorts":{"80/tcp":{}},"Healthcheck":{"Test":["NONE"]}}},
            {"Id":"c2","Config":{"Labels":{"com.docker.compose.service":"web","com.docker.compose.oneoff":"True"}}},
            {"Id":"c3","Config":{"Labels":{"com.docker.compose.service":"db"},"Entrypoint":null,"Healthcheck":{"Test":["CMD","x"]}}}]"#;
        let says = read_configurations(&parse(json));
        assert_eq!(says["web"].entrypoint, ["tini", "--"]);
        assert_eq!(says["web"].command, ["node", "app.js"]);
        assert!(says["web"].exposes && !says["web"].health);
        assert!(!says["db"].exposes && says["db"].health);
    }

    #[test]
    fn a_container_that_never_ran_was_not_started() {
        let json = br#"[{"Id":"c1","Config":{"Labels":{"com.docker.compose.service":"a"}},
            "State":{"Running":false,"ExitCode":127,"Error":"exec: x","StartedAt":"0001-01-01T00:00:00Z"}}]"#;
        let record = &read(&parse(json))[0];
        assert!(!record.was_started() && record.health.is_none());
        assert_eq!((record.code, record.error.as_str()), (127, "exec: x"));
    }
}
