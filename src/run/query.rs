//! What a run asks of the engine again and again: which containers a project has, what became of them, what is there at
//! all. Straight from the engine's socket where it has one on this machine, since `docker` takes a process and a twentieth
//! of a second of processor time for each answer; by `docker` everywhere else. Both say the same.

use std::io;
use std::time::Duration;

use serde_json::Value;

use super::cleanup::PATIENCE;
use super::command::Commands;
use super::inspect::{self, Record};
use super::process::Spawner;
use super::socket::Socket;
use super::things::{self, ANSWER, Sort, Thing};

/// Whether the engine answers at all.
pub(super) fn engine_answers(spawner: &Spawner, commands: &Commands) -> bool {
    match from_socket(commands, |socket| socket.json("version", ANSWER)) {
        Answer::Given(_) => true,
        Answer::None => false,
        Answer::AskDocker => {
            let answer = spawner.capture_within(ANSWER, &commands.engine_version());
            answer.is_ok_and(|finished| finished.succeeded())
        }
    }
}

/// The engine's record of all containers of the project; nothing when the engine does not answer.
pub(super) fn records(spawner: &Spawner, commands: &Commands) -> Option<Vec<Record>> {
    inspect_all(spawner, commands).map(|containers| inspect::read(&containers))
}

/// The engine's record of these containers; nothing when the engine does not answer.
pub(super) fn records_of(spawner: &Spawner, commands: &Commands, ids: &[String]) -> Option<Vec<Record>> {
    inspect_each(spawner, commands, ids).map(|containers| inspect::read(&containers))
}

/// What `docker inspect` says of all containers of the project; nothing when the engine does not answer.
pub(super) fn inspect_all(spawner: &Spawner, commands: &Commands) -> Option<Vec<Value>> {
    let label = commands.project_label();
    let listed = list(spawner, commands, Sort::Container, Some(&label), PATIENCE)?;
    let ids: Vec<String> = listed.into_iter().map(|container| container.id).collect();
    inspect_each(spawner, commands, &ids)
}

/// Lists what the engine has of a sort; with a label, what carries it; nothing when the engine does not answer.
pub(super) fn list(
    spawner: &Spawner,
    commands: &Commands,
    sort: Sort,
    label: Option<&str>,
    time: Duration,
) -> Option<Vec<Thing>> {
    let question = things::question(sort, label);
    match from_socket(commands, |socket| socket.json(&question, time)) {
        Answer::Given(listed) => things::from_json(sort, &listed?),
        Answer::None => None,
        Answer::AskDocker => {
            let listed = spawner.capture_within(time, &commands.list(sort, label)).ok()?;
            let text = String::from_utf8_lossy(&listed.stdout);
            listed.succeeded().then(|| things::from_text(sort, &text))
        }
    }
}

fn inspect_each(spawner: &Spawner, commands: &Commands, ids: &[String]) -> Option<Vec<Value>> {
    if ids.is_empty() {
        return Some(Vec::new());
    }
    let ask_all = |socket: &Socket| -> io::Result<Vec<Value>> {
        let asked = ids
            .iter()
            .map(|id| socket.json(&format!("containers/{id}/json"), PATIENCE));
        // One that has gone meanwhile is not there any more; the others are.
        asked.filter_map(io::Result::transpose).collect()
    };
    match from_socket(commands, ask_all) {
        Answer::Given(containers) => Some(containers),
        Answer::None => None,
        Answer::AskDocker => {
            let inspected = spawner.capture_within(PATIENCE, &commands.inspect(ids)).ok()?;
            // It fails when one of them has gone meanwhile, and still tells of the others; one that was killed or cannot
            // reach the engine tells nothing, which is not the same as that nothing is there.
            let tells = !inspected.timed_out && inspected.stdout.trim_ascii().ends_with(b"]");
            tells.then(|| inspect::parse(&inspected.stdout))
        }
    }
}

/// What came of asking the socket.
enum Answer<T> {
    Given(T),
    /// The engine hangs, and would hang for docker too.
    None,
    /// There is no socket, or what answers there is none that towline understands.
    AskDocker,
}

fn from_socket<T>(commands: &Commands, ask: impl FnOnce(&Socket) -> io::Result<T>) -> Answer<T> {
    match commands.socket.as_ref().map(ask) {
        Some(Ok(answer)) => Answer::Given(answer),
        Some(Err(error)) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Answer::None,
        Some(Err(_)) | None => Answer::AskDocker,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::net::UnixListener;
    use std::path::Path;

    use super::*;
    use crate::run::binary::Tools;

    /// The ids of the containers that are listed where docker knows `by-docker`, and the socket is at this path.
    fn listed(directory: &Path, socket: &str, time: Duration) -> Option<Vec<String>> {
        let docker = directory.join("docker");
        fs::write(&docker, "#!/bin/sh\nprintf 'by-docker\\tn\\t\\t\\t\\t\\t\\t\\n'\n").unwrap();
        fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).unwrap();
        let host = format!("unix://{}", directory.join(socket).display());
        let mut tools = Tools::docker_alone(docker);
        tools.env.push(("DOCKER_HOST".into(), host.into()));
        let commands = Commands {
            socket: Socket::find(&tools, &|_| None),
            ..Commands::of_docker(tools, "p".into())
        };
        let listed = list(&Spawner::default(), &commands, Sort::Container, None, time)?;
        Some(listed.into_iter().map(|thing| thing.id).collect())
    }

    #[test]
    fn docker_is_asked_where_there_is_no_socket() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(
            listed(directory.path(), "nothing", ANSWER),
            Some(vec!["by-docker".to_owned()])
        );
    }

    #[test]
    fn docker_is_asked_where_the_socket_is_no_engines() {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join("socket")).unwrap();
        std::thread::spawn(move || drop(listener.accept()));
        assert_eq!(
            listed(directory.path(), "socket", ANSWER),
            Some(vec!["by-docker".to_owned()])
        );
    }

    #[test]
    fn an_engine_that_hangs_is_not_asked_again_through_docker() {
        let directory = tempfile::tempdir().unwrap();
        let _listener = UnixListener::bind(directory.path().join("socket")).unwrap();
        let time = Duration::from_millis(50);
        assert_eq!(listed(directory.path(), "socket", time), None);
    }
}
